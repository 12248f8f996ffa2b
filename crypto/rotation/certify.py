"""PostgreSQL certifies by itself that no row is under a key its scope has left: a validated CHECK per column.

It allows the key that may be written and every one that is yet to come: of a department whose rotation was aborted
the key in use is older than the one that was dropped.

Three transactions, each harmless when it is found done already: add NOT VALID (a short lock), validate (readers
and writers go on), drop the one of the rotation before. SQLite cannot add a CHECK to a table: there the fence
trigger and the verify pass stand alone, and these steps do nothing.
"""

from functools import partial

from sqlalchemy import text
from sqlalchemy.orm import Session

from crypto.keys import queries as keys
from crypto.scopes import fences, queries, registry
from crypto.scopes.registry import EncryptedTable
from kernel.digest import sm3_hex

_EVERY_KEY = "00000000"  # a department that gets its scope later must not meet an old constraint


def add(session: Session, table: EncryptedTable, column: str) -> None:
    """Add the CHECK that the scopes ask for now, not validated yet."""
    name, expression = _constraint(session, table, column)
    if _applies(session) and name not in _present(session, table, column):
        _run(session, f"ALTER TABLE {table.name} ADD CONSTRAINT {name} CHECK ({expression}) NOT VALID")


def validate(session: Session, table: EncryptedTable, column: str) -> None:
    """Let the database look at every row; an older one fails this transaction."""
    name, _ = _constraint(session, table, column)
    if _applies(session) and not _present(session, table, column).get(name, False):
        _run(session, f"ALTER TABLE {table.name} VALIDATE CONSTRAINT {name}")


def drop_older(session: Session, table: EncryptedTable, column: str) -> None:
    """Drop the constraints that this one replaces."""
    name, _ = _constraint(session, table, column)
    if _applies(session):
        for other in _present(session, table, column):
            if other != name:
                _run(session, f"ALTER TABLE {table.name} DROP CONSTRAINT {other}")


def drop_of(session: Session, table: EncryptedTable, column: str, key_id: int) -> None:
    """Drop the constraints that were made while a key was to stay: they refuse what is written on the way back.

    The fence stands meanwhile. It comes before any other lock on the table: where there is such a constraint it keeps
    readers out, which is not to be asked for by who holds a weaker one.
    """
    if not _applies(session):
        return
    wanted, _ = _constraint(session, table, column)
    for name in _naming(session, table, column, key_id) - {wanted}:
        _run(session, f"ALTER TABLE {table.name} DROP CONSTRAINT {name}")


def _constraint(session: Session, table: EncryptedTable, column: str) -> tuple[str, str]:
    scopes, form = queries.of_table(session, table.name, hold=_applies(session)), registry.form(table, column)
    last = keys.last_used(session, [scope.id for scope in scopes])
    limit = partial(fences.limit_expression, form, column, table.department_column, scopes, otherwise=_EVERY_KEY)
    key_id, past = form.key_id(column, "postgresql"), limit(key_of=lambda scope: last[scope.id])
    expression = f"{column} IS NULL OR {key_id} = {limit()} OR {key_id} > {past}"
    return f"{_prefix(table, column)}{sm3_hex(expression.encode())[:12]}", expression


def _present(session: Session, table: EncryptedTable, column: str) -> dict[str, bool]:
    """Return our constraints of a column: name → validated."""
    query = text(
        "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = to_regclass(:table) AND contype = 'c'"
    )
    rows = session.execute(query, {"table": table.name})
    return {row.conname: row.convalidated for row in rows if row.conname.startswith(_prefix(table, column))}


def _naming(session: Session, table: EncryptedTable, column: str, key_id: int) -> set[str]:
    """Return our constraints of a column in which a key is named."""
    query = text(
        "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(:table) AND contype = 'c' "
        "AND strpos(pg_get_constraintdef(oid), :key) > 0"
    )
    names = session.scalars(query, {"table": table.name, "key": f"{key_id:08x}"})
    return {name for name in names if name.startswith(_prefix(table, column))}


def _prefix(table: EncryptedTable, column: str) -> str:
    return f"mulian_key_{sm3_hex(f'{table.name}.{column}'.encode())[:12]}_"


def _applies(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _run(session: Session, statement: str) -> None:
    connection = session.connection()
    connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
    connection.exec_driver_sql(statement)
