"""Why an interface, or a whole snapshot, is not exported."""

from kernel.errors import ErrorKind, define

SIGNATURE = define(
    "gateway.export.signature", 409, zh="接口「{interface}」：{engine} 不能执行国密签名验证（mulian-sm3-v1、mulian-sm2-v1）",
    en="{interface}: {engine} cannot verify SM3 or SM2 signatures and their nonces",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
OLDER_SIGNATURE = define(
    "gateway.export.older_signature", 409, zh="接口「{interface}」：{engine} 不能执行旧平台签名验证",
    en="{interface}: {engine} cannot verify signatures of older platforms",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
FIELDS = define(
    "gateway.export.fields", 409, zh="接口「{interface}」：{engine} 不能执行按授权字段过滤与脱敏",
    en="{interface}: {engine} cannot reduce and mask the fields of answers",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
TABLE = define(
    "gateway.export.table", 409, zh="接口「{interface}」：{engine} 不能执行库表来源",
    en="{interface}: {engine} cannot read declared tables",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
MOCK = define(
    "gateway.export.mock", 409, zh="接口「{interface}」：{engine} 不能执行模拟数据",
    en="{interface}: {engine} cannot serve synthetic data",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
XML = define(
    "gateway.export.xml", 409, zh="接口「{interface}」：{engine} 不能执行XML 与 SOAP 转换",
    en="{interface}: {engine} cannot convert XML and SOAP",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
QUOTA = define(
    "gateway.export.quota", 409, zh="接口「{interface}」：{engine} 不能执行按日按月的次数配额（须精确且重启不失）",
    en="{interface}: {engine} cannot count calls exactly over hosts and restarts",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
VOLUME = define(
    "gateway.export.volume", 409, zh="接口「{interface}」：{engine} 不能执行流量配额",
    en="{interface}: {engine} cannot count bytes of answers",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
RATE = define(
    "gateway.export.rate", 409, zh="接口「{interface}」：{engine} 不能执行令牌桶限速",
    en="{interface}: {engine} cannot limit the rate by a token bucket",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
CANARY = define(
    "gateway.export.canary", 409, zh="接口「{interface}」：{engine} 不能执行灰度",
    en="{interface}: {engine} cannot serve a canary",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
CACHE = define(
    "gateway.export.cache", 409, zh="接口「{interface}」：{engine} 不能执行按授权缓存",
    en="{interface}: {engine} cannot keep answers by grant",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
AUDITED = define(
    "gateway.export.audited", 409, zh="接口「{interface}」：{engine} 不能执行先记日志后应答",
    en="{interface}: {engine} cannot write the call's line before the answer",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
WEBSOCKET = define(
    "gateway.export.websocket", 409, zh="接口「{interface}」：{engine} 不能执行授权到期即断开的 WebSocket",
    en="{interface}: {engine} cannot end a WebSocket with its grant",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
TLS = define(
    "gateway.export.tls", 409, zh="接口「{interface}」：{engine} 不能执行对数据源证书的校验",
    en="{interface}: {engine} cannot verify the certificate of the source",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
MAINTENANCE = define(
    "gateway.export.maintenance", 409, zh="接口「{interface}」：{engine} 不能执行维护时段",
    en="{interface}: {engine} cannot refuse calls in maintenance windows",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
UNSAFE_TEXT = define(
    "gateway.export.unsafe_text", 409, zh="接口「{interface}」：{engine} 不能执行含有配置文件不接受的字符的地址或密钥",
    en="{interface}: {engine} cannot carry such an address or key in its configuration",
    fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
)
# what an engine may be unable to do, by the name of the policy
POLICIES: dict[str, ErrorKind] = {
    "signature": SIGNATURE, "older_signature": OLDER_SIGNATURE, "fields": FIELDS, "table": TABLE, "mock": MOCK,
    "xml": XML, "quota": QUOTA, "volume": VOLUME, "rate": RATE, "canary": CANARY, "cache": CACHE, "audited": AUDITED,
    "websocket": WEBSOCKET, "tls": TLS, "maintenance": MAINTENANCE, "unsafe_text": UNSAFE_TEXT,
}
REFUSED = define(
    "gateway.export.refused", 409, zh="有 {count} 项策略 {engine} 不能执行，未写出任何文件：{list}",
    en="{engine} cannot carry out {count} policies, nothing was written: {list}",
    fix_zh="逐项处理，或以 --rest 指定目链网关地址，由它提供这些接口", fix_en="Settle each, or name the Mulian gateway by --rest",
)
NO_SNAPSHOT = define(
    "gateway.export.no_snapshot", 409, zh="{environment} 环境还没有发布过接口", en="Nothing is published in {environment}",
    fix_zh="请先发布接口", fix_en="Publish an interface first",
)
REST = define(
    "gateway.export.rest", 422, zh="--rest 应为 http://主机:端口", en="--rest is http://host:port",
)
