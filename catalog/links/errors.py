"""Errors of links."""

from kernel.errors import define

LINK_KIND = define(
    "catalog.link.kind", 422, zh="没有「{kind}」这种关联，或它不能由人工填写", en="{kind} is no link written by hand",
    fix_zh="可用：{known}", fix_en="Known: {known}",
)
LINK_RELATION = define(
    "catalog.link.relation", 422, zh="「{kind}」关联须写明关系：{known}", en="A {kind} link needs one of: {known}",
)
LINK_SELF = define("catalog.link.self", 422, zh="「{code}」不能与自身关联", en="{code} cannot be linked to itself")
LINK_UNKNOWN = define(
    "catalog.link.unknown", 404, zh="没有找到该关联", en="No such link",
    fix_zh="请刷新列表后重试", fix_en="Reload the list and try again",
)
LINK_WITHDRAWN = define(
    "catalog.link.withdrawn", 409, zh="「{code}」已撤销，不能再关联", en="{code} is withdrawn; it cannot be linked",
)
LINK_ENDS = define(
    "catalog.link.ends", 409,
    zh="「{code}」尚未发布，关联不能单独审核通过", en="{code} is not published yet; its link cannot be approved",
    fix_zh="请先审核发布该目录，或退回此关联", fix_en="Publish it first, or return the link",
)
LINK_TABLE_OWNED = define(
    "catalog.link.table_owned", 409, zh="库表「{code}」已属于另一系统", en="Table {code} belongs to another system",
)
LINK_CHANGE_UNKNOWN = define(
    "catalog.link.change_unknown", 404, zh="没有找到待审核的关联", en="No such link change waits",
    fix_zh="请刷新列表后重试", fix_en="Reload the list and try again",
)
LINK_NOT_SUBMITTER = define(
    "catalog.link.not_submitter", 403, zh="只有提交人可以撤回该关联", en="Only who submitted it can recall it",
)
