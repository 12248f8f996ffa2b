"""The port that a crypto package fills (``mulian/wiring.py``)."""

from typing import Protocol


class SecretBox(Protocol):
    """Sealing and authentication with service keys. ``purpose`` separates keys and is bound to the result."""

    def seal(self, purpose: str, plaintext: bytes) -> bytes:
        """Return an authenticated ciphertext with a version mark."""

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Return the plaintext; raise when the bytes were not sealed for ``purpose``."""

    def mac(self, purpose: str, data: bytes) -> bytes:
        """Return the 32-byte HMAC-SM3 of ``data`` under the key of ``purpose``."""
