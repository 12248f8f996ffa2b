"""The key column of an encrypted table as a rotation walks along it: in one order, whatever the database's locale.

Texts are walked in the order of their bytes. Under a locale that takes two texts for equal a cursor would skip rows,
and the digest of a certificate would depend on the server.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, collate
from sqlalchemy.orm import Session

from crypto.envelope.row_keys import KeyKind, RowKey
from crypto.scopes import registry
from crypto.scopes.registry import EncryptedTable
from kernel.db import Base

_BYTE_ORDER = {"postgresql": "C", "sqlite": "BINARY"}
_ARRAYS = {KeyKind.BIGINT: "bigint[]", KeyKind.UUID: "uuid[]", KeyKind.TEXT: "text[]"}


class KeyColumn:
    """The key column of one table."""

    def __init__(self, declared: EncryptedTable) -> None:
        self.kind = registry.key_kind(declared)
        self.name = declared.key_column
        self.column = Base.metadata.tables[declared.name].c[declared.key_column]

    @property
    def array(self) -> str:
        """Return PostgreSQL's type of a list of keys."""
        return _ARRAYS[self.kind]

    @property
    def exact(self) -> str:
        """Return what PostgreSQL needs behind the column to compare it byte by byte."""
        return ' COLLATE "C"' if self.kind is KeyKind.TEXT else ""

    def postgresql(self, session: Session) -> bool:
        """Tell whether the table lies in PostgreSQL."""
        return session.get_bind().dialect.name == "postgresql"

    def page(self, session: Session, query: Select[Any], after: RowKey | None, limit: int) -> Select[Any]:
        """Narrow a query to the first ``limit`` rows behind ``after``, in order."""
        key = self.ordered(session)
        return (query if after is None else query.where(key > after)).order_by(key).limit(limit)

    def ordered(self, session: Session) -> ColumnElement[Any]:
        """Return the column as it is ordered and compared."""
        if self.kind is not KeyKind.TEXT:
            return self.column
        return collate(self.column, _BYTE_ORDER[session.get_bind().dialect.name])
