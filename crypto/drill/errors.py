"""Errors of the drill."""

from kernel.errors import define

NOTHING = define(
    "crypto.drill.nothing", 409, zh="没有可演练的加密列", en="There is no encrypted column to drill with",
    fix_zh="请先登记单位与加密范围，或检查 --scope", fix_en="Declare a department and its scopes first, or look at --scope",
)
COPY_NEEDED = define(
    "crypto.drill.copy_needed", 409, zh="本数据目录使用 PostgreSQL，演练需要它的一份副本",
    en="This home uses PostgreSQL: the drill needs a copy of its database",
    fix_zh="请把备份恢复到另一个库，并以环境变量 MULIAN_DRILL_DATABASE_URL 指明（演练会改写该库）",
    fix_en="Restore a backup into another database and name it in MULIAN_DRILL_DATABASE_URL (the drill changes it)",
)
SAME_DATABASE = define(
    "crypto.drill.same_database", 409, zh="所指的副本就是正式库，拒绝演练", en="The copy named is the database in use",
    fix_zh="请恢复到另一个库", fix_en="Restore the backup into another database",
)
PROVIDER = define(
    "crypto.drill.provider", 409, zh="根密钥在密码设备（{provider}）中：演练会在设备里留下主密钥，未执行",
    en="The root is in a device ({provider}): a drill would leave KEKs in it and was not run",
    fix_zh="请在使用密封文件的测试安装上演练", fix_en="Drill on a test installation whose root is a sealed file",
)
