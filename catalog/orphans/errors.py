"""Errors of the orphan lists."""

from kernel.errors import define

LIST_UNKNOWN = define(
    "catalog.orphan.list_unknown", 404, zh="没有清单「{key}」", en="There is no list {key}",
    fix_zh="可用：{known}", fix_en="Known: {known}",
)
