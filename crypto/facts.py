"""Figures of encryption for the analyses above: read only, integers and text, no key material."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import LargeBinary, Select, func, select, type_coerce
from sqlalchemy.orm import Session

from crypto.keys import queries as keys
from crypto.keys import rules
from crypto.keys.rules import KeyState
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import RotationState
from crypto.scopes import queries as scopes
from crypto.scopes import registry
from crypto.scopes.rules import ENC
from kernel import clock
from kernel.db import Base


@dataclass(frozen=True)
class CryptoFacts:
    """State of encryption of one department, or of the district.

    ``declared_columns`` counts (department with rows, declared column) pairs, ``scoped_columns`` those that are a
    scope; ``fields`` the encrypted values, ``old_key_fields`` those not under the key in use of their scope.
    """

    declared_columns: int
    scoped_columns: int
    fields: int
    old_key_fields: int
    active_keys: int
    overdue_keys: int
    open_rotations: int
    finished_rotations: int


def crypto_facts(
    session: Session, *, start: datetime, end: datetime, department_id: uuid.UUID | None = None,
) -> CryptoFacts:
    """Return the state at the time of reading; rotations are those finished in [start, end)."""
    fields = old = declared = 0
    scoped = list(session.scalars(scopes.listing(department_id)))
    known = {(scope.department_id, scope.table_name, scope.column_name) for scope in scoped}
    for table in registry.tables():
        present = _departments(session, table.name, table.department_column, department_id)
        pairs = {(found, table.name, column.name) for found in present for column in table.columns}
        declared += len(pairs | {item for item in known if item[1] == table.name})
    for scope in scoped:
        count, older = _fields(session, scope.table_name, scope.column_name, scope.department_id, scope.fence_key_id)
        fields, old = fields + count, old + older
    active, overdue = _keys(session, department_id)
    unfinished, finished = _rotations(session, start, end, department_id)
    return CryptoFacts(declared, len(known), fields, old, active, overdue, unfinished, finished)


def _departments(session: Session, table: str, column: str, department_id: uuid.UUID | None) -> set[uuid.UUID]:
    found = set(session.scalars(select(Base.metadata.tables[table].c[column]).distinct()))
    return found if department_id is None else found & {department_id}


def _fields(session: Session, table: str, column: str, department_id: uuid.UUID, key_id: int) -> tuple[int, int]:
    model, declared = Base.metadata.tables[table], registry.table_of(table)
    value = type_coerce(model.c[column], LargeBinary)
    query = select(func.count()).where(model.c[declared.department_column] == department_id, value.is_not(None))
    older = query.where(func.substr(value, 3, 4, type_=LargeBinary) != key_id.to_bytes(4))
    return session.scalar(query) or 0, session.scalar(older) or 0


def _keys(session: Session, department_id: uuid.UUID | None) -> tuple[int, int]:
    now, active, overdue = clock.now(), 0, 0
    for dek, scope in session.execute(keys.listing(department_id, KeyState.ACTIVE)):
        active += 1
        if dek.purpose == ENC and dek.activated_at and rules.overdue(dek.activated_at, scope.rotate_every_days, now):
            overdue += 1
    return active, overdue


def _rotations(
    session: Session, start: datetime, end: datetime, department_id: uuid.UUID | None,
) -> tuple[int, int]:
    def of(query: Select[int]) -> int:
        if department_id is not None:
            query = query.where(CryptoRotation.department_id == department_id)
        return session.scalar(query) or 0

    count = select(func.count()).select_from(CryptoRotation)
    return of(count.where(CryptoRotation.finished_at.is_(None))), of(
        count.where(
            CryptoRotation.finished_at >= start, CryptoRotation.finished_at < end,
            CryptoRotation.state != RotationState.ABORTED,
        )
    )
