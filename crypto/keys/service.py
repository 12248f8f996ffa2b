"""Use cases on keys: create, activate, replace, retire, reserve uses; the Keyring opens and closes fields."""

import secrets
import uuid

from sqlalchemy import func, literal, update
from sqlalchemy.orm import Session

from crypto.errors import KEY_UNKNOWN
from crypto.keys import hierarchy, queries, rules
from crypto.keys.keyring import Keyring
from crypto.keys.models import CryptoDek
from crypto.keys.rules import KeyState
from crypto.keys.usage import reserve
from crypto.keys.vault import vault_of
from crypto.scopes.models import CryptoScope
from crypto.scopes.queries import name_of
from kernel import clock
from kernel.audit.service import record
from kernel.db import Instant
from kernel.identity.actor import Actor
from kernel.runtime import runtime_of

_REPLACED = (KeyState.DECRYPT_ONLY, KeyState.COMPROMISED)
__all__ = ["Keyring", "compromise", "create_key", "drop", "get", "recall", "replace", "reserve", "retire"]


def create_key(
    session: Session, actor: Actor, scope: CryptoScope, purpose: str, *, state: KeyState = KeyState.ACTIVE,
) -> CryptoDek:
    """Make a data key for a scope and write it wrapped; raise ``crypto.sealed`` while the root is sealed."""
    kek = hierarchy.current(session, actor, scope.department_id)
    vault = vault_of(runtime_of(session))
    key = secrets.token_bytes(16)
    name = name_of(scope)
    version = queries.next_version(session, scope.id, purpose)
    key_id = queries.next_key_id(session)
    now = clock.now()
    audit_id = record(
        session, actor, action="crypto.key.create", object_type="crypto_key", object_id=str(key_id),
        detail={"scope": str(name), "purpose": purpose, "version": version, "kek": kek.id},
        department_id=scope.department_id,
    )
    row = CryptoDek(
        key_id=key_id, scope_id=scope.id, purpose=purpose, version=version, kek_id=kek.id,
        wrapped=rules.wrap(vault.kek(kek.id), key, name, purpose, version, kek.id.bytes),
        kcv=rules.check_value(key), state=state, reserved=0, created_at=now,
        activated_at=now if state is KeyState.ACTIVE else None, audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    return row


def replace(session: Session, actor: Actor, *, old_key_id: int, new_key_id: int, department_id: uuid.UUID) -> None:
    """Make the old key decrypt-only and the new one active, in one transaction; doing it twice changes nothing.

    A key that was replaced before may come back: its age counts from when it was first in use.
    """
    now = clock.now()
    changed = _move(session, old_key_id, KeyState.ACTIVE, state=KeyState.DECRYPT_ONLY, replaced_at=now)
    changed |= _move(session, old_key_id, KeyState.COMPROMISED, replaced_at=now)
    _move(
        session, new_key_id, KeyState.PRE_ACTIVE, KeyState.DECRYPT_ONLY, state=KeyState.ACTIVE, replaced_at=None,
        activated_at=func.coalesce(CryptoDek.activated_at, literal(now, Instant())),
    )
    if changed:
        record(
            session, actor, action="crypto.key.replace", object_type="crypto_key", object_id=str(old_key_id),
            detail={"new_key": new_key_id}, department_id=department_id,
        )


def drop(session: Session, actor: Actor, *, key_id: int, department_id: uuid.UUID) -> None:
    """Let a key that was to come never come: nothing is written with it from this commit on, retiring it is left."""
    if _move(session, key_id, KeyState.PRE_ACTIVE, state=KeyState.DECRYPT_ONLY, replaced_at=clock.now()):
        record(
            session, actor, action="crypto.key.drop", object_type="crypto_key", object_id=str(key_id),
            detail={}, department_id=department_id,
        )


def recall(session: Session, actor: Actor, *, key_id: int, department_id: uuid.UUID) -> None:
    """Let a key that was replaced be the coming one again; :func:`replace` brings it in."""
    if _move(session, key_id, KeyState.DECRYPT_ONLY, state=KeyState.PRE_ACTIVE):
        record(
            session, actor, action="crypto.key.recall", object_type="crypto_key", object_id=str(key_id),
            detail={}, department_id=department_id,
        )


def retire(session: Session, actor: Actor, *, key_id: int, department_id: uuid.UUID) -> None:
    """Retire a key that no row uses any more (the caller has proven that).

    The department's surviving keys move to a new KEK at once: what is backed up from now on opens without the old one.
    """
    if _move(session, key_id, *_REPLACED, state=KeyState.RETIRED, retired_at=clock.now()):
        record(
            session, actor, action="crypto.key.retire", object_type="crypto_key", object_id=str(key_id),
            detail={}, department_id=department_id,
        )
        hierarchy.rewrap(session, actor, department_id, reason=f"key {key_id} retired")


def compromise(session: Session, actor: Actor, *, key_id: int, department_id: uuid.UUID, reason: str) -> None:
    """Refuse a key for writing from this commit on; it opens what it closed until it is rotated away."""
    now = clock.now()
    if _move(
        session, key_id, KeyState.ACTIVE, KeyState.DECRYPT_ONLY, state=KeyState.COMPROMISED, compromised_at=now,
    ):
        record(
            session, actor, action="crypto.key.compromise", object_type="crypto_key", object_id=str(key_id),
            detail={"reason": reason}, department_id=department_id,
        )


def get(session: Session, key_id: int) -> queries.KeyRecord:
    """Return a key by id; raise ``crypto.key.unknown``."""
    found = queries.by_ids(session, [key_id])
    if not found:
        raise KEY_UNKNOWN(key_id=key_id)
    return found[0]


def _move(session: Session, key_id: int, *before: KeyState, **values: object) -> bool:
    found = session.execute(
        update(CryptoDek).where(CryptoDek.key_id == key_id, CryptoDek.state.in_(before)).values(**values)
        .returning(CryptoDek.key_id).execution_options(synchronize_session=False)
    ).first()
    return found is not None
