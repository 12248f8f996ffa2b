"""Errors of the catalog."""

from kernel.errors import define

NODE_UNKNOWN = define(
    "catalog.node.unknown", 404, zh="没有找到该{kind}", en="No such {kind}",
    fix_zh="请刷新列表后重试", fix_en="Reload the list and try again",
)
STATE = define(
    "catalog.node.state", 409,
    zh="「{code}」当前状态为「{status}」，不能{action}", en="{code} is {status}; it cannot be: {action}",
    fix_zh="请刷新后查看可用操作", fix_en="Reload and look at the actions offered",
)
INCOMPLETE = define(
    "catalog.node.incomplete", 422,
    zh="「{code}」还缺必填内容：{fields_zh}", en="{code} lacks required fields: {fields_en}",
    fix_zh="请补齐后再提交审核", fix_en="Fill them in and submit again",
)
INVALID = define(
    "catalog.node.invalid", 422, zh="「{field}」不符合要求：{reason_zh}", en="{field} is not valid: {reason_en}",
)
SECRET = define(
    "catalog.entry.secret", 422,
    zh="涉密数据不得编入本目录（本系统不得存储、处理、传输国家秘密）", en="Secret data must not be entered in this catalog",
    fix_zh="请按保密规定另行管理，并从表中删除该行", fix_en="Handle it under the secrecy rules and remove the row",
)
SECRECY_MISSING = define(
    "catalog.review.secrecy_missing", 409,
    zh="「{code}」的本次内容没有保密审查结论，不能发布", en="{code} has no secrecy review of this content",
    fix_zh="请先登记保密审查（审查人、结论、依据）", fix_en="Record the secrecy review first",
)
SAME_PERSON = define(
    "catalog.review.same_person", 403,
    zh="「{code}」由您提交，须由他人审核", en="You submitted {code}; another person must review it",
    fix_zh="请由本部门另一名审核人或数据局办理", fix_en="Ask another reviewer",
)
NOT_SUBMITTER = define(
    "catalog.review.not_submitter", 403, zh="只有提交人可以撤回「{code}」", en="Only the submitter can recall {code}",
)
ALREADY_OPENED = define(
    "catalog.review.already_opened", 409,
    zh="审核人已打开「{code}」，不能撤回", en="A reviewer has opened {code}; it cannot be recalled",
    fix_zh="请联系审核人退回", fix_en="Ask the reviewer to return it",
)
REASON_MISSING = define(
    "catalog.review.reason_missing", 422, zh="退回须写明原因", en="A return needs its reason",
)
CASE_UNKNOWN = define("catalog.review.unknown", 404, zh="没有找到该审核事项", en="No such review")
SELECTION_EMPTY = define(
    "catalog.review.selection_empty", 422, zh="没有选中可办理的事项", en="Nothing was selected that can be decided",
)
WORKBOOK = define(
    "catalog.import.workbook", 422, zh="不能读取该工作簿：{reason_zh}", en="The workbook cannot be read: {reason_en}",
    fix_zh="{fix_zh}", fix_en="{fix_en}",
)
PROFILE_UNKNOWN = define(
    "catalog.import.profile_unknown", 422, zh="没有名为「{profile}」的导入模板", en="No import profile {profile}",
    fix_zh="可用：{known}", fix_en="Known: {known}",
)
BATCH_UNKNOWN = define("catalog.import.unknown", 404, zh="没有找到该导入批次", en="No such import")
BATCH_STATE = define(
    "catalog.import.state", 409,
    zh="该导入批次当前为「{state}」，不能{action}", en="This import is {state}; it cannot be: {action}",
)
BATCH_ERRORS = define(
    "catalog.import.errors", 409,
    zh="有 {errors} 处错误，整批不能导入", en="{errors} error(s); nothing can be imported",
    fix_zh="请在检查结果中更正后重新检查，或修改工作簿后重新上传",
    fix_en="Correct the cells in the findings and check again, or correct the workbook and upload it again",
)
BATCH_ROW_ERRORS = define(
    "catalog.import.row_errors",
    409,
    zh="有 {rows} 行不能导入",
    en="{rows} row(s) cannot be imported",
    fix_zh="更正后重新检查，或选择只导入合格的行（--accept-partial）",
    fix_en="Correct them and check again, or import the good rows only (--accept-partial)",
)
BATCH_STALE = define(
    "catalog.import.stale", 409,
    zh="检查之后有 {rows} 行对应的目录被他人修改", en="{rows} row(s) were changed by others since the check",
    fix_zh="请重新检查该批次", fix_en="Check the import again",
)
USER_UNKNOWN = define(
    "catalog.command.user_unknown", 404, zh="没有可用的用户「{username}」", en="No active user {username}",
)
DEPARTMENT_UNKNOWN = define(
    "catalog.command.department_unknown", 404, zh="没有名为「{name}」的部门", en="No department named {name}",
    fix_zh="请核对部门全称", fix_en="Check the full name",
)
PERSON_NEEDED = define(
    "catalog.person_needed", 403, zh="须由用户本人办理", en="Only a person can do this",
    fix_zh="请用个人账号登录后办理", fix_en="Sign in with a personal account",
)
