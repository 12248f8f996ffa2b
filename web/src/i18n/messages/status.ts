import type { Pairs } from "../define";

/** Words of status tokens; a group word wins over the common one. */
export const status = {
  draft: ["草稿", "Draft"], published: ["已发布", "Published"], withdrawn: ["已撤销", "Withdrawn"], offline: ["已下线", "Offline"],
  online: ["在线", "Online"], pub_review: ["发布审核中", "In review"], change_review: ["变更审核中", "Change in review"],
  withdraw_review: ["撤销审核中", "Withdrawal in review"], pub_rejected: ["发布被退回", "Returned"],
  change_rejected: ["变更被退回", "Change returned"], withdraw_rejected: ["撤销被退回", "Withdrawal returned"],
  returned: ["已退回", "Returned"], approved: ["已通过", "Approved"], rejected: ["不予通过", "Rejected"], pending: ["待处理", "Pending"],
  submitted: ["已提交", "Submitted"], running: ["进行中", "Running"], queued: ["排队中", "Queued"], succeeded: ["已完成", "Done"],
  done: ["已完成", "Done"], finished: ["已完成", "Finished"], failed: ["失败", "Failed"], cancelled: ["已取消", "Cancelled"],
  active: ["启用", "Active"], disabled: ["停用", "Disabled"], locked: ["已锁定", "Locked"], expired: ["已过期", "Expired"],
  anchored: ["已上链", "On chain"], sent: ["上链中", "Being anchored"], confirmed: ["已确认", "Confirmed"], unknown: ["未知", "Unknown"],
  normal: ["正常", "Normal"], suspect: ["疑似异常", "Suspect"], abnormal: ["异常", "Abnormal"], recovering: ["恢复中", "Recovering"],
  revoked: ["已吊销", "Revoked"], suspended: ["已暂停", "Suspended"], retired: ["已停用", "Retired"], destroyed: ["已销毁", "Destroyed"],
  created: ["已创建", "Created"], provider_review: ["数源部门审核", "Provider review"], bureau_review: ["数据局审核", "Bureau review"],
  provisioning: ["开通中", "Provisioning"], delivered: ["已交付", "Delivered"], handed_over: ["已移交", "Handed over"],
  applied: ["已应用", "Applied"], undone: ["已撤回", "Undone"], checked: ["已校验", "Checked"], checking: ["校验中", "Checking"],
  error: ["错误", "Error"], row_error: ["行错误", "Row error"], warning: ["提醒", "Warning"], ok: ["正常", "OK"],
  built: ["已生成", "Built"], building: ["生成中", "Being built"], closed: ["已办结", "Closed"], stopped: ["已停止", "Stopped"],
  used: ["已执行", "Carried out"],
  change_draft: ["变更草稿", "Change drafted"],
  contract: { prepared: ["待上链", "Being deployed"], live: ["已上线", "Live"], void: ["作废", "Void"], superseded: ["已被替换", "Superseded"] },
  tx: { pending: ["待上链", "Pending"], success: ["成功", "Succeeded"], failed: ["失败", "Failed"] },
  batch: { uploaded: ["检查中", "Being checked"], checked: ["已检查", "Checked"], applied: ["已导入", "Applied"], undone: ["已撤销导入", "Undone"], failed: ["未能读取", "Unreadable"] },
  anchor: { waiting: ["待上链", "Waiting"], sent: ["上链中", "Being anchored"], anchored: ["已上链", "On chain"] },
  app: { active: ["启用", "Active"], blocked: ["已封停", "Blocked"] },
  revision: { draft: ["草稿", "Draft"], submitted: ["待审核", "In review"], returned: ["已退回", "Returned"], published: ["已发布", "Published"], superseded: ["已被替换", "Superseded"] },
  demand: {
    created: ["已创建", "Created"], provider_review: ["审批中", "In review"], returned: ["已退回", "Returned"], approved: ["已同意", "Approved"], provisioning: ["配置中", "Provisioning"],
    delivered: ["已开通", "Delivered"], rejected: ["不予同意", "Rejected"], handed_over: ["已移交", "Handed over"], expired: ["已过期", "Expired"],
  },
  grant: { active: ["有效", "Active"], revoked: ["已撤销", "Revoked"], replaced: ["已被替换", "Replaced"] },
  job: { queued: ["排队中", "Queued"], running: ["执行中", "Running"], done: ["已完成", "Done"], failed: ["失败", "Failed"], cancelled: ["已取消", "Cancelled"] },
  approval: {
    pending: ["待审批", "Pending"], approved: ["已同意", "Approved"], rejected: ["不同意", "Rejected"], withdrawn: ["已撤回", "Taken back"], used: ["已执行", "Carried out"],
  },
  node: {
    draft: ["草稿", "Draft"], pub_review: ["待审核", "In review"], pub_rejected: ["已退回", "Returned"], published: ["已发布", "Published"],
    change_draft: ["变更草稿", "Change drafted"], change_review: ["变更待审核", "Change in review"], change_rejected: ["变更已退回", "Change returned"],
    withdraw_review: ["撤销待审核", "Withdrawal in review"], withdraw_rejected: ["撤销已退回", "Withdrawal returned"], withdrawn: ["已撤销", "Withdrawn"],
  },
  consumed: ["已使用", "Used"], valid: ["有效", "Valid"], invalid: ["无效", "Invalid"],
} satisfies Pairs;
