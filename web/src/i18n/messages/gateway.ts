import type { Pairs } from "../define";

export const gateway = {
  iface: {
    lead: ["由数据目录发布的接口；敏感字段默认脱敏", "Interfaces published from the catalog; sensitive fields are masked by default"],
    create: ["新建接口", "New interface"], code: ["接口代码", "Code"], name: ["接口名称", "Name"], path: ["访问地址", "Path"], entry: ["数据目录", "Data entry"], revision: ["版次", "Revision"],
    qHint: ["代码或名称", "Code or name"], empty: ["还没有接口；数据服务工程师可从已发布的数据目录新建", "No interface yet; a data service engineer makes one from a published entry"],
    source: ["数据来源", "Source"], table: ["平台库表", "Declared table"], http: ["HTTP 上游", "HTTP upstream"], url: ["上游地址", "Upstream address"], tableName: ["表名", "Table"], key: ["分页键列", "Key column"], methods: ["方法", "Methods"],
    auth: ["认证方式", "Authentication"], timeout: ["超时（毫秒）", "Timeout (ms)"], mode: ["返回方式", "Answer"], fields: ["返回字段", "Fields"], stream: ["原样透传", "Passed through"],
    maskKind: { all: ["全部不显示", "Hide all"], name: ["姓名", "Name"], id_number: ["身份证号", "ID number"], phone: ["电话", "Phone"], address: ["住址", "Address"], bank_card: ["银行卡", "Bank card"], hmt_permit: ["港澳台通行证", "HK/Macao/Taiwan permit"], passport: ["护照", "Passport"], document: ["多种证件", "Any identity paper"] },
    field: { name: ["字段名", "Field"], title: ["中文名", "Title"], type: ["类型", "Type"], item: ["数据项", "Data item"], sensitive: ["敏感", "Sensitive"], encrypted: ["加密", "Encrypted"], mask: ["脱敏方式", "Mask"], column: ["列", "Column"], columnType: ["列类型", "Column type"] },
    addField: ["增加字段", "Add a field"], parameters: ["查询参数", "Parameters"], pageMax: ["每页至多", "Rows a page"], revisions: ["版次", "Revisions"], definition: ["定义", "Definition"], howTo: ["调用方法", "How to call"],
    submit: ["提交审核", "Submit for review"], submitted: ["接口“{name}”已提交审核", "Interface “{name}” submitted for review"], approve: ["审核并发布", "Approve and publish"], published: ["接口“{name}”已发布，约 1 秒后生效", "Interface “{name}” published; served in about a second"],
    return: ["退回", "Return"], returned: ["接口“{name}”已退回", "Interface “{name}” returned"], retire: ["停用", "Retire"], retired: ["接口“{name}”已停用", "Interface “{name}” retired"], retireText: ["停用后调用方将得到 410。请写明理由。", "Callers will get 410. Say why."],
    opinionText: ["请填写审核意见", "Give your opinion"], created: ["接口“{name}”已建立", "Interface “{name}” created"], saved: ["接口“{name}”的定义已保存", "The definition of “{name}” was saved"], editDefinition: ["修改定义", "Change the definition"],
    departmentColumn: ["部门列", "Department column"], waivesLimits: ["额度无法核验时放行", "Serve when quotas cannot be checked"], audited: ["强制审计（日志落盘后才返回）", "Audited (answer only once logged on disk)"],
    headers: ["请求须带以下签名头，字符串按行拼接后以 AppSecret 做 HMAC-SM3：", "Sign each request with HMAC-SM3 over these lines, keyed with the secret:"], items: ["记录所在路径", "Where the records are"], itemsHint: ["如 data.rows；多层用点分隔，没有则留空", "e.g. data.rows; empty when the answer itself is the record"],
  },
  client: {
    lead: ["调用接口的应用及其密钥；密钥只显示一次", "Applications that call, and their keys; a secret is shown once"], create: ["登记应用", "Register an app"], name: ["应用名称", "App name"], system: ["所属系统", "System"], key: ["AppKey", "AppKey"],
    empty: ["还没有应用；登记后可提出数据应用申请", "No app yet; register one, then request data"], issued: ["应用密钥", "App secret"], issuedLead: ["AppSecret 只显示这一次，请立即保存到调用方的密钥库；丢失只能重新签发。", "The secret is shown once: keep it in the caller's key store now; a lost one can only be replaced."],
    secret: ["AppSecret", "AppSecret"], keyVersion: ["密钥版本", "Key version"], issue: ["签发新密钥", "Issue a new secret"], issueText: ["旧密钥在吊销前仍然有效，便于平滑切换。", "The old one stays valid until revoked, so that you can switch smoothly."],
    revoke: ["吊销", "Revoke"], revokeText: ["吊销后用第 {n} 版密钥签名的调用立即被拒绝。", "Calls signed with version {n} are refused at once."], revoked: ["第 {n} 版密钥已吊销", "Version {n} is revoked"], block: ["封停", "Block"], unblock: ["解封", "Unblock"],
    blockText: ["请写明理由；封停立即生效。", "Say why; it acts at once."], blocked: ["应用“{name}”已封停", "App “{name}” is blocked"], unblocked: ["应用“{name}”已解封", "App “{name}” may call again"], credentials: ["密钥版本", "Keys"],
    profile: ["签名方式", "Signature"], bring: ["登记已有密钥", "Add an own key"], sm2: ["国密 SM2 公钥", "SM2 public key"], older: ["沿用旧平台密钥", "Key of an older platform"], brought: ["第 {n} 版密钥已登记", "Key version {n} is added"],
    publicKey: ["公钥", "Public key"], publicKeyHint: ["PEM，或以 04 开头的 130 位十六进制；私钥留在调用方", "PEM, or 130 hex digits that begin with 04; the private key stays with the caller"], requester: ["请求者标识", "Requester"], requesterHint: ["rid 或 Client-Id", "rid or Client-Id"],
    olderSecret: ["原平台密钥", "Secret there"], olderNote: ["旧签名不含地址与报文，较弱：只有在接口定义中写明该签名方式和来源地址的接口才接受。", "The old signature covers neither path nor body: only interfaces take it whose definition names it and the addresses that may use it."],
  },
  demand: {
    lead: ["无条件共享立即开通；有条件共享经数源部门、数据局审批", "Unconditional items are granted at once; conditional ones go to the source department, then the bureau"], create: ["提出申请", "Request data"], number: ["申请编号", "Number"], matter: ["业务事项", "Matter"], basis: ["依据", "Basis"], purpose: ["用途", "Purpose"],
    consumer: ["用数单位", "Consumer"], provider: ["数源部门", "Provider"], calls: ["每日调用上限", "Calls a day"], until: ["有效期至", "Valid until"], items: ["数据项", "Data items"], clear: ["申请明文", "In clear"], masked: ["脱敏", "Masked"], app: ["应用", "App"], entry: ["数据目录", "Data entry"],
    by: ["申请人", "Requested by"], stage: { provider: ["待数源部门审批", "Provider decides"], bureau: ["待数据局审批", "Bureau decides"] }, approve: ["同意", "Approve"], reject: ["不同意", "Reject"], approved: ["申请 {n} 已同意", "Request {n} approved"], rejected: ["申请 {n} 不予同意", "Request {n} rejected"],
    filed: ["申请 {n} 已提交", "Request {n} filed"], give: ["给予", "Give"], giveClear: ["给明文", "Give in clear"], opinion: ["审批意见", "Opinion"], rejectText: ["请写明不同意的理由", "Say why"], empty: ["没有数据应用申请", "No requests for data"], entryHint: ["输入名称检索已发布的数据目录", "Type to find a published entry"],
    noItems: ["该目录没有数据项，不能申请", "This entry has no items to request"], none: ["不予共享的数据项不能申请", "Items that are not shared cannot be requested"], grants: ["接口授权", "Grants"], used: ["今日已用", "Used today"], fields: ["授权字段", "Fields"], revoke: ["撤销授权", "Revoke"], revokeText: ["撤销后 2 秒内生效。请写明理由。", "Acts within two seconds. Say why."], revoked: ["授权 {n} 已撤销", "Grant {n} revoked"],
    quota: ["额度", "Quota"], callsMonth: ["每月调用上限", "Calls a month"], callsSecond: ["每秒调用上限", "Calls a second"], bytesDay: ["每日流量上限", "Volume a day"], bytesMonth: ["每月流量上限", "Volume a month"], zeroIsNone: ["0 为不限", "0: no limit"], zeroIsPaced: ["0 按每日次数折算", "0: follows the calls a day"], usedMonth: ["本月已用", "Used this month"], bytesToday: ["今日流量", "Volume today"], bytesThisMonth: ["本月流量", "Volume this month"],
    inClear: ["明文", "clear"], list: ["申请", "Requests"],
  },
  call: {
    lead: ["最近的调用；不记录报文和密钥，身份证号与手机号已隐去", "Newest calls; no bodies, no secrets, person numbers hidden"], failedOnly: ["只看失败", "Only failures"], interface: ["接口代码", "Interface"], app: ["AppKey", "AppKey"], requestId: ["请求编号", "Request id"], statusCode: ["状态码", "Status"], outcome: ["结果", "Outcome"],
    duration: ["耗时", "Time"], upstream: ["其中上游", "Upstream"], bytes: ["返回字节", "Bytes out"], client: ["来源地址", "From"], path: ["请求", "Request"], empty: ["还没有调用", "No calls yet"], note: ["显示最近 {n} 条", "The newest {n}"],
  },
} satisfies Pairs;
