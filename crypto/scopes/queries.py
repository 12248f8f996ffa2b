"""Every SELECT about scopes."""

import uuid

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crypto.errors import SCOPE_UNKNOWN
from crypto.scopes.models import CryptoScope
from crypto.scopes.rules import Scope


def get(session: Session, scope_id: uuid.UUID) -> CryptoScope:
    """Return a scope by id; raise ``crypto.scope.unknown``."""
    row = session.get(CryptoScope, scope_id)
    if row is None:
        raise SCOPE_UNKNOWN(scope=str(scope_id))
    return row


def named(session: Session, scope: Scope) -> CryptoScope | None:
    """Return the row of a scope name, None where the column is not declared for the department."""
    return session.execute(
        select(CryptoScope).where(
            CryptoScope.department_id == scope.department_id, CryptoScope.table_name == scope.table,
            CryptoScope.column_name == scope.column,
        )
    ).scalar_one_or_none()


def of_table(session: Session, table: str, *, hold: bool = False) -> list[CryptoScope]:
    """Return the scopes of a table in a stable order: what fences are derived from.

    ``hold``: nobody changes them until commit; one changed since the transaction began makes it start again.
    """
    query = select(CryptoScope).where(CryptoScope.table_name == table)
    query = query.order_by(CryptoScope.column_name, CryptoScope.department_id)
    return list(session.scalars(query.with_for_update(read=True) if hold else query))


def listing(department_id: uuid.UUID | None) -> Select[CryptoScope]:
    """Return scopes; ``department_id`` None means every department."""
    query = select(CryptoScope).order_by(CryptoScope.table_name, CryptoScope.column_name, CryptoScope.id)
    return query if department_id is None else query.where(CryptoScope.department_id == department_id)


def name_of(row: CryptoScope) -> Scope:
    """Return the name of a scope row."""
    return Scope(row.department_id, row.table_name, row.column_name)
