"""Encrypted columns as an input: rows, rows that are envelopes, and whether the key is overdue. Counts only."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, func, literal, select
from sqlalchemy.orm import Session

from analytics.inputs.frozen import Source, table
from crypto.keys.models import CryptoDek
from crypto.keys.rules import KeyState, overdue
from crypto.scopes import queries, registry
from crypto.scopes.models import CryptoScope
from kernel.db import Base

_MARK = b"\x4d"  # the first byte of every envelope, whatever its version


def scopes(session: Session, only: uuid.UUID | None, as_of: datetime) -> Source:
    """Return one row a declared scope (department, table, column)."""
    found = [_row(session, scope, as_of) for scope in session.scalars(queries.listing(only))]
    predicate = "已登记的加密字段" + ("" if only is None else "，限本部门")
    return Source("crypto_scopes", table("crypto_scopes", found), predicate, {})


def _row(session: Session, scope: CryptoScope, as_of: datetime) -> dict[str, Any]:
    rows, encrypted = _counts(session, scope)
    keys = session.scalars(
        select(CryptoDek).where(CryptoDek.scope_id == scope.id, CryptoDek.state == KeyState.ACTIVE)
        .order_by(CryptoDek.key_id)
    ).all()
    late = [key for key in keys if overdue(key.activated_at or key.created_at, scope.rotate_every_days, as_of)]
    return {
        "department_id": str(scope.department_id), "table_name": scope.table_name, "column_name": scope.column_name,
        "rows": rows, "encrypted": encrypted, "key_id": max((key.key_id for key in keys), default=None),
        "overdue": bool(late),
    }


def _counts(session: Session, scope: CryptoScope) -> tuple[int, int]:
    """Rows with a value, and those whose value begins like an envelope. Empty cells need no cipher."""
    declared = registry.find(scope.table_name)
    model = Base.metadata.tables.get(scope.table_name)
    if declared is None or model is None:
        return 0, 0
    column = model.c[scope.column_name]
    # read as plain bytes: the column's own type would refuse to compare with one byte
    mark = func.substr(column, 1, 1, type_=LargeBinary()) == literal(_MARK, LargeBinary())
    own = model.c[declared.department_column] == scope.department_id
    total = session.scalar(select(func.count(column)).where(own)) or 0
    return total, session.scalar(select(func.count()).select_from(model).where(own, mark)) or 0
