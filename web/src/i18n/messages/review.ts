import type { Pairs } from "../define";

export const review = {
  review: {
    lead: ["逐条对照审核，或勾选后批量通过、退回", "Review one by one side by side, or approve and return many at once"],
    open: ["待审", "Waiting"], done: ["已审", "Decided"], mine: ["我提交的", "Submitted by me"], subject: ["事项", "Matter"], submittedBy: ["提交人", "Submitted by"], submittedAt: ["提交时间", "Submitted"],
    publish: ["首次发布", "First publication"], change: ["变更", "Change"], withdraw: ["撤销", "Withdrawal"], decision: ["结论", "Decision"],
    decided: { approve: ["通过", "Approved"], return: ["退回", "Returned"], recall: ["已撤回", "Taken back"] },
    decidedBy: ["审核人", "Decided by"], decidedAt: ["审核时间", "Decided"], start: ["审核", "Review"], approveMany: ["批量通过（{n}）", "Approve {n}"], returnMany: ["批量退回（{n}）", "Return {n}"],
    approve: ["通过并发布", "Approve and publish"], return: ["退回", "Return"], reason: ["退回原因", "Why it is returned"], reasonHint: ["请写明需要修改什么，提交人会看到", "Say what must be changed; the submitter reads it"],
    secrecy: ["保密审查", "Secrecy review"], basis: ["审查依据", "Basis"], basisDefault: ["经审查不涉及国家秘密，依据《中华人民共和国保守国家秘密法》及本单位定密管理规定", "Reviewed: no state secret, by the Law on Guarding State Secrets and the unit's rules"],
    pass: ["不涉密，可以发布", "No secret: may be published"], refuse: ["不得发布", "Must not be published"], before: ["现行版本", "As published"], after: ["本次提交", "As submitted"],
    first: ["首次发布，没有现行版本可比", "First publication: nothing to compare with"], answered: ["此前退回的原因", "Earlier returns"], whole: ["提交内容", "What is submitted"],
    approved: ["已通过 {n} 条，发布 {p} 个版本", "{n} approved, {p} versions published"], returned: ["已退回 {n} 条", "{n} returned"],
    confirmMany: ["确认通过所选 {n} 条？全部办结，或一条也不办。", "Approve these {n}? All of them, or none."], confirmTitle: ["批量通过", "Approve many"], empty: ["没有等待审核的目录", "Nothing waits for review"],
    history: ["保密审查记录", "Secrecy reviews so far"],
  },
} satisfies Pairs;
