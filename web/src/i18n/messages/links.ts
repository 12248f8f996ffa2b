import type { Pairs } from "../define";

export const links = {
  links: {
    kind: ["关联类型", "Kind of link"], first: ["一端", "From"], second: ["另一端", "To"], emptyQueue: ["没有等待审核的关联", "No link waits for review"],
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
