"""PostgreSQL certifies by itself that no row is older than its scope allows: a validated CHECK per column.

Three transactions, each harmless when it is found done already: add NOT VALID (a short lock), validate (readers
and writers go on), drop the one of the rotation before. SQLite cannot add a CHECK to a table: there the fence
trigger and the verify pass stand alone, and these steps do nothing.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

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


def _constraint(session: Session, table: EncryptedTable, column: str) -> tuple[str, str]:
    scopes, form = queries.of_table(session, table.name), registry.form(table, column)
    limit = fences.limit_expression(form, column, table.department_column, scopes, otherwise=_EVERY_KEY)
    expression = f"{column} IS NULL OR {form.key_id(column, 'postgresql')} >= {limit}"
    return f"{_prefix(table, column)}{sm3_hex(expression.encode())[:12]}", expression


def _present(session: Session, table: EncryptedTable, column: str) -> dict[str, bool]:
    """Return our constraints of a column: name → validated."""
    query = text(
        "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = to_regclass(:table) AND contype = 'c'"
    )
    rows = session.execute(query, {"table": table.name})
    return {row.conname: row.convalidated for row in rows if row.conname.startswith(_prefix(table, column))}


def _prefix(table: EncryptedTable, column: str) -> str:
    return f"mulian_key_{sm3_hex(f'{table.name}.{column}'.encode())[:12]}_"


def _applies(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _run(session: Session, statement: str) -> None:
    connection = session.connection()
    connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
    connection.exec_driver_sql(statement)
