"""Why an interface, or a whole snapshot, is not exported."""

from kernel.errors import ErrorKind, define

# what an engine may be unable to do, by the name of the policy
POLICIES: dict[str, ErrorKind] = {}


def _policy(name: str, zh: str, en: str) -> None:
    POLICIES[name] = define(
        f"gateway.export.{name}", 409, zh=f"接口「{{interface}}」：{{engine}} 不能执行{zh}",
        en=f"{{interface}}: {{engine}} cannot {en}",
        fix_zh="请由目链网关提供该接口（--rest），或修改接口与授权后再导出", fix_en="Let the Mulian gateway serve it (--rest), or change it",
    )


_policy("signature", "国密签名验证（mulian-sm3-v1、mulian-sm2-v1）", "verify SM3 or SM2 signatures and their nonces")
_policy("older_signature", "旧平台签名验证", "verify signatures of older platforms")
_policy("fields", "按授权字段过滤与脱敏", "reduce and mask the fields of answers")
_policy("table", "库表来源", "read declared tables")
_policy("mock", "模拟数据", "serve synthetic data")
_policy("xml", "XML 与 SOAP 转换", "convert XML and SOAP")
_policy("quota", "按日按月的次数配额（须精确且重启不失）", "count calls exactly over hosts and restarts")
_policy("volume", "流量配额", "count bytes of answers")
_policy("rate", "令牌桶限速", "limit the rate by a token bucket")
_policy("canary", "灰度", "serve a canary")
_policy("cache", "按授权缓存", "keep answers by grant")
_policy("audited", "先记日志后应答", "write the call's line before the answer")
_policy("websocket", "授权到期即断开的 WebSocket", "end a WebSocket with its grant")
_policy("tls", "对数据源证书的校验", "verify the certificate of the source")
_policy("maintenance", "维护时段", "refuse calls in maintenance windows")
_policy("unsafe_text", "含有配置文件不接受的字符的地址或密钥", "carry such an address or key in its configuration")

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
