"""Use cases on keys: create, activate, replace, retire, reserve uses; the Keyring opens and closes fields."""

import secrets
import uuid

from sqlalchemy import update
from sqlalchemy.orm import Session

from crypto.keys import queries, rules
from crypto.keys.keyring import Keyring
from crypto.keys.models import CryptoDek, CryptoKek
from crypto.keys.rules import KeyState
from crypto.keys.usage import reserve
from crypto.keys.vault import vault_of
from crypto.scopes.models import CryptoScope
from crypto.scopes.rules import Scope
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor
from kernel.runtime import runtime_of

__all__ = ["Keyring", "create_key", "replace", "reserve", "retire"]


def create_key(
    session: Session, actor: Actor, scope: CryptoScope, purpose: str, *, state: KeyState = KeyState.ACTIVE,
) -> CryptoDek:
    """Make a data key for a scope and write it wrapped; raise ``crypto.sealed`` while the root is sealed."""
    kek = _kek_of(session, actor, scope.department_id)
    vault = vault_of(runtime_of(session))
    key = secrets.token_bytes(16)
    name = Scope(scope.department_id, scope.table_name, scope.column_name)
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
    """Make the old key decrypt-only and the new one active, in one transaction; doing it twice changes nothing."""
    now = clock.now()
    changed = _move(session, old_key_id, KeyState.ACTIVE, state=KeyState.DECRYPT_ONLY, replaced_at=now)
    _move(session, new_key_id, KeyState.PRE_ACTIVE, state=KeyState.ACTIVE, activated_at=now)
    if changed:
        record(
            session, actor, action="crypto.key.replace", object_type="crypto_key", object_id=str(old_key_id),
            detail={"new_key": new_key_id}, department_id=department_id,
        )


def retire(session: Session, actor: Actor, *, key_id: int, department_id: uuid.UUID) -> None:
    """Retire a key that no row uses any more (the caller has proven that)."""
    if _move(session, key_id, KeyState.DECRYPT_ONLY, state=KeyState.RETIRED, retired_at=clock.now()):
        record(
            session, actor, action="crypto.key.retire", object_type="crypto_key", object_id=str(key_id),
            detail={}, department_id=department_id,
        )


def _kek_of(session: Session, actor: Actor, department_id: uuid.UUID) -> CryptoKek:
    found = queries.active_kek(session, department_id)
    if found is not None:
        return found
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
        provider=vault.provider.label, kcv=rules.check_value(material), created_at=clock.now(), audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    return row


def _move(session: Session, key_id: int, before: KeyState, **values: object) -> bool:
    found = session.execute(
        update(CryptoDek).where(CryptoDek.key_id == key_id, CryptoDek.state == before).values(**values)
        .returning(CryptoDek.key_id).execution_options(synchronize_session=False)
    ).first()
    return found is not None
