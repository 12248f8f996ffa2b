"""Errors of answers that nothing changed."""

from kernel.errors import define

BLOCKED = define(
    "catalog.unchanged.blocked", 409,
    zh="有 {count} 条不能确认无变化：{shown_zh}", en="{count} entries cannot be confirmed: {shown_en}",
    fix_zh="请从清单中去掉它们；数据有更新的，登记更新时间", fix_en="Leave them out; note the update where data changed",
)
UNKNOWN = define("catalog.unchanged.unknown", 404, zh="没有找到该确认记录", en="No such confirmation")
REVOKED = define("catalog.unchanged.revoked", 409, zh="该确认已撤销", en="The confirmation was taken back already")
