"""Who calls, and with which secret: applications at the door live on a floor above, which fills this port."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from crypto.lookups.port import Caller, SignedCall
from kernel.identity.actor import Actor


@dataclass(frozen=True)
class Issued:
    """A new secret, to be shown once. Its ASCII bytes are the HMAC key."""

    credential_id: uuid.UUID
    app_key: str
    key_version: int
    secret: str


@dataclass(frozen=True)
class Version:
    """A version of a secret without the secret. ``state``: active or revoked."""

    app_key: str
    key_version: int
    state: str
    created_at: datetime
    revoked_at: datetime | None


class Credentials(Protocol):
    """Signatures are ``mulian-sm3-v1`` in both directions (docs/consumers/signing.md)."""

    def verify(self, session: Session, call: SignedCall) -> Caller:
        """Return the caller of a signed request; raise what it is told (401)."""

    def register(
        self, session: Session, actor: Actor, *, name: str, department_id: uuid.UUID, system_name: str
    ) -> Issued:
        """Register a credential's holder and issue its first secret."""

    def issue(self, session: Session, actor: Actor, *, credential_id: uuid.UUID) -> Issued:
        """Issue the next version; the one before stays valid until it is revoked."""

    def revoke(self, session: Session, actor: Actor, *, credential_id: uuid.UUID, key_version: int) -> None:
        """Revoke a version."""

    def versions(self, session: Session, credential_id: uuid.UUID) -> Sequence[Version]:
        """Return every version, oldest first."""

    def sign(self, session: Session, credential_id: uuid.UUID, *, method: str, target: str,
             body: bytes) -> dict[str, str]:
        """Return the headers of a request of ours to the holder; raise ``gateway.call.key_unknown`` without a key."""


_installed: list[Credentials] = []


def install(credentials: Credentials) -> None:
    """Fill the port."""
    _installed[:] = [credentials]


def credentials() -> Credentials:
    """Return what fills the port."""
    return _installed[0]
