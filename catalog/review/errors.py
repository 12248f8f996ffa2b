"""Errors of review beyond those of ``catalog.errors``."""

from kernel.errors import define

WRONG_STAGE = define(
    "catalog.review.wrong_stage", 403,
    zh="「{code}」正在「{stage}」，须由{who}办理", en="{code} waits in stage {stage}; it is decided by {who_en}",
    fix_zh="请由该环节的审核人办理", fix_en="Ask a reviewer of that stage",
)
SAME_REVIEWER = define(
    "catalog.review.same_reviewer", 403,
    zh="您已办理过「{code}」的前一环节，本环节须由他人审核", en="You decided an earlier stage of {code}; another person must",
    fix_zh="请由另一名审核人办理本环节", fix_en="Ask another reviewer",
)
SECRECY_REFUSED = define(
    "catalog.review.secrecy_refused", 409,
    zh="「{code}」的保密审查结论为「不同意公开或共享」，不能发布", en="The secrecy review of {code} refused it; it cannot be published",
    fix_zh="请退回修改后重新审查，或由审查人重新作出结论", fix_en="Return it, or have the secrecy review done again",
)
SECRECY_SEPARATE = define(
    "catalog.review.secrecy_separate", 403,
    zh="本部门规定保密审查与内容审核由不同的人办理（「{code}」）",
    en="Here the secrecy review and the approval of {code} are done by two persons",
    fix_zh="请由保密审查人先登记结论，再由审核人办理", fix_en="Have the secrecy reviewer record his conclusion first",
)
BATCH_REFUSED = define(
    "catalog.review.batch_refused", 409,
    zh="共 {total} 件，其中 {refused} 件不能办理，整批未办", en="{refused} of {total} cannot be decided; nothing was done",
    fix_zh="请按所列原因处理，或选择只办理可办的事项", fix_en="See the reasons listed, or decide only those that can be",
)
REASON_FIELD = define(
    "catalog.review.reason_field", 422,
    zh="退回原因所指的「{field}」不是该目录的内容", en="{field} is not a field of what is under review",
    fix_zh="请从字段或数据项中选择", fix_en="Choose a field or an item",
)
ANSWER_UNKNOWN = define(
    "catalog.review.answer_unknown", 422,
    zh="答复所对应的退回原因不存在或已答复", en="The reason that is answered does not exist or was answered",
    fix_zh="请刷新后重新填写答复", fix_en="Reload and answer again",
)
STAGES = define(
    "catalog.review.stages", 422,
    zh="审核环节设置不正确：{stages}", en="Not a valid sequence of stages: {stages}",
    fix_zh="可设：部门审核；数据局审核；部门审核→数据局审核；部门或数据局审核",
    fix_en="department; bureau; department then bureau; either",
)
DEPARTMENT = define("catalog.review.department", 404, zh="没有找到该部门", en="No such department")
NOTE_MISSING = define(
    "catalog.review.note_missing", 422, zh="申请撤销须写明理由", en="A withdrawal needs its reason",
)
WIDER_ITEM = define(
    "catalog.node.wider_item", 422,
    zh="「{code}」的{field}不覆盖数据项「{item}」：目录的级别不低于、共享与开放不宽于其数据项",
    en="{code}: item {item} exceeds its entry in {field_en}",
    fix_zh="请提高目录的级别或收紧其共享、开放类型，或修改该数据项", fix_en="Raise the entry or correct the item",
)
QUEUE_CHANGED = define(
    "catalog.review.queue_changed", 409,
    zh="符合条件的事项现为 {now} 件，与所见的 {expected} 件不符，未办理",
    en="{now} cases match now, not the {expected} that were shown; nothing was done",
    fix_zh="请刷新后重新核对再办理", fix_en="Reload, look again and decide",
)
