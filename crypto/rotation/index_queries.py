"""The statements of an index rotation on the rows of one scope."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Select,
    Table,
    bindparam,
    func,
    literal_column,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from crypto.envelope.row_keys import RowKey
from crypto.errors import ROTATION_NO_SECOND
from crypto.rotation.walking import KeyColumn
from crypto.scopes import registry
from crypto.scopes.registry import EncryptedTable
from crypto.scopes.rules import Scope
from kernel.db import Base

IndexRow = tuple[RowKey, bytes, bytes | None, bytes | None]


class IndexRows:
    """The rows of one scope: key, envelope, index under the key in use, index under the coming key."""

    def __init__(self, declared: EncryptedTable, scope: Scope) -> None:
        column = declared.column(scope.column)
        if column.blind_index is None or column.blind_index_next is None or column.normalise is None:
            raise ROTATION_NO_SECOND(scope=str(scope))
        self.normalise = column.normalise
        self._table: Table = Base.metadata.tables[declared.name]
        self._walk = KeyColumn(declared)
        self._key = self._walk.column
        self._current, self._next = self._table.c[column.blind_index], self._table.c[column.blind_index_next]
        self._form, self._place = registry.form(declared, scope.column), f"{declared.name}.{scope.column}"
        self._envelope = type_coerce(self._table.c[scope.column], self._form.type)
        department = self._table.c[declared.department_column]
        self._mine: ColumnElement[bool] = department == scope.department_id
        # a plus keeps SQLite's planner, who knows no sizes, from walking along all rows of the department for a chunk
        plus: ColumnElement[uuid.UUID] = literal_column(f"+{declared.name}.{department.name}", department.type)
        self._mine_unindexed: ColumnElement[bool] = plus == scope.department_id

    def lacking(self, session: Session, after: RowKey | None, limit: int) -> list[IndexRow]:
        """Return rows without the coming index, by key, after ``after``."""
        return self._page(session, self._rows().where(self._next.is_(None)), after, limit)

    def page(self, session: Session, after: RowKey | None, limit: int) -> list[IndexRow]:
        """Return rows of any kind, by key, after ``after``."""
        return self._page(session, self._rows(), after, limit)

    def to_move(self, session: Session, after: RowKey | None, limit: int) -> list[RowKey]:
        """Return the keys of rows whose index still lies in the second column, by key, after ``after``."""
        query = select(self._key).where(self._mine, self._next.is_not(None))
        return list(session.scalars(self._walk.page(session, query, after, limit)))

    def count(self, session: Session) -> int:
        """Return how many rows have a value."""
        return session.scalar(select(func.count()).select_from(self._rows().subquery())) or 0

    def count_lacking(self, session: Session) -> int:
        """Return how many rows have a value and no coming index."""
        query = self._rows().where(self._next.is_(None))
        return session.scalar(select(func.count()).select_from(query.subquery())) or 0

    def count_next(self, session: Session) -> int:
        """Return how many rows have a coming index."""
        query = select(self._key).where(self._mine, self._next.is_not(None))
        return session.scalar(select(func.count()).select_from(query.subquery())) or 0

    def fill(self, session: Session, changes: Sequence[tuple[RowKey, bytes, bytes]]) -> int:
        """Set coming indexes, (key, envelope they were computed from, index); return how many still fitted.

        A row written meanwhile has its coming index from its writer: another nonce, nothing is done.
        """
        dialect, size = session.get_bind().dialect.name, self._form.nonce_width
        here: ColumnElement[Any] = literal_column(self._form.nonce(self._place, dialect))
        read = text(self._form.taken(":nonce", dialect)).bindparams(bindparam("nonce", type_=LargeBinary))
        statement = update(self._table).where(
            self._mine, self._key == bindparam("row_key", type_=self._key.type), self._next.is_(None), here == read,
        ).values({self._next.name: bindparam("new_index", type_=LargeBinary)})
        nonces = self._form.nonces([old for _, old, _ in changes])
        rows = [
            {"row_key": key, "nonce": nonces[at * size:(at + 1) * size], "new_index": index}
            for at, (key, _, index) in enumerate(changes)
        ]
        return session.connection().execute(statement, rows).rowcount

    def move(self, session: Session, keys: Sequence[RowKey]) -> None:
        """Move indexes of rows from the second column into the first; done again it changes nothing."""
        self._empty(session, keys, {self._current.name: self._next})

    def clear(self, session: Session, keys: Sequence[RowKey]) -> None:
        """Take the coming indexes of rows away."""
        self._empty(session, keys, {})

    def _empty(self, session: Session, keys: Sequence[RowKey], before: dict[str, Any]) -> None:
        if not keys:
            return
        mine = self._mine if self._walk.postgresql(session) else self._mine_unindexed
        statement = update(self._table).where(mine, self._key.in_(keys), self._next.is_not(None)).values(
            before | {self._next.name: None})
        session.connection().execute(statement)

    def _rows(self) -> Select[Any]:
        return select(self._key, self._envelope.label("envelope"), self._current, self._next).where(
            self._mine, self._envelope.is_not(None))

    def _page(self, session: Session, query: Select[Any], after: RowKey | None, limit: int) -> list[IndexRow]:
        rows = session.execute(self._walk.page(session, query, after, limit)).all()
        envelopes = self._form.envelopes(row[1] for row in rows)
        return [(row[0], sealed, row[2], row[3]) for row, sealed in zip(rows, envelopes, strict=True)]


def now_there(session: Session) -> str:
    """Return the server's time as text."""
    return str(session.scalar(text("SELECT clock_timestamp()::text")))


def older_transactions(session: Session, instant: str) -> int:
    """Return how many other transactions of this database that may write were begun before ``instant``.

    All parts of an installation connect as one role: what is another role's shows no time and writes none of its rows.
    """
    return session.scalar(text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend' AND application_name <> 'pg_dump' "
        "AND xact_start < CAST(:instant AS timestamptz)"
    ), {"instant": instant}) or 0
