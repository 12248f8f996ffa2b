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
CHANNEL_INVALID = define(
    "kernel.watch.channel_invalid", 422, zh="告警通道的参数不合规：{reason}",
    en="The channel's parameters are not valid: {reason}",
)
CHANNEL_REFUSED = define(
    "kernel.watch.channel_refused", 502, zh="告警通道没有接受消息：{reason}", en="The channel did not take the message: {reason}",
)
EXPRESSION_INVALID = define(
    "kernel.watch.expression_invalid", 422, zh="告警表达式不合规：{reason}", en="The expression is not valid: {reason}",
    fix_zh="表达式写法见《监控与告警》", fix_en="See the operators' guide for the grammar",
)
PERIOD_INVALID = define(
    "kernel.watch.period_invalid", 422, zh="统计期「{period}」不合规或尚未开始", en="{period} is no period, or has not begun",
    fix_zh="周写作 2026-W47，月写作 2026-11，季度写作 2026-Q4", fix_en="Write 2026-W47, 2026-11 or 2026-Q4",
)
