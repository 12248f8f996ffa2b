"""Batches of frames between brokers, over TCP or a unix socket: each carries a MAC under a key of the connection.

The side that was called sends 32 random bytes, the caller answers with 32 of its own. From both and the
installation's MAC key comes the key of the connection; then, in each direction: u32 length, payload, HMAC-SM3 over
direction, sequence number and payload. Frames hold digests and counts, nothing to hide; they must not be forged.
"""

import asyncio
import hmac
import os
import struct
from collections.abc import Callable
from typing import Any

from kernel.digest import hmac_sm3

RANDOM = 32
_MAC = 32
_LENGTH = struct.Struct("<I")
_SEQUENCE = struct.Struct("<BQ")
_MOST = 4 * 1024 * 1024
# key of a connection from both sides' random bytes
KeyOf = Callable[[bytes], bytes]


class Sealed(asyncio.Protocol):
    """Carries ``inner``, an asyncio.Protocol that writes frames. ``calling``: this side opened the connection."""

    def __init__(self, inner: asyncio.Protocol, key_of: KeyOf, *, calling: bool) -> None:
        self._inner, self._key_of, self._calling = inner, key_of, calling
        self._random = os.urandom(RANDOM)
        self._transport: Any = None
        self._key = b""
        self._buffer = b""
        self._sent = self._taken = 0
        self._opened = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The side that was called speaks first."""
        self._transport = transport
        if not self._calling:
            self._transport.write(self._random)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the inner protocol, if it ever began."""
        if self._opened:
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take the other's random bytes, then whole batches; anything forged ends the connection."""
        self._buffer += data
        if not self._opened and not self._open():
            return
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            end = _LENGTH.size + length + _MAC
            if length > _MOST:
                self._transport.abort()
                return
            if len(self._buffer) < end:
                return
            payload, mac = self._buffer[_LENGTH.size:end - _MAC], self._buffer[end - _MAC:end]
            self._buffer = self._buffer[end:]
            if not hmac.compare_digest(mac, self._mac(not self._calling, self._taken, payload)):
                self._transport.abort()
                return
            self._taken += 1
            self._inner.data_received(payload)

    def _open(self) -> bool:
        if len(self._buffer) < RANDOM:
            return False
        theirs, self._buffer = self._buffer[:RANDOM], self._buffer[RANDOM:]
        if self._calling:
            self._transport.write(self._random)
        self._key = self._key_of(theirs + self._random if self._calling else self._random + theirs)
        self._opened = True
        self._inner.connection_made(_Writer(self))
        return True

    def _mac(self, by_caller: bool, sequence: int, payload: bytes) -> bytes:
        return hmac_sm3(self._key, _SEQUENCE.pack(by_caller, sequence) + payload)

    def write(self, payload: bytes) -> None:
        """Send a batch."""
        if not self._transport.is_closing():
            mac = self._mac(self._calling, self._sent, payload)
            self._sent += 1
            self._transport.write(_LENGTH.pack(len(payload)) + payload + mac)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    @property
    def closing(self) -> bool:
        """True once the connection is being closed."""
        return bool(self._transport.is_closing())


class _Writer(asyncio.Transport):
    """What the inner protocol takes for its transport."""

    def __init__(self, sealed: Sealed) -> None:
        super().__init__()
        self._sealed = sealed

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._sealed.write(bytes(data))

    def close(self) -> None:
        self._sealed.close()

    def is_closing(self) -> bool:
        return self._sealed.closing
