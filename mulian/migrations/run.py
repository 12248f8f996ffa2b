"""Running migrations in one write transaction on either database."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from kernel.db import Database
from kernel.errors import define

TOO_NEW = define(
    "mulian.database.too_new", 409,
    zh="数据库版本 {found} 比程序（{known}）新", en="The database is at {found}, newer than this program ({known})",
    fix_zh="请升级程序，或恢复升级前的备份", fix_en="Upgrade the program, or restore the backup made before the upgrade",
)
TOO_OLD = define(
    "mulian.database.too_old", 409,
    zh="数据库版本 {found} 比程序（{known}）旧", en="The database is at {found}, older than this program ({known})",
    fix_zh="请先备份，再用本程序启动一次 mulian serve，它会升级数据库",
    fix_en="Back it up, then start mulian serve of this program once: it upgrades the database",
)


def upgrade(database: Database) -> str:
    """Bring the schema to the newest revision and return it; a failure rolls back everything."""
    config = _config()
    with database.session(write=True) as session:
        connection = session.connection()
        _refuse_newer(connection, config)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        session.commit()
    return head()


def head() -> str:
    """Return the newest revision this program knows."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def current(database: Database) -> str | None:
    """Return the revision of the database; None when it is empty."""
    with database.read() as session:
        return MigrationContext.configure(session.connection()).get_current_revision()


def check(database: Database) -> None:
    """Raise ``mulian.database.too_new`` when the database was written by a newer program."""
    with database.read() as session:
        _refuse_newer(session.connection(), _config())


def check_current(database: Database) -> None:
    """Raise ``mulian.database.too_old`` when no program of this version has upgraded the database yet."""
    found, known = current(database), head()
    if found != known:
        raise TOO_OLD(found=found, known=known)


def _refuse_newer(connection: Connection, config: Config) -> None:
    script = ScriptDirectory.from_config(config)
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in {item.revision for item in script.walk_revisions()}:
        raise TOO_NEW(found=found, known=script.get_current_head())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
