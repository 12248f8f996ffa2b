import type { Pairs } from "../define";

export const links = {
  duty: {
    lead: ["划转、合并、拆分、取消职责；生效后其下目录逐项核实", "Moving, merging, splitting and abolishing duties; what is below is checked one by one"], empty: ["还没有职责变更；在职责的详情页提出", "No changes yet: propose one from a duty's page"],
    number: ["编号", "Number"], kind: ["方式", "How"], kinds: { move: ["划转", "Move"], merge: ["合并", "Merge"], split: ["拆分", "Split"], abolish: ["取消", "Abolish"] },
    title: ["变更职责：{name}", "Change the duty: {name}"], change: ["变更职责", "Change the duty"], receiver: ["接收部门", "Receiving department"], with: ["与之合并的职责", "Merge with"], newName: ["合并后的职责名称", "Name of the merged duty"],
    firstName: ["拆分后的第一项职责", "First duty"], secondName: ["拆分后的第二项职责", "Second duty"], basis: ["依据文件", "Legal basis"], reason: ["事由", "Reason"],
    preview: ["预览影响", "Preview"], nothing: ["其下没有目录", "Nothing below it"], tasksOf: ["核实任务：", "Tasks: "], entries: ["数据目录 {n} 条", "{n} data entries"], across: ["跨部门变更，由数据局审核", "Across departments: the bureau decides"],
    assign: ["勾选归入“{name}”的数据目录，其余归入第二项", "Tick the entries that go to “{name}”; the rest goes to the second"], propose: ["提出变更", "Propose"], proposed: ["职责变更 {number} 已提出，等待审核", "Change {number} proposed and waiting for review"],
    level: { duty: ["职责", "Duty"], data_entry: ["数据目录", "Entry"], system: ["系统", "System"], db_table: ["库表", "Table"], data_item: ["数据项", "Item"], db_column: ["字段", "Column"], interface: ["接口", "Interface"] },
    role: { source: ["原职责", "From"], result: ["新职责", "New"], target: ["并入", "Into"], child: ["下级", "Below"] },
    approve: ["同意，立即生效", "Approve: takes effect"], approveLater: ["同意，{day} 生效", "Approve: takes effect on {day}"], scheduled: ["职责变更 {number} 已同意，将于 {day} 生效", "Change {number} approved, takes effect on {day}"], blockedOn: ["{day} 未能生效：{reason}。排除后每日重试", "Could not take effect on {day}: {reason}. Tried again daily"], refuse: ["不同意", "Refuse"], approved: ["职责变更 {number} 已生效", "Change {number} took effect"], refused: ["职责变更 {number} 已退回", "Change {number} refused"], withdrawn: ["职责变更 {number} 已撤回", "Change {number} taken back"],
    tasks: ["核实任务", "Tasks"], result: ["核实结果", "Result"], answered: ["已填报 {n} 项", "{n} answered"],
    answers: { keep: ["无需变更", "Keep"], relink: ["调整关联", "Relink"], change: ["变更内容", "Change"], transfer: ["移交", "Transfer"], withdraw: ["撤销", "Withdraw"], other: ["其他", "Other"] },
  },
  orphan: {
    lead: ["七张标准清单：目录里彼此没有对应上的内容", "The seven standard lists of what hangs loose in the directory"], published: ["只算已发布", "Published only"], saveAll: ["下载全部清单", "Download all lists"],
    none: ["这张清单是空的", "This list is empty"], table: ["所在库表", "Table"], entry: ["所在数据目录", "Data entry"],
  },
  trace: {
    duty: ["职责与依据", "Duties and basis"], data_entry: ["数据目录", "Data entries"], data_item: ["数据项", "Items"], system: ["系统", "Systems"], db_table: ["库表", "Tables"], db_column: ["字段", "Columns"],
    gap: ["在此中断", "ends here"], more: ["另有 {n} 个未画出", "{n} more not drawn"],
  },
  links: {
    kind: ["关联类型", "Kind of link"], first: ["一端", "From"], second: ["另一端", "To"], emptyQueue: ["没有等待审核的关联", "No link waits for review"], together: ["只看一并提交的这一批", "Only what was submitted together"],
    action: { add: ["新增", "Add"], remove: ["解除", "Remove"] },
    kinds: {
      duty_data: ["职责—数据", "Duty – data"], data_system: ["数据—系统", "Data – system"], system_table: ["系统—库表", "System – table"],
      item_column: ["数据项—字段", "Item – column"], data_data: ["数据—数据", "Data – data"], duty_duty: ["职责—职责", "Duty – duty"],
    },
    relation: { related: ["相关", "Related"], derived: ["加工自", "Derived from"], source: ["来源于", "Source"], moved: ["划转", "Moved"], merged: ["合并", "Merged"], split: ["拆分", "Split"] },
    approve: ["通过关联", "Approve links"], approveText: ["确认通过所选 {n} 条关联？通过后立即生效并上链。", "Approve these {n} links? They become valid and are anchored at once."], approved: ["已通过，{n} 条关联生效", "Approved: {n} links became valid"],
    recalled: ["已撤回 {n} 条", "{n} taken back"], add: ["添加关联", "Add a link"], remove: ["解除", "Remove"], removeText: ["解除与“{name}”的关联？", "Remove the link with “{name}”?"],
    none: ["还没有关联", "No links yet"], up: ["上级", "Above"], down: ["下级", "Below"], state: { draft: ["随草稿生效", "With the draft"], valid: ["已生效", "Valid"], pending: ["待审核", "In review"], held: ["已存在", "Was there"] },
    added: ["已添加关联：{name}", "Linked: {name}"], removed: ["已解除关联：{name}", "Link removed: {name}"], waits: ["已提交审核：{name}", "Submitted for review: {name}"], undone: ["已恢复原来的关联", "Links are as before"],
    propose: ["自动建议", "Propose"], proposeTitle: ["建议的数据项—字段关联", "Proposed links of items and columns"], proposeLead: ["按名称、注释与代码集推断；勾选后确认（空格勾选，回车确认）", "Guessed from names, comments and code sets; tick with Space, confirm with Enter"],
    score: ["相似度", "Score"], why: ["依据", "Why"], noProposal: ["没有可建议的关联：所属系统还没有库表字段，或都已关联", "Nothing to propose: no columns in its systems, or all are linked"], confirmN: ["确认所选 {n} 条", "Confirm {n}"], waiting: ["待审核的关联变更", "Link changes in review"],
    trace: ["溯源图", "Trace"], traceHint: ["从依据文件到字段的完整链路；点任一节点查看", "The whole chain from legal basis to column; click any node to open it"], table: ["列表", "List"], picture: ["图", "Picture"],
  },
} satisfies Pairs;
