"""Errors of cases."""

from kernel.errors import define

TYPE_UNKNOWN = define(
    "kernel.case.type_unknown", 422, zh="没有登记事件类型「{type}」", en="No case type {type} is registered",
)
CLOSED = define("kernel.case.closed", 409, zh="「{number}」已关闭", en="{number} is closed")
PAUSED = define("kernel.case.paused", 409, zh="「{number}」已处于暂停计时", en="The clock of {number} is paused already")
NOT_PAUSED = define("kernel.case.not_paused", 409, zh="「{number}」未暂停计时", en="The clock of {number} is not paused")
CLOCK_BACKWARDS = define(
    "kernel.case.clock_backwards", 422, zh="计时起止时间先后颠倒", en="The clock would run backwards",
)
