"""Errors of replacement."""

from kernel.errors import define

TARGET_UNKNOWN = define("crypto.target.unknown", 404, zh="没有此业务库登记", en="There is no such database")
TARGET_IN_USE = define(
    "crypto.target.in_use", 409, zh="此业务库尚有未结束的替换任务", en="A job on this database has not ended",
    fix_zh="请先完成、撤销或作废这些任务", fix_en="Finish, undo or drop these jobs first",
)
TARGET_UNREACHABLE = define(
    "crypto.target.unreachable", 502, zh="无法连接业务库「{name}」：{reason}", en="Database {name} cannot be reached: {reason}",
    fix_zh="请核对地址、账号、口令与网络策略；无法联通时改用离线替换包",
    fix_en="Check address, account, password and network rules; where no connection is allowed use the offline package",
)
TLS_UNSERVED = define(
    "crypto.target.tls", 422, zh="此库不能用所选的 TLS 方式：{reason}", en="This way of TLS cannot be used here: {reason}",
    fix_zh="SQLAlchemy 方言的 TLS 由运维在驱动中配置，此处选 off；PostgreSQL 选 verify 时须提供 CA 证书",
    fix_en="SQLAlchemy dialects take off, their drivers are configured; verify on PostgreSQL needs a CA certificate",
)
TARGET_FAILED = define(
    "crypto.target.failed", 502, zh="业务库报错：{reason}", en="The database reports an error: {reason}",
    fix_zh="请 DBA 按错误号查看业务库日志；错误原文可能含敏感值，本系统不保存",
    fix_en="Look the number up in the database's log; its text may quote values and is not kept here",
)
DIALECT_REFUSED = define(
    "crypto.target.dialect", 422, zh="不支持的数据库类型「{dialect}」", en="Databases of kind {dialect} are not served",
    fix_zh="Oracle、达梦等须由运维在参数 MULIAN_REPLACEMENT_DIALECTS 中登记 SQLAlchemy 方言并安装驱动",
    fix_en="Operators name SQLAlchemy dialects in MULIAN_REPLACEMENT_DIALECTS and install their drivers",
)
COLUMN_UNKNOWN = define(
    "crypto.replacement.column_unknown", 422, zh="业务库中没有列 {column}", en="The database has no column {column}",
)
COLUMN_TWICE = define(
    "crypto.replacement.column_twice", 422, zh="列 {column} 出现两次", en="Column {column} is named twice",
)
KEYS_ENFORCED = define(
    "crypto.replacement.keys_enforced", 409,
    zh="所选列上有外键，而该账号不能在会话中暂停外键检查", en="Foreign keys hang on the columns and the account may not suspend them",
    fix_zh="请 DBA 授予 session_replication_role 的设置权限（PostgreSQL 15 起：GRANT SET ON PARAMETER），或在停机窗口内用超级用户账号执行",
    fix_en="Let the account set session_replication_role (GRANT SET ON PARAMETER from PostgreSQL 15 on)",
)
UNKNOWN = define("crypto.replacement.unknown", 404, zh="没有此替换任务", en="There is no such replacement job")
STATE = define(
    "crypto.replacement.state", 409, zh="替换任务处于「{state}」状态，不能执行此操作", en="The job is {state}; it does not allow this",
)
UNSUITED = define(
    "crypto.replacement.unsuited", 409, zh="列 {columns} 不宜替换", en="Column(s) {columns} cannot be replaced",
    fix_zh="请按影响评估调整列宽、主键或移出任务", fix_en="See the assessment: widen the column, give the table a key, or leave it out",
)
FORM_UNFIT = define(
    "crypto.replacement.form", 422, zh="字段「{field}」不能用 {form} 形式：{reason}",
    en="Field {field} cannot use form {form}: {reason}",
)
UNDECIDED = define(
    "crypto.replacement.undecided", 409,
    zh="有 {count} 个值看起来已是标识，须先逐类决定", en="{count} value(s) look like identifiers already; decide on them first",
    fix_zh="请核对清单后选择“确认为标识”或“列入例外”", fix_en="Look at the list and decide: they are identifiers, or exceptions",
)
UNDO_UNREADABLE = define(
    "crypto.replacement.undo_unreadable", 409,
    zh="撤销文件缺失或已损坏：{reason}", en="The undo file is missing or damaged: {reason}",
    fix_zh="请从备份恢复 files/replacement 下的同名文件", fix_en="Restore the file of that name under files/replacement",
)
PACKAGE_INVALID = define(
    "crypto.package.invalid", 422, zh="离线包文件不可用：{reason}", en="The package file is not usable: {reason}",
    fix_zh="请核对是否为本任务的文件、传输是否完整", fix_en="Check that it belongs to this job and arrived whole",
)
