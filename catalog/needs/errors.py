"""Errors of needs."""

from kernel.errors import define

STATE = define("catalog.need.state", 409, zh="数据需求「{number}」当前为「{state}」，不能执行此操作", en="Need {number} is {state}")
NOT_MATCHED = define(
    "catalog.need.not_matched", 409, zh="数据需求「{number}」没有对应到这个数据目录", en="Need {number} was not matched with this entry",
    fix_zh="请先由数据局答复数据需求，或直接提出数据应用申请", fix_en="Wait for its answer, or file the demand without it",
)
ENTRY_REQUIRED = define("catalog.need.entry_required", 422, zh="请选择已发布的数据目录", en="Choose a published entry")
