"""Errors of outbound connections."""

from kernel.errors import define

URL_INVALID = define(
    "kernel.outbound.url_invalid", 422, zh="外呼地址不合规：{reason}", en="The outbound address is not acceptable: {reason}",
)
ADDRESS_REFUSED = define(
    "kernel.outbound.address_refused", 422,
    zh="不允许连接「{host}」（{address}）", en="Connecting to {host} ({address}) is not allowed",
    fix_zh="内网地址须先在参数 MULIAN_OUTBOUND_ALLOW 或该目标中登记；链路本地与云元数据地址一律不允许",
    fix_en="Declare private ranges in MULIAN_OUTBOUND_ALLOW or on the target; link-local and metadata never open",
)
NOT_RESOLVED = define(
    "kernel.outbound.not_resolved", 502, zh="无法解析「{host}」", en="{host} cannot be resolved",
)
REDIRECT_REFUSED = define(
    "kernel.outbound.redirect_refused", 502,
    zh="对方把 https 请求转向了 http，已拒绝", en="A redirect from https to http was refused",
)
