"""What holds the root key and the KEK objects."""

import uuid
from typing import Protocol


class RootProvider(Protocol):
    """A root key that never leaves the provider, and one object per KEK version wrapped under it."""

    label: str
    certified: bool

    def exists(self) -> bool:
        """Tell whether a root key has been made."""

    def create(self, passphrase: str) -> None:
        """Make the root key and unseal; raise ``crypto.root.exists``."""

    def unseal(self, passphrase: str) -> None:
        """Open the root key for this process; raise ``crypto.root.passphrase`` or ``crypto.root.missing``."""

    def seal(self) -> None:
        """Forget the root key in this process."""

    def is_open(self) -> bool:
        """Tell whether KEKs can be read now."""

    def put_kek(self, kek_id: uuid.UUID, material: bytes) -> None:
        """Store a KEK object durably; raise ``crypto.sealed``."""

    def get_kek(self, kek_id: uuid.UUID) -> bytes:
        """Return KEK material; raise ``crypto.sealed`` or ``crypto.provider.damaged``."""

    def has_kek(self, kek_id: uuid.UUID) -> bool:
        """Tell whether the provider holds the object, without opening it."""

    def delete_kek(self, kek_id: uuid.UUID) -> None:
        """Destroy a KEK object durably; an object that is not there is no error."""
