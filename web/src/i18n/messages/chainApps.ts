import type { Pairs } from "../define";

export const chainApps = {
  chainApp: {
    lead: ["业务系统经存证服务上链：登记、联调、审批后进入正式环境", "Systems that store evidence on the chain: registered, tried in test, approved for production"],
    empty: ["还没有应用。用数单位联系人登记后，可在测试环境存证并取得证明。", "No application yet. A consumer contact registers one, stores evidence in test and fetches proofs."],
    create: ["登记应用", "Register an application"], name: ["应用名称", "Name"], code: ["应用代码", "Code"], codeHint: ["小写字母开头，3 至 20 位，登记后不变；存证流为 test.代码、app.代码", "Lower-case letter first, 3 to 20 characters, never changes; streams are test.code and app.code"],
    system: ["所属系统", "System"], purpose: ["用途", "Purpose"], purposeHint: ["存什么摘要、为何要存证", "Which digests, and why"], contact: ["联系人与联系方式", "Contact"],
    contracts: ["拟调用的合约", "Contracts it calls"], accounts: ["链上账户", "Accounts"], accountsHint: ["自行发交易的系统填写，每行一个；只用存证服务的不填", "One a line, for systems that send transactions of their own; none for the evidence service"],
    openCheck: ["公开核验", "Public check"], openCheckHint: ["允许任何人凭摘要查询是否已在正式环境上链", "Anybody with a digest may ask whether it is on the chain"], words: ["名称、代码、系统或部门", "Name, code, system or department"],
    registered: ["应用“{name}”已登记，可领取测试凭证", "“{name}” is registered; take its test credential"], saved: ["应用“{name}”已更新", "“{name}” is updated"], edit: ["修改", "Edit"],
    life: ["进度", "Progress"], steps: { registered: ["登记", "Registered"], testing: ["测试环境联调", "In test"], reported: ["测试报告", "Test report"], pending: ["审批", "Approval"], production: ["正式环境", "Production"] },
    environment: { test: ["测试环境", "Test"], production: ["正式环境", "Production"] }, notOpen: ["批准后开通", "Opens with the approval"],
    stream: ["存证流", "Stream"], quota: ["每日额度", "Daily quota"], used: ["今日已用 {used} / {quota}", "{used} of {quota} used today"], askQuota: ["申请调整额度", "Ask for another quota"], quotaText: ["新的每日额度（1 至 5,000,000）", "New daily quota (1 to 5,000,000)"], quotaReason: ["调整原因", "Why"], asked: ["已提交审批，由数据局办理", "Submitted; the data bureau decides"],
    stored: ["已存入", "Stored"], anchored: ["已上链", "Anchored"], waiting: ["待上链", "Waiting"],
    credentials: ["凭证", "Credentials"], issue: ["领取凭证", "Take a credential"], issueNext: ["签发新密钥", "Issue a new secret"], issueText: ["密钥只显示一次。旧密钥在吊销前仍然有效，便于平滑切换。", "The secret is shown once. The one before stays valid until it is revoked."], noCredential: ["还没有凭证", "No credential yet"],
    issued: ["{environment}凭证", "Credential: {environment}"], issuedLead: ["密钥只显示这一次，请立即保存到调用方的密钥管理设施", "The secret is shown this once; keep it in the caller's key store now"], secret: ["密钥", "Secret"],
    callback: ["回调", "Callback"], callbackNone: ["没有登记回调地址；上链后不通知，可用接口查询", "No callback address: nothing is announced, ask the service instead"], callbackSet: ["登记回调地址", "Set the address"], callbackText: ["https 地址；留空为不再通知。内网地址须先由运维登记", "An https address; empty ends it. Private addresses must be declared by the operators first"], callbackSaved: ["回调地址已更新", "Callback address updated"],
    callbackTry: ["试发", "Try"], tried: ["已试发，结果稍后显示在下表", "Sent; the result appears below"], callbackDead: ["{n} 个回调多次失败，后续回调正在等待", "{n} callbacks failed for good; those behind them wait"], callbackEmpty: ["近两周没有回调", "No callback in two weeks"],
    kind: ["内容", "What"], trial: ["试发", "Trial"], batch: ["存证上链，第 {n} 条起", "Anchored, from number {n}"], attempts: ["次数", "Attempts"], error: ["最近错误", "Last error"], again: ["重发", "Send again"], giveUp: ["放弃", "Give up"], giveUpText: ["放弃后，排在后面的回调继续发送。请写明原因。", "Those behind it are sent without it. Say why."], settled: ["已处理", "Done"],
    use: ["近 30 天用量", "Last 30 days"], refused: ["未接受", "Refused"], noUse: ["近 30 天没有调用", "No calls in 30 days"],
    test: ["测试报告", "Test report"], checks: { stored: ["存入摘要", "Digests stored"], anchored: ["全部已上链", "All anchored"], repeated: ["重复提交一次，没有重复写入", "One call sent twice, stored once"], proof: ["取得存证证明", "A proof fetched"], callback: ["回调送达，没有失败", "A callback received, none failed"] },
    checkDone: ["已完成", "Done"], checkOpen: ["未完成", "Open"], makeReport: ["出具测试报告", "Make the report"], conclusion: ["测试结论", "Conclusion"], reportMade: ["第 {n} 号测试报告已出具", "Report {n} is made"], noReport: ["检查项全部完成后出具；统计数字由系统冻结", "Made once every check is done; the figures are frozen"], number: ["编号", "Number"], digest: ["报告摘要", "Digest"], by: ["出具人", "Made by"],
    apply: ["申请转入正式环境", "Apply for production"], applyText: ["正式环境每日额度（1 至 5,000,000），由数据局按测试报告审批", "Daily quota in production (1 to 5,000,000); the bureau decides by the report"], open: ["查看审批", "See the approval"],
    suspend: ["暂停", "Suspend"], suspendText: ["暂停后立即拒绝该应用的全部请求，已存入的照常上链。请写明原因。", "Every call is refused at once; what was stored is still anchored. Say why."], suspended: ["应用已暂停：{reason}", "Suspended: {reason}"], resume: ["恢复", "Resume"], resumeText: ["请写明恢复的原因。", "Say why."], didSuspend: ["应用“{name}”已暂停", "“{name}” is suspended"], didResume: ["应用“{name}”已恢复", "“{name}” may call again"], number1: ["须为 1 至 5,000,000 的整数", "A whole number from 1 to 5,000,000"],
  },
  chainUnit: {
    lead: ["各单位的记录是否都已上链、最早一条等了多久、哪里受阻；数字由记录数得", "Whether each department's records are on the chain, how long the oldest waits, and what is in the way"],
    department: ["单位", "Department"], words: ["单位名称、简称或代码", "Name, short name or code"], empty: ["没有部门", "No departments"], records: ["存证记录", "Records"], waiting: ["待上链", "Waiting"], oldest: ["最早未上链", "Oldest not anchored"], last: ["最近上链", "Last anchored"], apps: ["应用", "Applications"], refused: ["今日未接受", "Refused today"], failures: ["受阻", "In the way"], halted: ["存证流 {streams} 已停止", "{streams} halted"], dead: ["{n} 个回调失败", "{n} callbacks failed"], none: ["无", "None"],
    node: ["节点", "Node"], platform: ["使用平台节点", "Platform's node"], lag: ["落后 {n} 块", "{n} blocks behind"], noLag: ["高度一致", "In step"],
  },
} satisfies Pairs;
