"""Pure rules of keys: states, check values, wrapping, limits of use."""

import enum
import os
from datetime import datetime, timedelta

from crypto.errors import KEY_MATERIAL
from crypto.scopes.rules import FORMAT, TOKEN, Scope
from crypto.sm import sm4

USES_PER_BLOCK = 2**20
WARN_USES = 2**31
MAX_USES = 2**32  # random 96-bit nonces: NIST SP 800-38D section 8.3
# A reader whose snapshot is older than a retirement still opens what it has read; after that it reads again.
RETIRED_GRACE = timedelta(minutes=5)


class KeyState(enum.StrEnum):
    """Life of a data key or a KEK."""

    PRE_ACTIVE = "pre_active"
    ACTIVE = "active"
    DECRYPT_ONLY = "decrypt_only"
    RETIRED = "retired"
    DESTROYED = "destroyed"
    COMPROMISED = "compromised"


STATE_TITLES: dict[KeyState, tuple[str, str]] = {
    KeyState.PRE_ACTIVE: ("未启用", "pre-active"),
    KeyState.ACTIVE: ("使用中", "active"),
    KeyState.DECRYPT_ONLY: ("仅解密", "decrypt only"),
    KeyState.RETIRED: ("已退役", "retired"),
    KeyState.DESTROYED: ("已销毁", "destroyed"),
    KeyState.COMPROMISED: ("已泄露", "compromised"),
}


def may_decrypt(state: KeyState, retired_at: datetime | None, now: datetime) -> bool:
    """Tell whether a key of this state opens envelopes now."""
    if state in (KeyState.ACTIVE, KeyState.DECRYPT_ONLY, KeyState.PRE_ACTIVE, KeyState.COMPROMISED):
        return True
    return state is KeyState.RETIRED and retired_at is not None and now < retired_at + RETIRED_GRACE


def stops_writing(purpose: str, state: str, replaced_at: datetime | None) -> bool:
    """Tell whether a key is compromised and its exchange not at its end.

    That of an identifier key ends with the next epoch: identifiers issued under it are never written anew.
    """
    return state == KeyState.COMPROMISED and not (purpose in (TOKEN, FORMAT) and replaced_at is not None)


def check_value(key: bytes) -> bytes:
    """Return the KCV: the first 4 bytes of CMAC(key, "kcv")."""
    return sm4.cmac(key, b"kcv")[:4]


def wrap(kek: bytes, key: bytes, scope: Scope, purpose: str, version: int, kek_id: bytes) -> bytes:
    """Return nonce ‖ SM4-GCM of a data key, bound to scope, purpose, version and KEK."""
    nonce = os.urandom(12)
    return nonce + sm4.gcm_encrypt(kek, nonce, key, _binding(scope, purpose, version, kek_id))


def unwrap(
    kek: bytes, wrapped: bytes, scope: Scope, purpose: str, version: int, kek_id: bytes, kcv: bytes, key_id: int,
) -> bytes:
    """Return the data key; raise ``crypto.key.material`` when binding, tag or check value is not right."""
    try:
        key = sm4.gcm_decrypt(kek, wrapped[:12], wrapped[12:], _binding(scope, purpose, version, kek_id))
    except sm4.TagMismatch as error:
        raise KEY_MATERIAL(key_id=key_id) from error
    if check_value(key) != kcv:
        raise KEY_MATERIAL(key_id=key_id)
    return key


def overdue(activated_at: datetime, every_days: int, now: datetime) -> bool:
    """Tell whether an active key is older than its scope's rotation period."""
    return now >= activated_at + timedelta(days=every_days)


def _binding(scope: Scope, purpose: str, version: int, kek_id: bytes) -> bytes:
    return scope.label(purpose) + b"\0" + version.to_bytes(4) + kek_id
