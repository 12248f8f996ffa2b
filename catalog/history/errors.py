"""Errors of history."""

from kernel.errors import define

WHEN = define(
    "catalog.history.when", 422,
    zh="「{text}」不是日期或时刻", en="{text} is neither a date nor an instant",
    fix_zh="请写日期（如 2026-11-01，指当日终了）或带时区的时刻（如 2026-11-01T09:30:00+08:00）",
    fix_en="Write a date such as 2026-11-01 (its end, Beijing time) or an instant with its zone",
)
FUTURE = define(
    "catalog.history.future", 422, zh="「{text}」还没有到，只能查询过去", en="{text} lies in the future",
    fix_zh="请改为今天或更早的日期", fix_en="Ask for today or an earlier date",
)
ORDER = define(
    "catalog.history.order", 422, zh="起始时间须早于截止时间", en="The first instant must come before the second",
    fix_zh="请交换两个日期", fix_en="Swap the two dates",
)
NOT_YET = define(
    "catalog.history.not_valid", 404,
    zh="在 {at} 该{kind}尚未发布或已撤销", en="At {at} this {kind} was not published, or was withdrawn",
    fix_zh="请换一个日期，或查看它的版本列表", fix_en="Choose another date, or look at its versions",
)
