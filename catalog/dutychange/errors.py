"""Errors of duty changes."""

from kernel.errors import define

UNKNOWN = define("catalog.duty_change.unknown", 404, zh="没有找到该职责变更", en="No such duty change")
TASK_UNKNOWN = define("catalog.duty_change.task_unknown", 404, zh="没有找到该核实任务", en="No such task")
PLAN = define(
    "catalog.duty_change.plan", 422, zh="职责变更方案有误：{reason_zh}", en="The plan is not valid: {reason_en}",
)
BLOCKED = define(
    "catalog.duty_change.blocked", 409,
    zh="有 {count} 项职责不能变更：{shown_zh}", en="{count} duties cannot be changed: {shown_en}",
    fix_zh="请先办结它们的审核、变更或移交", fix_en="Finish what is open about them first",
)
STALE = define(
    "catalog.duty_change.stale", 409,
    zh="提出之后职责已被修改：{codes}，不能按原方案执行", en="Duties changed since the proposal: {codes}",
    fix_zh="请驳回或撤回后重新提出", fix_en="Reject or withdraw it and propose again",
)
STATE = define(
    "catalog.duty_change.state", 409, zh="职责变更 {number} 当前为「{state}」，不能{action}",
    en="Duty change {number} is {state}; it cannot be: {action}",
)
FINAL = define(
    "catalog.duty_change.final", 409,
    zh="职责变更 {number} 已生效并上链，不能撤销：原职责编码不再使用，新职责已发布",
    en="Duty change {number} took effect and is anchored; it cannot be undone",
    fix_zh="如确有错误，请依据新的文件另行提出职责变更", fix_en="Propose another duty change on a new basis",
)
TASK_STATE = define(
    "catalog.duty_change.task_state", 409, zh="「{code}」的核实任务当前为「{state}」，不能{action}",
    en="The task of {code} is {state}; it cannot be: {action}",
)
ANSWER = define(
    "catalog.duty_change.answer", 422, zh="「{answer}」不是可选的核实结果", en="{answer} is not an answer",
    fix_zh="可选：{known}", fix_en="Known: {known}",
)
NOTE = define(
    "catalog.duty_change.note", 422, zh="核实结果为「其他」时须写明情况", en="The answer other needs a note",
)
