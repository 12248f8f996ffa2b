import type { Pairs } from "../define";

export const system = {
  audit: {
    lead: ["只能增加、不能修改的操作记录，逐条链接并加密校验", "What was done, by whom: lines are only added, linked and authenticated"],
    seq: ["序号", "No."], action: ["动作", "Action"], object: ["对象类型", "Object"], objectId: ["对象编号", "Object id"],
    id: ["记录编号", "Line id"], one: ["审计记录", "Audit line"], verify: ["校验全部记录", "Verify the whole trail"],
  },
  secret: { kept: ["我已妥善保存", "I have kept it safely"] },
  user: {
    lead: ["账户、角色与锁定状态", "Accounts, roles and locks"], create: ["新建用户", "New user"], displayName: ["姓名", "Full name"],
    roles: ["角色", "Roles"], lastSeen: ["最近登录", "Last seen"], qHint: ["用户名或姓名", "User name or full name"], comma: ["、", ", "],
    setRoles: ["设置角色", "Set roles"], unlock: ["解锁", "Unlock"], reset: ["重置口令", "Reset password"], disable: ["停用", "Disable"],
    disableText: ["停用“{name}”后，其登录立即失效。", "“{name}” will be signed out at once and cannot sign in again."],
    resetText: ["将为“{name}”生成一次性口令，原口令立即失效。", "“{name}” gets a one-time password; the present one stops working at once."],
    disabled: ["用户“{name}”已停用", "User “{name}” is disabled"], unlocked: ["用户“{name}”已解锁", "User “{name}” is unlocked"],
    rolesSaved: ["用户“{name}”的角色已更新", "Roles of “{name}” updated"], createdText: ["用户“{name}”已建立", "User “{name}” created"],
    issuedTitle: ["一次性口令", "One-time password"], oneTime: ["一次性口令", "One-time password"],
    issuedLead: ["仅显示这一次，请当面或通过安全渠道交给本人；首次登录须修改。", "Shown this once. Hand it over in person or by a safe channel; it must be changed at first sign-in."],
    separation: ["三员分立：同一人不能兼任系统管理员、安全管理员、审计员中的两项。", "Separation of duties: nobody holds two of system administrator, security administrator, auditor."],
  },
  department: {
    lead: ["委办局与街道", "Departments and streets"], create: ["新建部门", "New department"], short: ["简称", "Short name"],
    uscc: ["统一社会信用代码", "Credit code"], aliases: ["别名", "Other names"], since: ["生效日期", "Since"], noUscc: ["待补", "To be added"],
    bureau: ["委办局", "Department"], street: ["街道", "Street"], other: ["其他", "Other"], created: ["部门“{name}”已建立", "Department “{name}” created"],
  },
  role: {
    lead: ["角色是一组权限；修改后立即生效并记入审计", "A role is a set of permissions; changes act at once and are audited"],
    saved: ["角色“{name}”已更新", "Role “{name}” updated"], scope_own: ["本部门", "Own department"], scope_all: ["全部部门", "All departments"],
    authentic: ["未被篡改", "Authentic"], tampered: ["校验不符", "Tampered with"],
    area: { kernel: ["平台", "Platform"], ops: ["运维", "Operations"], analytics: ["统计分析", "Analysis"], contracts_sc: ["合约", "Contracts"] },
  },
} satisfies Pairs;
