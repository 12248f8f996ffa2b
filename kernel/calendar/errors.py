"""Errors of the work calendar."""

from kernel.errors import define

OUTSIDE = define(
    "kernel.calendar.outside", 409,
    zh="工作日历没有 {year} 年的安排，无法推算 {day} 前后的工作日",
    en="The work calendar has no year {year}; {day} cannot be reckoned",
    fix_zh="请在“工作日历”录入 {year} 年放假通知后重试",
    fix_en="Enter the holiday notice of {year} in the work calendar and try again",
)
DAY_INVALID = define(
    "kernel.calendar.day_invalid", 422,
    zh="{day} 不能登记为{kind}：{reason}", en="{day} cannot be a {kind}: {reason_en}",
    fix_zh="请对照放假通知核对日期", fix_en="Compare the date with the holiday notice",
)
