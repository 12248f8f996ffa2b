"""Errors of the crypto package."""

from kernel.errors import define

SELFTEST_FAILED = define(
    "crypto.selftest.failed", 500,
    zh="密码算法自检未通过：{test}", en="Known-answer self-test failed: {test}",
    fix_zh="请勿继续使用，重新安装 cryptography 与系统 libcrypto 后再启动",
    fix_en="Do not go on; reinstall cryptography and the system's libcrypto",
)
SIGNATURE_INVALID = define(
    "crypto.signature.invalid", 422, zh="SM2 签名验证未通过", en="The SM2 signature is not valid",
)
KEY_INVALID = define("crypto.key.invalid", 422, zh="SM2 密钥格式不正确", en="The SM2 key is malformed")
CIPHERTEXT_INVALID = define(
    "crypto.ciphertext.invalid", 422, zh="SM2 密文无效或已被改动", en="The SM2 ciphertext is malformed or was changed",
    fix_zh="请核对是否用对应的公钥加密、传输中是否完整", fix_en="Check the key pair and that the ciphertext arrived whole",
)
KEY_FILE_INVALID = define(
    "crypto.key_file.invalid", 422, zh="不是可用的 SM2 密钥文件：{reason}", en="Not a usable SM2 key file: {reason}",
    fix_zh="支持 PEM 或 DER 的 PKCS#8、SEC 1 私钥与 SPKI 公钥，曲线须为 SM2",
    fix_en="PEM or DER, PKCS#8 or SEC 1 private keys and SPKI public keys on the SM2 curve are read",
)
KEY_FILE_PASSPHRASE = define(
    "crypto.key_file.passphrase", 422, zh="口令不能打开此密钥文件", en="The passphrase does not open this key file",
)
CERTIFICATE_INVALID = define(
    "crypto.certificate.invalid", 422, zh="证书不可用：{reason}", en="The certificate is not usable: {reason}",
    fix_zh="请提供签发机构签发、在有效期内的 SM2 证书", fix_en="Supply a valid SM2 certificate of its issuer",
)
SEALED_INVALID = define(
    "crypto.secret.invalid", 500, zh="服务密钥无法解开此密文", en="The service key does not open this secret",
    fix_zh="请检查 keys/service 是否与数据库来自同一备份",
    fix_en="Check that keys/service and the database are of one backup",
)
SERVICE_KEY_MISSING = define(
    "crypto.service_key.missing", 500, zh="缺少服务密钥 {name}", en="Service key {name} is missing",
    fix_zh="新装请运行 mulian init；否则请从备份恢复 keys/service",
    fix_en="Run mulian init for a new home; else restore keys/service from the backup",
)
SERVICE_KEY_RIGHTS = define(
    "crypto.service_key.rights", 500,
    zh="密钥文件 {name} 权限过宽（{mode}），应为 0600",
    en="Key file {name} is readable by others ({mode}); 0600 is required",
    fix_zh="请检查是否泄露后执行 chmod 600", fix_en="Check for a leak, then chmod 600",
)
ENVELOPE_INVALID = define(
    "crypto.envelope.invalid", 422, zh="不是有效的密文信封：{reason}", en="Not an envelope: {reason}",
)
CLEAR_TEXT_REFUSED = define(
    "crypto.column.clear_text", 500,
    zh="拒绝把明文写入加密列", en="Clear text was about to be bound to an encrypted column; refused",
)
SEALED = define(
    "crypto.sealed", 503,
    zh="数据密钥处于封存状态，不能加解密", en="Data keys are sealed",
    fix_zh="请安全管理员执行 mulian key unseal 或在“密钥管理”页解封",
    fix_en="A security administrator unseals them (mulian key unseal)",
)
PASSPHRASE_WRONG = define(
    "crypto.root.passphrase", 422, zh="口令不能解封根密钥", en="This passphrase does not open the root key",
)
SHARE_INVALID = define(
    "crypto.share.invalid", 422, zh="份额抄录有误：长度、字符或校验不符", en="This share is mistyped: its check does not match",
    fix_zh="请对照原件重新输入", fix_en="Compare it with the original and type it again",
)
SHARE_FOREIGN = define(
    "crypto.share.foreign", 409, zh="此份额属于另一次分割，已失效", en="This share belongs to another splitting",
    fix_zh="请使用最近一次更改解封方式时发放的份额", fix_en="Use a share handed out by the last change of policy",
)
SHARE_TWICE = define("crypto.share.twice", 409, zh="第 {index} 份已经提交过", en="Share {index} was given already")
SHARE_WRONG = define(
    "crypto.share.wrong", 422, zh="第 {index} 份校验无误但不是发放的份额", en="Share {index} is not the one handed out",
    fix_zh="份额可能被伪造，请核查来源", fix_en="It may be forged; look where it came from",
)
SHARE_FEW = define("crypto.share.few", 409, zh="份额不足：{have}/{need}", en="Too few shares: {have} of {need}")
SHARE_PERSON = define(
    "crypto.share.same_person", 403, zh="同一人只能提交一份份额", en="One person gives one share only",
    fix_zh="请由另一位持有人登录后提交", fix_en="Another holder signs in and gives the next one",
)
POLICY_INVALID = define(
    "crypto.unseal.policy_invalid", 422, zh="解封方式不正确：需 2 ≤ k ≤ n ≤ 16，且密钥提供者支持份额",
    en="Not a policy: 2 <= k <= n <= 16, and the provider must know shares",
)
MODULE_FAILED = define(
    "crypto.module.failed", 503, zh="密码设备接口 {module} 不可用：{reason}", en="The module {module} fails: {reason}",
    fix_zh="请检查 MULIAN_ROOT_MODULE、MULIAN_ROOT_TOKEN 与设备状态",
    fix_en="Check MULIAN_ROOT_MODULE, MULIAN_ROOT_TOKEN and the device",
)
PROCESS_SILENT = define(
    "crypto.process.silent", 503, zh="进程没有应答，可能没有执行", en="The process gave no answer; it may have done nothing",
    fix_zh="请查看该进程的日志；封存时请停止该进程", fix_en="Look at its log; to have it sealed, stop the process",
)
PROVIDER_REFUSED = define(
    "crypto.provider.refused", 500, zh="正式环境不允许使用环境变量中的根密钥",
    en="A root key in the environment is for the dev profile only",
)
ROOT_EXISTS = define("crypto.root.exists", 409, zh="根密钥已存在", en="A root key exists already")
ROOT_MISSING = define(
    "crypto.root.missing", 409, zh="尚未建立根密钥", en="There is no root key yet",
    fix_zh="请运行 mulian key init", fix_en="Run mulian key init",
)
PROVIDER_DAMAGED = define(
    "crypto.provider.damaged", 500, zh="密钥对象 {name} 缺失或损坏", en="Key object {name} is missing or damaged",
    fix_zh="请从备份恢复 keys/data", fix_en="Restore keys/data from the backup",
)
KEY_UNKNOWN = define("crypto.key.unknown", 404, zh="没有密钥 {key_id}", en="There is no key {key_id}")
KEY_STATE = define(
    "crypto.key.state", 409, zh="密钥 {key_id} 处于 {state} 状态，不能用于此操作",
    en="Key {key_id} is {state}; it does not serve this",
)
KEY_EXHAUSTED = define(
    "crypto.key.exhausted", 503, zh="密钥 {key_id} 的使用次数已达上限", en="Key {key_id} has reached its limit of uses",
    fix_zh="请立即更换此密钥", fix_en="Rotate this key now",
)
KEY_MATERIAL = define(
    "crypto.key.material", 500, zh="密钥 {key_id} 的密文或校验值不符",
    en="Wrapped key {key_id} or its check value does not match",
)
KEY_COMPROMISED = define(
    "crypto.key.compromised", 503, zh="密钥 {key_id} 已按泄露处置，在换上新密钥之前不能写入",
    en="Key {key_id} is compromised; writing waits for the new key",
    fix_zh="更换已优先开始，请稍后重试；读取不受影响", fix_en="The rotation has begun with priority; try again soon",
)
WINDOW_INVALID = define(
    "crypto.window.invalid", 422, zh="更换时间窗不正确：日类为 any、work 或 rest，时刻形如 22:00，起止不同",
    en="Not a window: days any, work or rest; hours like 22:00, start and end differ",
)
KEK_UNKNOWN = define("crypto.kek.unknown", 404, zh="没有此部门主密钥", en="There is no such KEK")
KEK_STATE = define(
    "crypto.kek.state", 409, zh="部门主密钥第 {version} 版处于 {state} 状态，不能执行此操作",
    en="KEK version {version} is {state}; it does not serve this",
)
KEK_IN_USE = define(
    "crypto.kek.in_use", 409, zh="部门主密钥第 {version} 版仍保护着可用的数据：{keys}",
    en="KEK version {version} still protects live data: {keys}",
    fix_zh="请等待所列密钥更换完成并退役五分钟以上", fix_en="Wait until the listed keys are rotated and retired for five minutes",
)
KEK_OLDER_LEFT = define(
    "crypto.kek.older_left", 409,
    zh="请先销毁更早的第 {older} 版：它仍能打开第 {version} 版所保护密钥的旧封装",
    en="Destroy version {older} first: it still opens old wraps of the keys under version {version}",
)
COPIES_LEFT = define(
    "crypto.kek.copies_left", 409, zh="尚有 {count} 份副本可能打开旧密钥：{copies}",
    en="{count} copy(ies) could still open the old key: {copies}",
    fix_zh="请删除这些备份并在副本台账登记，或等待其到期后再销毁",
    fix_en="Delete these copies and record it in the catalogue, or wait until they expire",
)
COPY_UNKNOWN = define("crypto.copy.unknown", 404, zh="副本台账中没有此项", en="The catalogue has no such copy")
COPY_INVALID = define(
    "crypto.copy.invalid", 422, zh="副本登记不正确：{reason}", en="This copy cannot be recorded: {reason_en}",
)
SCOPE_UNKNOWN = define(
    "crypto.scope.unknown", 404, zh="没有加密范围 {scope}", en="There is no encryption scope {scope}",
    fix_zh="请先为该部门的列登记加密范围", fix_en="Declare the department's column as a scope first",
)
SCOPE_EXISTS = define("crypto.scope.exists", 409, zh="加密范围 {scope} 已登记", en="Scope {scope} exists already")
TABLE_UNKNOWN = define(
    "crypto.table.unknown", 422, zh="表 {table} 没有声明加密列 {column}",
    en="Table {table} declares no encrypted column {column}",
)
ROW_KEY_KIND = define(
    "crypto.row_key.kind", 500, zh="加密表的行键应为 {kind}，实际为 {found}",
    en="The row key of this encrypted table is a {kind}, not a {found}",
    fix_zh="请按主键列的类型赋值：密文与行键绑定，类型不同的键无法再解开",
    fix_en="Give the key in its column's type: an envelope is bound to its row's key and would not open under another",
)
FENCE_MISSING = define(
    "crypto.fence.missing", 503, zh="加密写入围栏缺失或不符：{tables}",
    en="Write fences are missing or differ: {tables}",
    fix_zh="请运行 mulian crypto fences --rebuild", fix_en="Run mulian crypto fences --rebuild",
)
ROTATION_UNKNOWN = define("crypto.rotation.unknown", 404, zh="没有此密钥更换", en="There is no such rotation")
ROTATION_OPEN = define(
    "crypto.rotation.open", 409, zh="{scope} 已有进行中的密钥更换", en="A rotation of {scope} is already open",
)
ROTATION_LEASE = define(
    "crypto.rotation.lease_lost", 503, zh="此更换已由另一进程接管", en="Another process has taken over this rotation",
)
ROTATION_ROWS_BAD = define(
    "crypto.rotation.rows_unreadable", 409,
    zh="{count} 行密文无法解开，更换停在重加密阶段：{rows}",
    en="{count} row(s) do not open; the rotation stays in reencrypt: {rows}",
    fix_zh="请先从备份修复所列行，再继续更换",
    fix_en="Repair the listed rows from a backup, then run the rotation again",
)
ROTATION_NO_SECOND = define(
    "crypto.rotation.no_second_index", 409, zh="{scope} 没有第二个索引列，不能更换盲索引密钥",
    en="{scope} has no second index column: its index key cannot be exchanged",
)
ROTATION_WAITS = define(
    "crypto.rotation.waits", 503, zh="更换在等待更早开始的数据库事务结束",
    en="The rotation waits for database transactions that began before it",
    fix_zh="任务会自动重试。请在 pg_stat_activity 中找出 xact_start 最早的会话，等它结束或将其终止；"
    "任务已失败的，其后运行 mulian crypto resume {rotation}",
    fix_en="The job tries again. Find the oldest xact_start in pg_stat_activity, let it end or terminate it; "
    "where the job has failed, run mulian crypto resume {rotation} afterwards",
)
ROTATION_STATE = define(
    "crypto.rotation.state", 409, zh="更换处于 {state} 阶段，不能执行此操作", en="The rotation is in state {state}",
)
ABORT_LEAKED = define(
    "crypto.rotation.abort_leaked", 409, zh="原密钥 {key_id} 已按泄露处置，更换不能中止：泄露的密钥不得恢复使用",
    en="The old key {key_id} is compromised: a leaked key does not come back, its rotation cannot be aborted",
    fix_zh="请等待更换完成；对新密钥不满意的，完成后再申请更换一次",
    fix_en="Let the rotation finish; where the new key will not do, ask for another rotation afterwards",
)
COMMAND_USER = define(
    "crypto.command.user_unknown", 404, zh="没有可用的用户「{username}」", en="No active user {username}",
    fix_zh="请用 --as 指明有相应权限的用户", fix_en="Name a user with the right by --as",
)
VALUE_UNREADABLE = define(
    "crypto.value.unreadable", 500, zh="{count} 个加密值无法解开", en="{count} encrypted value(s) do not open",
)
IDENTIFIER_FIELD_UNKNOWN = define(
    "crypto.identifier.field_unknown", 404, zh="本部门没有标识字段“{name}”", en="The department has no identified field {name}",
    fix_zh="请先在“标识”页或用 mulian token declare 登记字段", fix_en="Declare it first (mulian token declare)",
)
IDENTIFIER_FIELD_EXISTS = define(
    "crypto.identifier.field_exists", 409, zh="标识字段“{name}”已登记", en="The identified field {name} exists already",
)
IDENTIFIER_FIELD_INVALID = define(
    "crypto.identifier.field_invalid", 422, zh="字段登记不正确：{reason}", en="This field cannot be declared: {reason_en}",
)
IDENTIFIER_FORM_UNFIT = define(
    "crypto.identifier.form_unfit", 422, zh="字段“{name}”没有这种形式的标识：{form}",
    en="Values of {name} have no identifiers of the form {form}",
    fix_zh="18 位形式只用于公民身份号码，11 位形式只用于手机号码，其他字段请用 29 位原生形式",
    fix_en="18 characters serve ID numbers, 11 mobile numbers; other fields take native ones",
)
IDENTIFIER_FULL = define(
    "crypto.identifier.full", 409, zh="标识编号已用尽", en="There are no more numbers for identifiers",
)
IDENTIFIER_FILE_INVALID = define(
    "crypto.identifier.file_invalid", 422, zh="文件不能使用：{reason}", en="This file cannot be used: {reason_en}",
    fix_zh="支持 CSV（UTF-8 或 GB 18030）与 xlsx，值在一列中，号码列须为文本格式",
    fix_en="CSV (UTF-8 or GB 18030) and xlsx with the values in one column, numbers as text",
)
IDENTIFIER_BATCH_KEY = define(
    "crypto.identifier.batch_key", 409, zh="幂等键“{key}”已用于另一个文件", en="The key {key} was used for another file",
    fix_zh="请更换幂等键，或核对是否传错文件", fix_en="Use another key, or check whether this is the right file",
)
IDENTIFIER_BATCH_STATE = define(
    "crypto.identifier.batch_state", 409, zh="批次尚未完成（{state}）", en="The batch is not finished ({state})",
)
IDENTIFIER_BATCH_GONE = define(
    "crypto.identifier.batch_gone", 410, zh="结果文件已到期删除", en="The files of this batch are deleted",
    fix_zh="同一文件可用新的幂等键再次提交，已有标识不会变化", fix_en="Submit the file again under a new key: identifiers stay",
)
LOOKUP_NO_GRANT = define(
    "crypto.lookup.no_grant", 403, zh="没有可用的查询授权（字段、方向、用途代码或有效期不符）",
    en="No grant covers this look-up (field, direction, purpose code or time)",
    fix_zh="请向数据所属部门申请查询授权", fix_en="Ask the department of the data for a grant",
)
LOOKUP_GRANT_INVALID = define(
    "crypto.lookup.grant_invalid", 422, zh="授权登记不正确：{reason}", en="This grant cannot be recorded: {reason_en}",
)
LOOKUP_APP_UNKNOWN = define(
    "crypto.lookup.app_unknown", 422, zh="没有编号为 {app_id} 的应用", en="There is no application with id {app_id}",
    fix_zh="请按应用名称或用数单位检索后选择；还没有应用的，请用数单位联系人先在“应用与凭证”中登记",
    fix_en="Choose it by name or department; its consumer registers it first under Apps and keys",
)
LOOKUP_RATE = define(
    "crypto.lookup.rate", 429, zh="查询过快：每分钟至多 {limit} 条", en="Too fast: at most {limit} items a minute",
    fix_zh="请稍后再试", fix_en="Try again later",
)
LOOKUP_QUOTA = define(
    "crypto.lookup.quota", 429, zh="超过每日查询人数：今日还可查 {left} 人", en="Above the daily number of persons: {left} left",
    fix_zh="请次日再查，或由数据所属部门调整授权", fix_en="Go on tomorrow, or ask for a larger grant",
)
LOOKUP_SECOND_PERSON = define(
    "crypto.lookup.second_person", 409, zh="超过每日查询人数（今日还可查 {left} 人），须第二人同意",
    en="Above the daily number of persons ({left} left): a second person must agree",
    fix_zh="请提交超额申请，经同意后凭同一内容再次查询", fix_en="Ask for consent, then repeat exactly this look-up",
)
LOOKUP_REPLAY = define(
    "crypto.lookup.replay", 401, zh="随机数（nonce）已被使用", en="The nonce was used before",
    fix_zh="每次调用（包括重试）都要使用新的 nonce 和签名", fix_en="Use a new nonce for every call, retries included",
)
