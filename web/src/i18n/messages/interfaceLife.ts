import type { Pairs } from "../define";

export const interfaceLife = {
  life: {
    test: ["放入测试环境", "Put into test"], tested: ["第 {n} 版已放入测试环境，用模拟数据应答", "Revision {n} answers synthetic data in the test environment"],
    rollBack: ["回退到此版", "Roll back to this"], rollBackText: ["提交第 {n} 版重新审核；审核通过后生效，定义不变。", "Submit revision {n} for a new approval; its definition stays as it is."],
    canary: ["灰度发布", "Serve to a part"], canaryFinish: ["全部发布", "Serve to all"], canaryStop: ["停止灰度", "Stop the part"], canarySaved: ["灰度范围已生效", "The part gets the revision now"],
    share: ["其余调用的比例（‰）", "Share of other calls (per mille)"], apps: ["指定应用", "Applications"], part: ["比例 {share}‰，指定应用 {apps} 个", "{share} per mille, {apps} applications"],
    withdraw: ["撤回公告", "Withdraw the announcement"], withdrawn: ["接口“{name}”的公告已撤回", "The announcement of “{name}” is withdrawn"],
    urgentApprove: ["紧急发布", "Publish at once"], urgentRetire: ["紧急停用", "Retire at once"], urgentText: ["不等 20 个工作日的公告期，立即生效，并通知仍在调用的单位。请写明理由。", "Acts at once without the 20 working days; those who still call are told. Say why."],
    more: ["更多", "More"], endsOn: ["将于 {day} 停用", "Ends on {day}"], effectiveOn: ["将于 {day} 生效", "In effect on {day}"], environment: ["环境", "Environment"],
    production: ["正式环境", "Production"], testing: ["测试环境", "Test environment"], testRevision: ["测试环境版次", "Revision in test"], testHint: ["登记后即可调用全部接口的模拟数据，无需申请", "May call every interface at once, on synthetic data"],
    callers: ["近 {n} 天仍在调用", "Called in the last {n} days"], calls: ["调用次数", "Calls"], noCallers: ["近期没有应用调用", "No application has called lately"],
  },
  maintenance: {
    title: ["维护窗口", "Maintenance"], add: ["安排维护", "Plan a window"], from: ["开始", "From"], to: ["结束", "To"], text: ["对外说明", "What callers read"], added: ["维护窗口已安排；期间调用得到 503 与说明，不计为故障", "Planned: callers get 503 with this text, not counted as downtime"],
    cancel: ["取消", "Cancel"], cancelled: ["已取消", "Cancelled"], empty: ["没有维护安排", "No maintenance planned"],
  },
  docs: {
    title: ["接口说明与示例", "Page and samples"], open: ["查看说明页", "Open the page"], word: ["下载 Word", "Word"], openapi: ["OpenAPI 3.1", "OpenAPI 3.1"], postman: ["Postman 集合", "Postman collection"], command: ["调用命令", "Command"],
    share: ["发给开发人员", "Send to a developer"], shareText: ["没有账户的开发人员可凭限期链接查看说明页与下载示例；链接只显示一次。", "A developer without an account may read the page and the samples until the link ends; it is shown once."],
    note: ["发给谁", "For whom"], days: ["有效天数", "Days"], link: ["限期链接", "Dated link"], links: ["已发出的链接", "Links"], until: ["有效期至", "Until"], revoke: ["收回", "Revoke"], revoked: ["已收回", "Revoked"], draftOnly: ["接口还是草稿，放入测试环境后生成说明页", "Still a draft: the page comes when it is in test"],
  },
  trial: {
    title: ["联调", "Joint debugging"], lead: ["以所选应用的密钥签名调用；正式环境的记录先脱敏再加密保存，7 天后删除", "Signed with the application's key; production recordings are masked, sealed, and gone after 7 days"], app: ["应用", "Application"], below: ["下级路径", "Path below"], query: ["查询参数（已编码）", "Query (encoded)"], body: ["请求体", "Body"],
    send: ["发送", "Send"], queued: ["已发出，等待应答", "Sent, waiting"], none: ["没有应答", "No answer"], request: ["请求", "Request"], answer: ["应答", "Answer"], records: ["联调记录", "Recordings"], empty: ["还没有联调记录", "No recordings yet"],
  },
  openapi: {
    title: ["从 OpenAPI 导入", "Import OpenAPI"], text: ["文件全文", "Its text"], file: ["选择文件", "Choose a file"], kinds: ["OpenAPI 3.0 或 3.1，JSON 或 YAML", "OpenAPI 3.0 or 3.1, JSON or YAML"], server: ["上游地址", "Upstream address"], serverHint: ["缺省取文件中的 servers", "From the file's servers unless given"], prefix: ["对外地址前缀", "Path prefix"],
    check: ["检查", "Check"], findings: ["问题", "Findings"], usable: ["可导入", "Usable"], draft: ["生成草稿", "Make drafts"], drafted: ["已生成 {n} 个接口草稿", "{n} drafts made"],
    severity: { error: ["错误", "Error"], warning: ["需确认", "To decide"], info: ["提示", "Note"] },
  },
  xml: {
    on: ["XML / SOAP 上游", "XML / SOAP upstream"], items: ["记录路径", "Path of the records"], path: ["记录内路径", "Path in the record"], body: ["SOAP 请求模板", "SOAP request"], bodyHint: ["参数处写花括号加参数名；不填则按普通 HTTP 转发", "Braces with a name where a parameter goes; leave empty for plain HTTP"],
    parameters: ["参数", "Parameters"], parametersHint: ["逗号分隔，必填的加 *", "Comma-separated, * for required"],
  },
  need: {
    list: ["数据需求", "Needs"], create: ["提出数据需求", "State a need"], lead: ["尚不知道数据在哪个目录时，先提出需求，由数据局答复", "When no entry is known yet: say what is needed, the bureau answers"], title: ["需求名称", "Title"], content: ["需要的数据", "What is needed"], number: ["需求编号", "Number"],
    answer: ["答复", "Answer"], match: ["对应的数据目录", "Matching entry"], matchHint: ["不选则为无法满足，请写明原因", "None means it cannot be met: say why"], filed: ["数据需求 {n} 已提交", "Need {n} filed"], answered: ["数据需求 {n} 已答复", "Need {n} answered"], apply: ["据此申请", "Request the data"],
    negotiation: ["申请协商的法律依据", "Legal basis"], negotiationHint: ["含不予共享的数据项，须写明法律依据，逐项审批", "Holds items that are not shared: name the legal basis; each is decided by name"], ask: ["申请协商", "Ask all the same"], timeline: ["办理过程", "Timeline"],
    act: {
      "catalog_need_file": ["提出数据需求", "Need stated"], "catalog_need_match": ["答复数据需求", "Need matched"], "catalog_need_decline": ["答复无法满足", "Need declined"], "catalog_demand_apply": ["提交申请", "Request filed"], "catalog_demand_agree": ["数源部门同意", "Provider agreed"],
      "catalog_demand_approve": ["批准", "Approved"], "catalog_demand_reject": ["不予同意", "Rejected"], "gateway_grant_make": ["生成接口授权", "Grant made"], "gateway_grant_revoke": ["撤销接口授权", "Grant revoked"], "gateway_grant_expire": ["接口授权到期", "Grant ended"],
    },
  },
} satisfies Pairs;
