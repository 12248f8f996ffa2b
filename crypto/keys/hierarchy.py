"""KEKs of departments: the current one, and the change to a next one that touches no envelope."""

import uuid

from sqlalchemy.orm import Session

from crypto.keys import queries, rules
from crypto.keys.models import CryptoKek
from crypto.keys.rules import KeyState
from crypto.keys.vault import vault_of
from crypto.scopes.queries import name_of
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor
from kernel.runtime import runtime_of


def current(session: Session, actor: Actor, department_id: uuid.UUID) -> CryptoKek:
    """Return the active KEK of a department, made at its first use; raise ``crypto.sealed``."""
    return queries.active_kek(session, department_id) or _make(session, actor, department_id)


def rewrap(session: Session, actor: Actor, department_id: uuid.UUID, *, reason: str) -> CryptoKek:
    """Make the next KEK, wrap every surviving data key under it and retire the one before, in this transaction.

    Retired and destroyed keys stay where they are, so that they end with the old KEK. Raises ``crypto.sealed``.
    """
    vault = vault_of(runtime_of(session))
    old = queries.active_kek(session, department_id)
    if old is not None:
        # first, and flushed: at most one KEK of a department is active
        old.state, old.retired_at = KeyState.RETIRED, clock.now()
        session.flush([old])
    fresh = _make(session, actor, department_id)
    material, moved = vault.kek(fresh.id), list[int]()
    for dek, scope in queries.surviving(session, department_id):
        name = name_of(scope)
        key = rules.unwrap(
            vault.kek(dek.kek_id), dek.wrapped, name, dek.purpose, dek.version, dek.kek_id.bytes, dek.kcv, dek.key_id,
        )
        dek.wrapped = rules.wrap(material, key, name, dek.purpose, dek.version, fresh.id.bytes)
        dek.kek_id = fresh.id
        moved.append(dek.key_id)
    record(
        session, actor, action="crypto.kek.rewrap", object_type="crypto_kek", object_id=str(fresh.id),
        detail={"old": str(old.id) if old else None, "keys": moved, "reason": reason}, department_id=department_id,
    )
    session.flush()
    return fresh


def _make(session: Session, actor: Actor, department_id: uuid.UUID) -> CryptoKek:
    vault = vault_of(runtime_of(session))
    kek_id = ids.new()
    material = vault.new_kek(kek_id)
    version = queries.next_kek_version(session, department_id)
    audit_id = record(
        session, actor, action="crypto.kek.create", object_type="crypto_kek", object_id=str(kek_id),
        detail={"version": version, "provider": vault.provider.label}, department_id=department_id,
    )
    row = CryptoKek(
        id=kek_id, department_id=department_id, version=version, state=KeyState.ACTIVE,
        provider=vault.provider.label, kcv=rules.check_value(material), created_at=clock.now(), retired_at=None,
        destroying_at=None, destroyed_at=None, certificate=None, audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    return row
