"""Errors of the watch."""

from kernel.errors import define

SPEC_INVALID = define(
    "kernel.watch.spec_invalid", 422, zh="监控对象的参数不合规：{reason}", en="The target's parameters are not valid: {reason}",
)
SIGNAL_UNKNOWN = define(
    "kernel.watch.signal_unknown", 422, zh="没有登记指标「{signal}」", en="No signal {signal} is registered",
)
SOURCE_MANAGED = define(
    "kernel.watch.source_managed", 409,
    zh="该监控对象由「{source}」自动登记，不能手工修改参数", en="The target is managed by {source}",
)
ALARM_HAS_CASE = define(
    "kernel.watch.alarm_has_case", 409, zh="该告警已转为事件", en="The alarm has become a case already",
)
KEY_TAKEN = define("kernel.watch.key_taken", 409, zh="监控对象「{key}」已存在", en="Target {key} exists already")
