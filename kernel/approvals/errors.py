"""Errors of approvals."""

from kernel.errors import define

KIND_UNKNOWN = define(
    "kernel.approval.kind_unknown", 500, zh="没有登记审批类型「{kind}」", en="No approval kind {kind} is registered",
)
SAME_PERSON = define(
    "kernel.approval.same_person", 403,
    zh="发起人不能审批自己的申请", en="The maker of a proposal cannot decide it",
    fix_zh="请由另一位有审批权限的人员办理", fix_en="Another person with the permission has to decide",
)
NOT_A_PERSON = define(
    "kernel.approval.not_a_person", 403,
    zh="审批须由登录的人员办理", en="Only a signed-in person can decide",
)
NOT_PENDING = define(
    "kernel.approval.not_pending", 409,
    zh="该审批已处理（{state}）", en="This approval is not pending ({state})",
)
EXPIRED = define(
    "kernel.approval.expired", 409,
    zh="审批已过有效期", en="The approval has expired",
    fix_zh="请重新发起", fix_en="Propose it again",
)
NOT_APPROVED = define(
    "kernel.approval.not_approved", 409,
    zh="该操作尚未获批（{state}）", en="The operation is not approved ({state})",
    fix_zh="请先发起审批并等待另一位人员同意", fix_en="Propose it and wait for another person's consent",
)
MISMATCH = define(
    "kernel.approval.mismatch", 409,
    zh="操作参数与获批内容不一致", en="The parameters differ from what was approved",
    fix_zh="请按获批内容执行，或重新发起审批", fix_en="Use what was approved, or propose again",
)
USED = define("kernel.approval.used", 409, zh="该审批已使用，一次审批只能使用一次", en="This approval was already used")
OPINION_REQUIRED = define(
    "kernel.approval.opinion_required", 422, zh="不同意时须填写意见", en="A rejection needs a reason",
)
