"""Error codes of the gateway: ``gateway.call.*`` are seen by applications, the others by the console."""

from kernel.errors import define

# -- data plane ----------------------------------------------------------------------------------------------------
REQUEST_REFUSED = define(
    "gateway.call.malformed", 400, zh="请求报文不合规范，已拒绝（{reason}）", en="The request is not well formed ({reason})",
    fix_zh="请按 HTTP/1.1 规范发送请求", fix_en="Send a plain HTTP/1.1 request",
)
NO_INTERFACE = define(
    "gateway.call.no_interface", 404, zh="没有这个接口", en="No such interface",
    fix_zh="请核对接口地址", fix_en="Check the path",
)
INTERFACE_RETIRED = define(
    "gateway.call.retired", 410, zh="该接口已停用", en="This interface has been retired",
    fix_zh="请联系数据服务工程师了解替代接口", fix_en="Ask for the interface that replaces it",
)
METHOD = define("gateway.call.method", 405, zh="接口不支持该请求方法", en="The interface does not take this method")
KEY_UNKNOWN = define(
    "gateway.call.key_unknown", 401, zh="AppKey 不存在或已停用", en="Unknown or blocked AppKey",
    fix_zh="请核对请求头 X-Mulian-Key 与密钥版本", fix_en="Check X-Mulian-Key and the key version",
)
SIGNATURE_FIELDS = define(
    "gateway.call.signature_fields", 401, zh="签名请求头缺失或格式错误：{field}",
    en="Signature header missing or malformed: {field}",
    fix_zh="请对照《调用签名说明》检查请求头", fix_en="See the signing guide",
)
TIMESTAMP = define(
    "gateway.call.timestamp", 401, zh="时间戳超出允许范围（早于 300 秒或晚于 30 秒）", en="Timestamp outside now-300 s … now+30 s",
    fix_zh="请校准调用方服务器时间", fix_en="Set the caller's clock",
)
SIGNATURE = define(
    "gateway.call.signature", 401, zh="签名不正确", en="Wrong signature",
    fix_zh="请检查：查询参数是否按原样排序、请求体是否与签名时一致、末尾是否多了换行", fix_en="Check query order, body bytes, line ends",
)
REPLAY = define(
    "gateway.call.replay", 401, zh="随机数（nonce）已被使用", en="The nonce was used before",
    fix_zh="每次调用（包括重试）都要使用新的 nonce 和签名", fix_en="Use a new nonce for every call, retries included",
)
NONCE_FULL = define("gateway.call.nonce_full", 503, zh="网关繁忙，暂不接收新的调用", en="The nonce table is full")
STARTING = define(
    "gateway.call.starting", 503, zh="网关刚刚重启，请 30 秒后重试", en="The gateway has just restarted; try again in 30 s",
)
NO_GRANT = define(
    "gateway.call.no_grant", 403, zh="该应用没有此接口的有效授权", en="The app holds no valid grant for this interface",
    fix_zh="请先提交数据应用申请并等待批准", fix_en="Apply for the data and wait for the approval",
)
QUOTA = define(
    "gateway.call.quota", 429, zh="今日调用次数已用完", en="The daily quota of calls is used up",
    fix_zh="请于次日（北京时间 0 时）后再调用，或申请提高额度", fix_en="Call again after midnight (Beijing), or apply for more",
)
QUOTA_MONTH = define(
    "gateway.call.quota_month", 429, zh="本月调用次数已用完", en="The monthly quota of calls is used up",
    fix_zh="请于次月 1 日（北京时间 0 时）后再调用，或申请提高额度", fix_en="Call again next month (Beijing), or apply for more",
)
VOLUME = define(
    "gateway.call.volume", 429, zh="今日返回数据量（流量）已用完", en="The daily quota of bytes is used up",
    fix_zh="请于次日（北京时间 0 时）后再调用、缩小查询范围，或申请提高额度",
    fix_en="Call again after midnight (Beijing), ask for less data, or apply for more",
)
VOLUME_MONTH = define(
    "gateway.call.volume_month", 429, zh="本月返回数据量（流量）已用完", en="The monthly quota of bytes is used up",
    fix_zh="请于次月 1 日（北京时间 0 时）后再调用、缩小查询范围，或申请提高额度",
    fix_en="Call again next month (Beijing), ask for less data, or apply for more",
)
RATE = define("gateway.call.rate", 429, zh="调用过快", en="Too many calls", fix_zh="请按 Retry-After 降低频率",
    fix_en="Slow down")
BROKER = define("gateway.call.unavailable", 503, zh="网关暂时不能核验调用", en="The gateway cannot verify calls at the moment")
NO_SNAPSHOT = define("gateway.call.no_snapshot", 503, zh="网关尚未取得配置", en="The gateway has no configuration yet")
UPSTREAM_FAULT = define("gateway.call.upstream", 502, zh="数据源应答异常", en="The source's answer cannot be used")
UPSTREAM_DOWN = define("gateway.call.upstream_down", 503, zh="数据源暂时无法连接", en="The source cannot be reached")
UPSTREAM_SLOW = define("gateway.call.upstream_slow", 504, zh="数据源应答超时", en="The source did not answer in time")
POLICY = define(
    "gateway.call.policy", 502, zh="应答无法按授权字段处理，已拦截", en="The answer could not be reduced to the granted fields",
    fix_zh="请联系数据服务工程师核对接口的输出约定", fix_en="The interface's contract needs a look",
)
SEALED = define("gateway.call.sealed", 503, zh="数据密钥未解封，暂不能提供解密字段", en="Data keys are sealed")
PARAMETER = define("gateway.call.parameter", 400, zh="参数「{name}」不正确", en="Parameter {name} is not valid")
TABLE_SLOW = define("gateway.call.query_slow", 504, zh="查询超过时限", en="The query took too long")
LOG_FULL = define("gateway.call.log", 503, zh="调用日志无法写入，暂停服务", en="The call log cannot be written")

# -- control plane -------------------------------------------------------------------------------------------------
INTERFACE_CODE_TAKEN = define("gateway.interface.code_taken", 409, zh="接口代码「{code}」已被使用", en="Code {code} is taken")
INTERFACE_PATH_TAKEN = define("gateway.interface.path_taken", 409, zh="地址「{path}」已被接口「{code}」使用",
    en="{path} belongs to {code}")
INTERFACE_STATE = define(
    "gateway.interface.state", 409, zh="接口「{code}」当前为「{state}」，不能执行此操作",
    en="{code} is {state}; this is not possible now",
)
INTERFACE_MAKER = define(
    "gateway.interface.same_person", 403, zh="提交人不能审核自己的接口", en="The submitter cannot approve the own interface",
    fix_zh="请由另一位有审核权限的人员处理", fix_en="Another person has to decide",
)
INTERFACE_DEFINITION = define(
    "gateway.interface.definition", 422, zh="接口定义不正确：{field}：{problem}", en="Definition not valid: {field}: {problem}",
)
APP_STATE = define("gateway.app.state", 409, zh="应用「{name}」当前为「{state}」", en="App {name} is {state}")
CREDENTIALS_FULL = define(
    "gateway.app.credentials", 409, zh="应用已有两个有效密钥版本，请先停用旧版本", en="Two live key versions already; revoke one first",
)
GRANT_STATE = define("gateway.grant.state", 409, zh="授权「{number}」已是「{state}」", en="Grant {number} is {state}")
SNAPSHOT_EMPTY = define("gateway.snapshot.empty", 409, zh="不能发布空的网关配置", en="An empty configuration is never published")
SNAPSHOT_DAMAGED = define("gateway.snapshot.damaged", 500, zh="网关配置 {number} 校验不符",
    en="Snapshot {number} fails its checksum")
PORT_IN_USE = define(
    "gateway.port_in_use", 409, zh="网关不能监听 {host}:{port}：{reason}", en="Cannot listen on {host}:{port}: {reason}",
    fix_zh="请停止占用该端口的程序，或用 --port 换一个端口", fix_en="Stop what uses the port, or choose another with --port",
)
ENTRY_NOT_PUBLISHED = define(
    "gateway.interface.entry_not_published", 409, zh="接口所属数据目录「{code}」尚未发布",
    en="The data entry {code} is not published",
    fix_zh="请先发布数据目录", fix_en="Publish the entry first",
)
ENTRY_LEVEL = define(
    "gateway.interface.entry_level", 403, zh="数据目录「{code}」为重要或核心数据，没有有效的出域批准，不得经接口提供",
    en="Important or core data ({code}) leave by no interface without a listed release",
    fix_zh="请先申请出域批准（数据目录 → 出域批准）", fix_en="Apply for a release of this entry first",
)
