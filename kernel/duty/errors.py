"""Errors of the duty roster."""

from kernel.errors import define

BACKWARDS = define("kernel.duty.backwards", 422, zh="值守结束时间须晚于开始时间", en="A shift ends after it begins")
OVERLAP = define(
    "kernel.duty.overlap", 409, zh="该时段第 {position} 值守人已排班", en="Position {position} is taken in that time",
)
