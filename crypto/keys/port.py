"""What holds the root key and the KEK objects."""

import uuid
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class UnsealState:
    """How a provider is opened and how far that is. ``given`` are the numbers of the shares given so far.

    ``next_need`` shares of a new splitting, ``next_given`` so far, put it in force; 0 where none waits for that.
    """

    method: str  # passphrase, shares, pin or environment
    need: int = 1
    given: tuple[int, ...] = ()
    next_need: int = 0
    next_given: tuple[int, ...] = ()


class RootProvider(Protocol):
    """A root key that never leaves the provider, and one object per KEK version wrapped under it."""

    label: str
    certified: bool

    def exists(self) -> bool:
        """Tell whether a root key has been made."""

    def create(self, secret: str) -> None:
        """Make the root key and unseal; raise ``crypto.root.exists``."""

    def unseal(self, secret: str) -> None:
        """Open the root key for this process, or take one of the shares that open it or put a splitting in force.

        Raises ``crypto.root.passphrase``, ``crypto.root.missing`` or the errors of shares (``crypto.share.*``).
        """

    def share(self, threshold: int, count: int) -> list[str]:
        """Prepare to close the root by k of n shares and return them, once.

        What opened the root before goes on opening it until k of the new shares were given to ``unseal``: shares
        that nobody got to read lock nobody out. Raises ``crypto.sealed``, and ``crypto.unseal.policy_invalid``
        where the provider knows no shares.
        """

    def share_of(self, secret: str) -> tuple[str, int] | None:
        """Return splitting and number of a share, None for a secret of another kind; raise ``crypto.share.*``."""

    def state(self) -> UnsealState:
        """Say how the provider is opened and how far that is."""

    def seal(self) -> None:
        """Forget the root key and given shares in this process."""

    def is_open(self) -> bool:
        """Tell whether KEKs can be read now."""

    def put_kek(self, kek_id: uuid.UUID, material: bytes) -> None:
        """Store a KEK object durably; raise ``crypto.sealed``."""

    def get_kek(self, kek_id: uuid.UUID) -> bytes:
        """Return KEK material; raise ``crypto.sealed``, ``crypto.provider.damaged`` or ``crypto.module.failed``."""

    def has_kek(self, kek_id: uuid.UUID) -> bool:
        """Tell whether the provider holds the object, without opening it."""

    def delete_kek(self, kek_id: uuid.UUID) -> None:
        """Destroy a KEK object durably; an object that is not there is no error."""
