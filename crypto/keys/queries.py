"""Every SELECT about keys."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from crypto.errors import KEK_UNKNOWN, KEY_STATE, KEY_UNKNOWN
from crypto.keys.models import CryptoDek, CryptoKek
from crypto.keys.rules import STATE_TITLES, KeyState
from crypto.scopes.models import CryptoScope
from crypto.scopes.rules import BLIND_INDEX, ENC, Scope
from kernel.identity.models import Department


@dataclass(frozen=True)
class KeyRecord:
    """A wrapped data key with everything needed to open it and to decide about its use."""

    key_id: int
    scope_id: uuid.UUID
    scope: Scope
    purpose: str
    version: int
    kek_id: uuid.UUID
    wrapped: bytes
    kcv: bytes
    state: KeyState
    retired_at: datetime | None
    padded: bool


def _records() -> Select[CryptoDek, CryptoScope]:
    return select(CryptoDek, CryptoScope).join(CryptoScope, CryptoScope.id == CryptoDek.scope_id)


def _record(row: Row[CryptoDek, CryptoScope]) -> KeyRecord:
    dek, scope = row
    return KeyRecord(
        key_id=dek.key_id, scope_id=scope.id,
        scope=Scope(scope.department_id, scope.table_name, scope.column_name),
        purpose=dek.purpose, version=dek.version, kek_id=dek.kek_id, wrapped=dek.wrapped, kcv=dek.kcv,
        state=KeyState(dek.state), retired_at=dek.retired_at, padded=scope.padded,
    )


def by_ids(session: Session, key_ids: Collection[int]) -> list[KeyRecord]:
    """Return the keys with these ids, any state."""
    query = _records().where(CryptoDek.key_id.in_(key_ids)).execution_options(populate_existing=True)
    return [_record(row) for row in session.execute(query)]


def active(session: Session, scope: Scope, purpose: str) -> KeyRecord | None:
    """Return the active key of a scope and purpose, None where there is none."""
    query = _records().where(
        CryptoScope.department_id == scope.department_id, CryptoScope.table_name == scope.table,
        CryptoScope.column_name == scope.column, CryptoDek.purpose == purpose, CryptoDek.state == KeyState.ACTIVE,
    )
    row = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    return None if row is None else _record(row)


def of_purpose(session: Session, scope: Scope, purpose: str) -> list[KeyRecord]:
    """Return the keys of a scope and purpose that still open something, the newest first."""
    query = _records().where(
        CryptoScope.department_id == scope.department_id, CryptoScope.table_name == scope.table,
        CryptoScope.column_name == scope.column, CryptoDek.purpose == purpose,
        CryptoDek.state.not_in((KeyState.PRE_ACTIVE, KeyState.RETIRED, KeyState.DESTROYED)),
    ).order_by(CryptoDek.version.desc())
    return [_record(row) for row in session.execute(query.execution_options(populate_existing=True))]


def in_use(session: Session, scope_id: uuid.UUID, key_id: int) -> str:
    """Return the purpose of the scope's key in use, also while it is held to be compromised.

    Raises ``crypto.key.state`` where the key is another one.
    """
    row = session.get(CryptoDek, key_id, populate_existing=True)
    if row is None or row.scope_id != scope_id:
        raise KEY_UNKNOWN(key_id=key_id)
    if row.state != KeyState.ACTIVE and (row.state != KeyState.COMPROMISED or row.replaced_at is not None):
        raise KEY_STATE(key_id=key_id, state=STATE_TITLES[KeyState(row.state)][0])
    return row.purpose


def indexing(session: Session, scope: Scope) -> list[KeyRecord]:
    """Return the index keys of a scope under which an index may lie in a row, the newest first."""
    query = _records().where(
        CryptoScope.department_id == scope.department_id, CryptoScope.table_name == scope.table,
        CryptoScope.column_name == scope.column, CryptoDek.purpose == BLIND_INDEX,
        CryptoDek.state.not_in((KeyState.RETIRED, KeyState.DESTROYED)),
    ).order_by(CryptoDek.version.desc())
    return [_record(row) for row in session.execute(query.execution_options(populate_existing=True))]


def last_used(session: Session, scope_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return for each scope the greatest id of a field key under which something was ever written."""
    query = select(CryptoDek.scope_id, func.max(CryptoDek.key_id)).where(
        CryptoDek.scope_id.in_(scope_ids), CryptoDek.purpose == ENC, CryptoDek.activated_at.is_not(None),
    ).group_by(CryptoDek.scope_id)
    return dict(session.execute(query).tuples().all())


def compromised(session: Session, scope: Scope, purpose: str) -> int | None:
    """Return the id of the newest compromised key of a scope that is not rotated away."""
    query = select(func.max(CryptoDek.key_id)).join(CryptoScope, CryptoScope.id == CryptoDek.scope_id).where(
        CryptoScope.department_id == scope.department_id, CryptoScope.table_name == scope.table,
        CryptoScope.column_name == scope.column, CryptoDek.purpose == purpose,
        CryptoDek.state == KeyState.COMPROMISED,
    )
    return session.scalar(query)


def compromised_ever(department_id: uuid.UUID | None) -> Select[CryptoDek, CryptoScope]:
    """Return every key that was ever held to be compromised, whatever became of it, the newest first."""
    query = _records().where(CryptoDek.compromised_at.is_not(None)).order_by(CryptoDek.compromised_at.desc())
    return query if department_id is None else query.where(CryptoScope.department_id == department_id)


def active_kek(session: Session, department_id: uuid.UUID) -> CryptoKek | None:
    """Return the active KEK of a department."""
    return session.execute(
        select(CryptoKek).where(CryptoKek.department_id == department_id, CryptoKek.state == KeyState.ACTIVE)
    ).scalar_one_or_none()


def surviving(session: Session, department_id: uuid.UUID) -> list[tuple[CryptoDek, CryptoScope]]:
    """Return the data keys of a department that still open something, with their scopes, by id."""
    query = _records().where(
        CryptoScope.department_id == department_id, CryptoDek.state.not_in((KeyState.RETIRED, KeyState.DESTROYED)),
    ).order_by(CryptoDek.key_id)
    return [(row[0], row[1]) for row in session.execute(query.execution_options(populate_existing=True))]


def under_kek(session: Session, kek_id: uuid.UUID) -> list[tuple[CryptoDek, CryptoScope]]:
    """Return the data keys that are wrapped under a KEK, with their scopes, by id."""
    query = _records().where(CryptoDek.kek_id == kek_id).order_by(CryptoDek.key_id)
    return [(row[0], row[1]) for row in session.execute(query.execution_options(populate_existing=True))]


def kek(session: Session, kek_id: uuid.UUID) -> CryptoKek:
    """Return a KEK as the database has it now; raise ``crypto.kek.unknown``."""
    row = session.get(CryptoKek, kek_id, populate_existing=True)
    if row is None:
        raise KEK_UNKNOWN()
    return row


def owner(session: Session, kek: CryptoKek) -> str:
    """Return the name of the department that a KEK belongs to."""
    return session.scalars(select(Department.name).where(Department.id == kek.department_id)).one()


def older_kek(session: Session, kek: CryptoKek) -> CryptoKek | None:
    """Return the oldest KEK of the department that is older than this one and not destroyed."""
    query = select(CryptoKek).where(
        CryptoKek.department_id == kek.department_id, CryptoKek.version < kek.version,
        CryptoKek.state != KeyState.DESTROYED,
    )
    return session.scalars(query.order_by(CryptoKek.version).limit(1)).first()


def keks(department_id: uuid.UUID | None, state: str | None = None) -> Select[CryptoKek]:
    """Return KEKs, newest first; ``department_id`` None means every department."""
    query = select(CryptoKek).order_by(CryptoKek.created_at.desc(), CryptoKek.id)
    if department_id is not None:
        query = query.where(CryptoKek.department_id == department_id)
    return query.where(CryptoKek.state == state) if state else query


def next_key_id(session: Session) -> int:
    """Return the next global key id; write units are serialised, so two of them never commit the same."""
    return (session.scalar(select(func.max(CryptoDek.key_id))) or 0) + 1


def next_version(session: Session, scope_id: uuid.UUID, purpose: str) -> int:
    """Return the next version of a scope's key."""
    query = select(func.max(CryptoDek.version)).where(CryptoDek.scope_id == scope_id, CryptoDek.purpose == purpose)
    return (session.scalar(query) or 0) + 1


def next_kek_version(session: Session, department_id: uuid.UUID) -> int:
    """Return the next version of a department's KEK."""
    newest = select(func.max(CryptoKek.version)).where(CryptoKek.department_id == department_id)
    return (session.scalar(newest) or 0) + 1


def listing(department_id: uuid.UUID | None, state: str | None) -> Select[CryptoDek, CryptoScope]:
    """Return keys with their scopes, newest first; ``department_id`` None means every department."""
    query = _records().order_by(CryptoDek.key_id.desc())
    if department_id is not None:
        query = query.where(CryptoScope.department_id == department_id)
    return query.where(CryptoDek.state == state) if state else query
