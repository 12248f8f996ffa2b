"""Declared tables as tables of the database: ``collected_<code>`` and its live view ``collected_<code>_live``."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    delete,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import base as postgresql
from sqlalchemy.dialects.sqlite import base as sqlite
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from crypto.scopes import registry
from crypto.scopes.registry import EncryptedColumn, EncryptedTable
from crypto.scopes.types import EncryptedBytes
from gateway.collection import contract
from gateway.collection.models import CollectionTable
from gateway.collection.names import LIVE, name_of
from kernel.db import Base, Instant
from kernel.runtime import Runtime

_TYPES: dict[str, type[TypeEngine[Any]] | TypeEngine[Any]] = {
    "text": Text, "integer": BigInteger, "decimal": Text, "boolean": Boolean, "date": Date, "instant": Instant(),
}
_SLICE = 5_000


def table_of(row: CollectionTable) -> Table:
    """Return the table of a declaration, made known to this process (and to the scopes where it is encrypted)."""
    known = Base.metadata.tables.get(name_of(row.code))
    return known if known is not None else _declare(row)


def create(session: Session, row: CollectionTable) -> Table:
    """Create table and live view in the caller's transaction."""
    made = table_of(row)
    connection = session.connection()
    made.create(connection)
    shown = ", ".join(["id", "dept_id", *(one["name"] for one in row.columns), "updated_at"])
    connection.execute(text(
        f"CREATE VIEW {made.name}{LIVE} AS SELECT {shown} FROM {made.name}"
        f" WHERE load = (SELECT live_load FROM collection_table WHERE code = '{row.code}')"
    ))
    return made


def is_plain(name: str) -> bool:
    """Whether a name needs quotes in neither database: statements and fences write names as they are."""
    return name not in postgresql.RESERVED_WORDS and name not in sqlite.SQLiteIdentifierPreparer.reserved_words


def prune(session: Session, table: Table, keep: Sequence[int]) -> int:
    """Delete a slice of rows of loads that are not kept; return how many, 0 when none is left."""
    gone = select(table.c.id).where(table.c.load.not_in(keep)).limit(_SLICE)
    return len(session.execute(delete(table).where(table.c.id.in_(gone)).returning(table.c.id)).all())


def follow(runtime: Runtime) -> None:
    """Let the scopes find encrypted tables that were declared by any process of the installation."""
    registry.find_more("collection", partial(_load, runtime))


def _load(runtime: Runtime) -> None:
    with runtime.database.read() as session:
        if inspect(session.connection()).has_table(CollectionTable.__tablename__):
            for row in session.scalars(select(CollectionTable)):
                table_of(row)


def _declare(row: CollectionTable) -> Table:
    columns = contract.columns_of(row.columns)
    made = Table(
        name_of(row.code), Base.metadata,
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        Column("dept_id", Uuid(), nullable=False),
        Column("load", BigInteger, nullable=False),
        Column("row_key", LargeBinary, nullable=False),
        *[Column(one.name, EncryptedBytes() if one.encrypted else _TYPES[one.type]) for one in columns],
        Column("updated_at", Instant(), nullable=False),
        Index(f"uq_{name_of(row.code)}_key", "load", "row_key", unique=True),
        Index(f"ix_{name_of(row.code)}_load", "load", "id"),
    )
    secret = tuple(
        EncryptedColumn(one.name, zh=one.title or one.name, mask=one.mask) for one in columns if one.encrypted
    )
    if secret:
        registry.declare(EncryptedTable(name=made.name, columns=secret))
    return made


def forget(code: str) -> None:
    """Forget a table in this process: for those who work with more than one installation."""
    known = Base.metadata.tables.get(name_of(code))
    if known is not None:
        Base.metadata.remove(known)
        registry.forget(known.name)



def unfollow() -> None:
    """Undo :func:`follow`."""
    registry.find_more("collection", lambda: None)
