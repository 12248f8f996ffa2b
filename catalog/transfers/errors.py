"""Errors of transfers."""

from kernel.errors import define

UNKNOWN = define("catalog.transfer.unknown", 404, zh="没有找到该移交", en="No such transfer")
SAME_DEPARTMENT = define(
    "catalog.transfer.same_department", 422, zh="移出部门与接收部门相同", en="Giver and receiver are the same department",
)
DEPARTMENT = define("catalog.transfer.department", 404, zh="没有找到该部门", en="No such department")
RECEIVER_GONE = define(
    "catalog.transfer.receiver_gone", 422, zh="接收部门「{name}」已撤销", en="The receiver {name} no longer exists",
    fix_zh="请选择现有部门", fix_en="Choose a department that exists",
)
EMPTY = define("catalog.transfer.empty", 422, zh="没有选中可移交的目录", en="Nothing was selected")
TOO_MANY = define(
    "catalog.transfer.too_many", 422, zh="一次至多移交 {limit} 条", en="At most {limit} nodes at once",
    fix_zh="请按级别分批移交", fix_en="Transfer them in parts",
)
BLOCKED = define(
    "catalog.transfer.blocked", 409,
    zh="有 {count} 条不能移交：{shown_zh}", en="{count} node(s) cannot be transferred: {shown_en}",
    fix_zh="请先办结或从清单中去掉它们", fix_en="Finish what is open, or leave them out",
)
STALE = define(
    "catalog.transfer.stale", 409,
    zh="提出之后有 {count} 条被修改：{codes}，不能按原清单移交", en="{count} node(s) changed since the proposal: {codes}",
    fix_zh="请驳回或撤回后重新提出", fix_en="Reject or withdraw it and propose again",
)
STATE = define(
    "catalog.transfer.state", 409, zh="移交 {number} 当前为「{state}」，不能{action}",
    en="Transfer {number} is {state}; it cannot be: {action}",
)
TWO_PERSONS = define(
    "catalog.transfer.two_persons", 403,
    zh="移出与接收须由两人分别同意，且都不是提出人", en="Giver's and receiver's consent come from two persons, neither the proposer",
    fix_zh="请由接收部门另一名审核人或数据局办理", fix_en="Ask another reviewer of the receiver, or the bureau",
)
NOT_REVERSIBLE = define(
    "catalog.transfer.not_reversible", 409,
    zh="移交 {number} 的目录此后都已变更或再次移交，不能退回", en="Every node of transfer {number} changed since; nothing can go back",
    fix_zh="请对需要的目录另行提出移交", fix_en="Propose a new transfer of what is needed",
)
