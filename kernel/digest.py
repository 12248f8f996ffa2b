"""Digests of the kernel, from hashlib alone: SM3 (GB/T 32905), HMAC-SM3, SHA-256."""

import hashlib
import hmac
from functools import cache

from kernel.errors import define

_BLOCK = 64

SM3_MISSING = define(
    "kernel.digest.sm3_missing", 500,
    zh="此 Python 的 hashlib 没有 SM3", en="This Python's hashlib has no SM3",
    fix_zh="请使用链接 OpenSSL 1.1.1 以上（含 SM3）的 Python 3.11", fix_en="Use a Python 3.11 linked to OpenSSL >= 1.1.1 with SM3",
)


def sm3(*parts: bytes) -> bytes:
    """Return the 32-byte SM3 digest of the concatenated parts."""
    digest = _blank().copy()
    for part in parts:
        digest.update(part)
    return digest.digest()


@cache
def _blank() -> "hashlib._Hash":
    """A state to copy: looking an algorithm up by name takes longer than hashing a short message."""
    return hashlib.new("sm3")


def sm3_hex(*parts: bytes) -> str:
    """Return the SM3 digest as 64 lower-case hex digits."""
    return sm3(*parts).hex()


def hmac_sm3(key: bytes, message: bytes) -> bytes:
    """Return the 32-byte HMAC-SM3 (RFC 2104 over GB/T 32905)."""
    return hmac.digest(key, message, "sm3")


class HmacSm3:
    """HMAC-SM3 under one key, whose two padded blocks are hashed once: half the cost of :func:`hmac_sm3`."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = (sm3(key) if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner, self._outer = _blank().copy(), _blank().copy()
        self._inner.update(bytes(byte ^ 0x36 for byte in block))
        self._outer.update(bytes(byte ^ 0x5C for byte in block))

    def mac(self, message: bytes) -> bytes:
        """Return the 32 bytes that :func:`hmac_sm3` returns."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


def sha256_hex(*parts: bytes) -> str:
    """Return the SHA-256 digest as 64 lower-case hex digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def check() -> None:
    """Raise when the interpreter lacks SM3 or computes it wrongly (GB/T 32905 example 1)."""
    if "sm3" not in hashlib.algorithms_available:
        raise SM3_MISSING()
    if sm3_hex(b"abc") != "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0":
        raise SM3_MISSING()
