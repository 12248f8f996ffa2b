"""Who calls through the system door: applications are registered on a floor above, which fills this port."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class SignedCall:
    """A request as it was sent: raw path and query, header names in lower case."""

    method: bytes
    path: bytes
    query: bytes
    headers: dict[bytes, bytes]
    body: bytes


@dataclass(frozen=True)
class Caller:
    """A verified application. ``nonce`` was not seen by the verifier: whoever takes the call remembers it."""

    app_id: uuid.UUID
    name: str
    nonce: bytes


@dataclass(frozen=True)
class Listed:
    """An application among those that a grant may name."""

    app_id: uuid.UUID
    name: str
    department_id: uuid.UUID
    system_name: str | None


class Apps(Protocol):
    """Verifies calls, names applications and finds them by what people know of them."""

    def verify(self, session: Session, call: SignedCall) -> Caller:
        """Return the caller; raise what the caller is told."""

    def names(self, session: Session, app_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
        """Return the names of applications by id, of those that exist."""

    def find(self, session: Session, words: str, limit: int) -> list[Listed]:
        """Return applications in use whose name, system, department, AppKey or id has the words, by name."""


_installed: list[Apps] = []


def install(apps: Apps) -> None:
    """Fill the port."""
    _installed[:] = [apps]


def apps() -> Apps:
    """Return what fills the port."""
    return _installed[0]
