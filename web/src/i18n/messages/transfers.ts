import type { Pairs } from "../define";

export const transfers = {
  transfer: {
    lead: ["部门之间移交目录：移出部门与接收部门先后同意后生效，编码与历史不变", "Handing nodes to another department: both consent, codes and history stay"], empty: ["还没有移交；点“提出移交”，或在目录详情页点“移交…”", "No transfers yet: propose one, or use “Transfer…” on a node's page"],
    one: ["移交", "Transfer"], new: ["提出移交", "Propose a transfer"], newLead: ["选定双方部门和要移交的目录，预览影响后提出", "Choose both departments and what goes, look at what it touches, then propose"], hand: ["移交…", "Transfer…"],
    number: ["编号", "Number"], from: ["移出部门", "From"], to: ["接收部门", "To"], either: ["移出或接收部门", "Either side"], count: ["目录数", "Nodes"], reason: ["事由", "Reason"], basis: ["依据文件", "Legal basis"], basisHint: ["如机构改革方案、三定规定的文号", "E.g. the number of the reform plan"],
    same: ["移出部门与接收部门不能相同", "Both sides are the same department"], foreign: ["须有一方是本部门", "One side must be your own department"],
    everything: ["全部{kind}", "All: {kind}"], withTables: ["系统的库表随系统一并移交", "The tables of a system go with it"], moreChosen: ["另有 {n} 条", "{n} more"],
    preview: ["预览影响", "Preview"], previewFirst: ["预览之后才能提出", "Preview before proposing"], propose: ["提出移交", "Propose"], proposed: ["移交 {number} 已提出，等待移出部门审核", "Transfer {number} proposed; the giving department decides first"],
    fact: {
      tables: ["其中 {n} 张库表随系统移交", "{n} tables go with their systems"], crossing: ["移交后有 {n} 条关联跨部门", "{n} links will join the two departments"],
      demands: ["{n} 件未办结的数据应用申请改由接收部门办理", "{n} open requests for data pass to the receiver"], dependents: ["{n} 个接口等建立在这些目录上，继续有效", "{n} interfaces and others rest on them and go on"],
      offices: ["{n} 条填有处室，接收后请核对", "{n} name an office: the receiver should check it"],
    },
    blocked: ["有 {n} 条不能移交：", "{n} cannot be transferred:"], leaveOut: ["从清单中去掉这些", "Leave them out"], withSystem: ["（随系统“{name}”移交，去掉时连同该系统）", " (goes with the system “{name}”, which is left out with it)"], stays: ["不移交：", "These stay:"], children: ["数据项/字段", "Items or columns"], shown: ["只列出前 {n} 条，共 {total} 条", "The first {n} of {total}"],
    asked: ["提出", "Proposed"], giver: ["移出部门同意", "Giver's consent"], receiver: ["接收部门同意", "Receiver's consent"], until: ["待办理，{at} 前有效", "Waiting, valid until {at}"], expiredAt: ["已于 {at} 过期", "Expired at {at}"],
    forGiver: ["以移出部门（{name}）身份审核", "You decide for the giver, {name}"], forReceiver: ["以接收部门（{name}）身份审核", "You decide for the receiver, {name}"],
    give: ["同意移出", "Consent to give"], receive: ["同意接收，立即生效", "Accept: takes effect"], giveText: ["同意将 {n} 条目录移交给{to}？还须接收部门同意。", "Consent to give {n} nodes to {to}? The receiver decides next."], receiveText: ["同意接收？{n} 条目录立即转入{to}，已发布的各产生一个新版本。", "Accept? {n} nodes pass to {to} at once; each published one gets a new version."],
    given: ["移交 {number} 移出部门已同意，等待接收部门审核", "Transfer {number}: the giver consents, the receiver decides next"], received: ["移交 {number} 已生效", "Transfer {number} took effect"], refused: ["移交 {number} 不予同意", "Transfer {number} refused"], withdrawn: ["移交 {number} 已撤回", "Transfer {number} taken back"],
    list: ["移交清单", "What goes"], status: ["提出时状态", "When proposed"], reverses: ["退回的移交", "Gives back"],
    reverse: ["退回移交", "Give back"], reverseText: ["将此后没有变更的目录退回{from}？退回也须双方同意。", "Give back to {from} whatever nobody changed since? Both sides consent to it again."], left: ["有 {n} 条此后已变更，不随之退回", "{n} changed since and stay"],
  },
} satisfies Pairs;
