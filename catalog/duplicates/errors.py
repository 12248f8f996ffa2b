"""Errors of duplicates."""

from kernel.errors import define

PAIR_UNKNOWN = define("catalog.duplicate.unknown", 404, zh="没有找到这一对数据目录", en="No such pair of entries")
REASON_MISSING = define(
    "catalog.duplicate.reason_missing", 422, zh="请写明判断的理由", en="The decision needs its reason",
)
