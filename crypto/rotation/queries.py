"""Every SELECT about rotations, and the statements on the encrypted rows themselves."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, literal_column, select, text, type_coerce
from sqlalchemy.orm import Session

from crypto.envelope.row_keys import RowKey
from crypto.errors import ROTATION_UNKNOWN
from crypto.rotation import transfer
from crypto.rotation.models import CryptoRotation
from crypto.rotation.transfer import Page
from crypto.rotation.walking import KeyColumn
from crypto.scopes import registry
from crypto.scopes.registry import EncryptedTable
from crypto.scopes.rules import ENC, Scope
from kernel.db import Base


def get(session: Session, rotation_id: uuid.UUID) -> CryptoRotation:
    """Return a rotation as the database has it now; raise ``crypto.rotation.unknown``."""
    row = session.get(CryptoRotation, rotation_id, populate_existing=True)
    if row is None:
        raise ROTATION_UNKNOWN()
    return row


def open_of(session: Session, scope_id: uuid.UUID, purpose: str = ENC) -> CryptoRotation | None:
    """Return the unfinished rotation of a scope's key."""
    return session.execute(select(CryptoRotation).where(
        CryptoRotation.scope_id == scope_id, CryptoRotation.purpose == purpose, CryptoRotation.finished_at.is_(None),
    )).scalar_one_or_none()


def waiting(session: Session, scope_id: uuid.UUID) -> Sequence[CryptoRotation]:
    """Return a scope's rotations, of either key, that wait for a window."""
    return session.scalars(select(CryptoRotation).where(
        CryptoRotation.scope_id == scope_id, CryptoRotation.finished_at.is_(None),
        CryptoRotation.waits_until.is_not(None),
    )).all()


def listing(department_id: uuid.UUID | None) -> Select[CryptoRotation]:
    """Return rotations, newest first; ``department_id`` None means every department."""
    query = select(CryptoRotation).order_by(CryptoRotation.created_at.desc(), CryptoRotation.id)
    return query if department_id is None else query.where(CryptoRotation.department_id == department_id)


class ScopeRows:
    """The rows of one scope: their keys and envelopes, always within the scope's department."""

    def __init__(self, declared: EncryptedTable, scope: Scope) -> None:
        self._name = declared.name
        self._key = KeyColumn(declared)
        self.kind = self._key.kind
        self._column_name = declared.column(scope.column).name
        table: Table = Base.metadata.tables[declared.name]
        self._department_id = scope.department_id
        self._department = table.c[declared.department_column]
        self._form = registry.form(declared, scope.column)
        self._envelope = type_coerce(table.c[scope.column], self._form.type)

    def others(self, session: Session, key_id: int, after: RowKey | None, limit: int) -> Page:
        """Return up to ``limit`` (key, envelope) under any key but ``key_id``, by key, after ``after``."""
        others = self._scoped().where(self._key_id(session) != self._form.limit(key_id))
        return self._page(session, others, after, limit)

    def count_others(self, session: Session, key_id: int) -> int:
        """Return how many rows are under any key but ``key_id``."""
        return self._count(session, self._key_id(session) != self._form.limit(key_id))

    def count_under(self, session: Session, key_id: int) -> int:
        """Return how many rows are under a key."""
        return self._count(session, self._key_id(session) == self._form.limit(key_id))

    def count(self, session: Session) -> int:
        """Return how many rows have an envelope."""
        return session.scalar(select(func.count()).select_from(self._scoped().subquery())) or 0

    def page(self, session: Session, after: RowKey | None, limit: int) -> Page:
        """Return up to ``limit`` (key, envelope) of any key, by key, after ``after``."""
        return self._page(session, self._scoped(), after, limit)

    def pages(self, session: Session, limit: int) -> Iterator[Page]:
        """Return all rows, of any key, by key, ``limit`` at a time."""
        after = None
        while page := self.page(session, after, limit):
            yield page
            after = page.keys[-1]

    def at(self, session: Session, position: int, limit: int) -> Page:
        """Return up to ``limit`` (key, envelope) of any key, by key, without the first ``position``."""
        query = self._scoped().order_by(self._key.ordered(session)).offset(position).limit(limit)
        return transfer.read(session, self._key, self._form, query)

    def swap(self, session: Session, rows: Page, fresh: Sequence[bytes]) -> int:
        """Replace the envelopes of rows whose nonce is still the one that was read; return how many were.

        ``rows`` in the order of their keys, at least one; ``fresh``: their new envelopes. The nonce is the row's
        compare-and-swap token: a row written by somebody else since it was read is left alone.
        """
        names = (self._key, self._form, self._name, self._column_name)
        if self._key.postgresql(session):
            statement, values = transfer.swap_postgresql(*names, self._department.name, rows, fresh)
            found = session.connection().execute(text(statement), values | {"department": self._department_id})
            return found.rowcount
        statement, values = transfer.swap_sqlite(
            *names, (self._department.name, self._department_id), rows, fresh)
        return session.connection().exec_driver_sql(statement, values).rowcount

    def _scoped(self) -> Select[Any]:
        return select(self._key.column, self._envelope.label("envelope")).where(
            self._department == self._department_id, self._envelope.is_not(None)
        )

    def _key_id(self, session: Session) -> ColumnElement[Any]:
        found = self._form.key_id(f"{self._name}.{self._column_name}", session.get_bind().dialect.name)
        return literal_column(found, self._form.type)

    def _count(self, session: Session, condition: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).select_from(self._scoped().where(condition).subquery())) or 0

    def _page(self, session: Session, query: Select[Any], after: RowKey | None, limit: int) -> Page:
        return transfer.read(session, self._key, self._form, self._key.page(session, query, after, limit))
