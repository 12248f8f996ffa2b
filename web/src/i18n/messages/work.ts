import type { Pairs } from "../define";

export const work = {
  work: {
    hello: ["{name}，您好", "Hello, {name}"], todo: ["待办", "To do"], done: ["已办", "Done"], mine: ["我发起的", "Started by me"],
    todoHint: ["有需要您处理的事项时会出现在这里", "What waits for you appears here"], from: ["来自", "From"], due: ["截止", "Due"], overdue: ["已逾期", "Overdue"],
    numbers: ["{name} 的数据", "Figures of {name}"], district: ["全区数据", "Figures of the district"],
    entries: ["数据目录", "Data entries"], published: ["已发布", "Published"], versions: ["已发布版本（各级）", "Published versions"], withoutDuty: ["未关联职责", "Without a duty"], review: ["待审核", "In review"],
    drafts: ["草稿", "Drafts"], duties: ["职责", "Duties"], systems: ["系统", "Systems"], tables: ["库表", "Tables"], returned: ["已退回", "Returned"],
    handle: ["办理", "Handle"], approval: ["审批", "Approval"], params: ["审批内容", "What is approved"], digest: ["内容摘要", "Digest"],
    approve: ["同意", "Approve"], refuse: ["不同意", "Refuse"], maker: ["发起人", "Proposed by"], checker: ["审批人", "Decided by"], expires: ["有效期至", "Valid until"],
    decided: ["已办理“{name}”", "“{name}” decided"], refuseText: ["请写明不同意的理由", "Say why you refuse"], approveText: ["确认同意“{name}”？同意后立即生效。", "Approve “{name}”? It takes effect at once."],
    ownProposal: ["这是您发起的，须由他人审批。", "You proposed this; somebody else must decide."], withdraw: ["撤回", "Take back"], withdrawn: ["已撤回“{name}”", "“{name}” taken back"],
    final: { crypto: { kek: { destroy: ["同意后即行销毁：由该主密钥保护的旧密文在任何地方都无法再解开，不可撤销。请核对部门、版本与理由。", "Approving destroys it: nothing anywhere opens what this KEK protected, and it cannot be undone. Check department, version and reason."] } } },
    subject: ["查看全部内容", "See the whole"],
    param: {
      key_id: ["密钥编号", "Key"], old_key_id: ["原密钥编号", "Old key"], kek_id: ["主密钥标识", "Id of the KEK"], scope_id: ["加密范围标识", "Id of the scope"], department_id: ["部门标识", "Id of the department"], version: ["版本", "Version"], threshold: ["解封所需份数", "Shares needed"], shares: ["份额总数", "Shares in all"],
      basis: ["依据", "Basis"], code: ["编码", "Code"], level: ["数据级别", "Level"], purpose: ["方式", "How"], receiver: ["接收方", "Receiver"], valid_until: ["出域有效期至", "Released until"],
      number: ["编号", "Number"], from: ["移出部门", "From"], to: ["接收部门", "To"], nodes: ["目录数", "Nodes"], reason: ["事由", "Reason"], nodes_sm3: ["清单摘要（SM3）", "Digest of the list (SM3)"],
      counts: ["评估数量", "Counts of the assessment"], decision: ["疑似标识的认定", "Decision on look-alikes"], forms: ["标识形式", "Forms"], replacement_id: ["替换任务标识", "Id of the job"],
      field: ["标识字段", "Field"], direction: ["方向", "Direction"], form: ["标识形式", "Form"], count: ["条数", "Items"], clear: ["查看明文", "In clear"], digest: ["内容摘要", "Digest of the items"], reference: ["工单号", "Ticket"], user: ["查询人标识", "Id of the asker"],
      entry_id: ["目录标识", "Id of the entry"], from_id: ["移出部门标识", "Id of the giver"], to_id: ["接收部门标识", "Id of the receiver"], transfer: ["移交标识", "Id of the transfer"],
    },
    oneUse: ["内容以摘要绑定，不得更改；一次有效。", "The content is bound by its digest and can be used once."],
  },
} satisfies Pairs;
