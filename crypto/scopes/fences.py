"""Write fences: triggers that refuse envelopes under any key but the scope's, clear text, and moved rows.

Fences are derived from ``crypto_scope``: :func:`rebuild` writes them, :func:`check` compares. Their limits are
constants in the trigger itself, not rows it would read: on PostgreSQL a transaction with an older snapshot would
still see the older row, whereas a changed function is seen by every later statement.
"""

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

from crypto.envelope.row_keys import KeyKind
from crypto.errors import FENCE_MISSING
from crypto.scopes import queries, registry
from crypto.scopes.forms import Form
from crypto.scopes.models import CryptoScope
from crypto.scopes.registry import EncryptedTable

_NO_SCOPE = "ffffffff"  # a department without a scope may write nothing
_LOCK_TIMEOUT = "2s"


def lock(session: Session, table: EncryptedTable) -> None:
    """Wait for writers in flight and keep new ones out until commit; readers go on.

    On PostgreSQL a wait of more than 2 s raises a lock timeout, which the unit of work retries: a queue of writers
    behind a waiting lock must stay short. On SQLite the write unit itself is that lock.
    """
    if _dialect(session) == "postgresql":
        session.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
        session.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))


def rebuild(session: Session, table: EncryptedTable) -> None:
    """Write the fence of a table anew from its scopes, in the caller's write unit."""
    scopes = queries.of_table(session, table.name)
    lock(session, table)
    if _dialect(session) == "sqlite":
        for name, statement in _sqlite(table, scopes).items():
            session.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
            if scopes:
                session.connection().exec_driver_sql(statement)
        return
    _rebuild_postgresql(session, table, scopes)


def rebuild_all(session: Session) -> list[str]:
    """Rebuild the fences of every declared table; return their names. For use after migrations."""
    for table in registry.tables():
        rebuild(session, table)
    return [table.name for table in registry.tables()]


def findings(session: Session) -> list[str]:
    """Return the tables whose fence is missing, disabled or not what the scopes ask for."""
    return [table.name for table in registry.tables() if not _intact(session, table)]


def check(session: Session) -> None:
    """Raise ``crypto.fence.missing`` (503) unless every fence is in place: part of readiness."""
    missing = findings(session)
    if missing:
        raise FENCE_MISSING(tables=", ".join(missing))


def _intact(session: Session, table: EncryptedTable) -> bool:
    scopes = queries.of_table(session, table.name)
    if not scopes:
        return True
    if _dialect(session) == "sqlite":
        query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        found = {row.name: row.sql for row in session.execute(query, {"table": table.name})}
        return all(found.get(name) == statement for name, statement in _sqlite(table, scopes).items())
    query = text(
        "SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE c.relname = :table AND t.tgname = :name AND t.tgenabled IN ('O', 'A') "
        "AND p.proname = :name AND pg_table_is_visible(c.oid)"
    )
    body = session.execute(query, {"table": table.name, "name": _name(table)}).scalar_one_or_none()
    return bool(body == _postgresql(table, scopes))


def _rebuild_postgresql(session: Session, table: EncryptedTable, scopes: list[CryptoScope]) -> None:
    """OR REPLACE needs no stronger lock than the one already held; DROP would, and could deadlock with writers."""
    name, connection = _name(table), session.connection()
    if not scopes:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table.name}")
        return
    connection.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $mulian$"
        f"{_postgresql(table, scopes)}$mulian$"
    )
    connection.exec_driver_sql(
        f"CREATE OR REPLACE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table.name} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def _sqlite(table: EncryptedTable, scopes: list[CryptoScope]) -> dict[str, str]:
    """Return the three triggers of a table: insert, update of envelopes, update of key or department."""
    department, key = table.department_column, table.key_column
    exact = " COLLATE BINARY" if registry.key_kind(table) is KeyKind.TEXT else ""  # a column may ignore case
    wrong = {}
    for column in table.columns:
        form, value = registry.form(table, column.name), f"NEW.{column.name}"
        limits = " ".join(
            f"WHEN '{scope.department_id.hex}' THEN {form.literal(f'{scope.fence_key_id:08x}', 'sqlite')}"
            for scope in scopes if scope.column_name == column.name
        )
        nothing = form.literal(_NO_SCOPE, "sqlite")
        limit = f"CASE NEW.{department} {limits} ELSE {nothing} END" if limits else nothing
        wrong[column.name] = (
            f"{value} IS NOT NULL AND ({form.broken(value, 'sqlite')} OR {form.key_id(value, 'sqlite')} <> {limit})"
        )
    raised = [f"SELECT RAISE(ABORT, 'mulian fence: {column}') WHERE {check};" for column, check in wrong.items()]
    # WHEN: a sound row is looked at without running the trigger's program
    body = f"WHEN {' OR '.join(wrong.values())} BEGIN {' '.join(raised)} END"
    columns = ", ".join(column.name for column in table.columns)
    name = _name(table)
    return {
        f"{name}_insert": f"CREATE TRIGGER {name}_insert BEFORE INSERT ON {table.name} {body}",
        f"{name}_update": f"CREATE TRIGGER {name}_update BEFORE UPDATE OF {columns} ON {table.name} {body}",
        f"{name}_scope": (
            f"CREATE TRIGGER {name}_scope BEFORE UPDATE OF {key}, {department} ON {table.name} "
            f"WHEN NEW.{key}{exact} IS NOT OLD.{key} OR NEW.{department} IS NOT OLD.{department} "
            f"BEGIN SELECT RAISE(ABORT, 'mulian fence: key and department never change'); END"
        ),
    }


def _postgresql(table: EncryptedTable, scopes: list[CryptoScope]) -> str:
    """Return the body of the trigger function. Another key is reported as a serialisation failure (40001):
    the unit of work is run again with a new snapshot, which holds the new key."""
    department, key = table.department_column, table.key_column
    exact = ' COLLATE "C"' if registry.key_kind(table) is KeyKind.TEXT else ""
    lines = [
        "BEGIN",
        f"IF TG_OP = 'UPDATE' AND (NEW.{key}{exact} <> OLD.{key} OR NEW.{department} <> OLD.{department}) THEN",
        "RAISE EXCEPTION 'mulian fence: key and department never change' USING ERRCODE = '23514'; END IF;",
    ]
    for column in table.columns:
        form, value = registry.form(table, column.name), f"NEW.{column.name}"
        limit = limit_expression(form, column.name, f"NEW.{department}", scopes)
        lines += [
            f"IF {value} IS NOT NULL THEN",
            f"IF {form.broken(value, 'postgresql')} THEN",
            f"RAISE EXCEPTION 'mulian fence: {column.name} is no envelope' USING ERRCODE = '23514'; END IF;",
            f"IF {form.key_id(value, 'postgresql')} <> {limit} THEN",
            f"RAISE EXCEPTION 'mulian fence: {column.name}' USING ERRCODE = '40001'; END IF;",
            "END IF;",
        ]
    return "\n".join([*lines, "RETURN NEW; END"])


def limit_expression(
    form: Form, column: str, department: str, scopes: list[CryptoScope], *, otherwise: str = _NO_SCOPE,
    key_of: Callable[[CryptoScope], int] = lambda scope: scope.fence_key_id,
) -> str:
    """Return PostgreSQL's expression for a key id that depends on the department, in a column of this form.

    ``key_of``: by default the key that may be written. ``otherwise`` (8 hex digits): of departments without a scope.
    """
    limits = " ".join(
        f"WHEN '{scope.department_id}'::uuid THEN {form.literal(f'{key_of(scope):08x}', 'postgresql')}"
        for scope in scopes if scope.column_name == column
    )
    nothing = form.literal(otherwise, "postgresql")
    # parentheses: plpgsql ends the condition of an IF at the first bare THEN
    return f"(CASE {department} {limits} ELSE {nothing} END)" if limits else nothing


def _name(table: EncryptedTable) -> str:
    return f"mulian_fence_{table.name}"


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
