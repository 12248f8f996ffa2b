"""Bulk SM4 blocks: the fastest engine that passed its self-test. OpenSSL is always there, libgcrypt where present."""

import contextlib
import functools
import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from crypto.sm import sm4
from crypto.sm.gcrypt import Gcrypt, GcryptError

OPENSSL, LIBGCRYPT = "openssl", "libgcrypt"
_BULK_FROM = 64  # blocks; below that, opening a handle costs more than it saves
_forced: list[str] = []


def encrypt(key: bytes, blocks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Encrypt an array of n×16 bytes, each block by itself; the result is (n, 16)."""
    flat = np.ascontiguousarray(blocks).reshape(-1, sm4.BLOCK)
    library = _library() if flat.shape[0] >= _BULK_FROM and engine() == LIBGCRYPT else None
    if library is None:
        return sm4.ecb_encrypt_array(key, flat)
    return library.encrypt(key, flat)


def engine() -> str:
    """Return which engine works on columns: "libgcrypt" or "openssl"."""
    if _forced:
        return _forced[-1]
    return LIBGCRYPT if _library() is not None else OPENSSL


def engines() -> list[str]:
    """Return the engines of this machine."""
    return [OPENSSL] if _library() is None else [OPENSSL, LIBGCRYPT]


@contextlib.contextmanager
def forced(name: str) -> Iterator[None]:
    """Use one engine inside a block, in all threads of the process: for benchmarks and tests, one block at a time."""
    if name not in engines():
        raise ValueError(f"engine {name} is not on this machine")
    _forced.append(name)
    try:
        yield
    finally:
        _forced.pop()


@functools.cache
def _library() -> Gcrypt | None:
    """Return libgcrypt when it equals OpenSSL on the standard's vector and on random blocks of odd counts."""
    try:
        library = Gcrypt()
        vector = np.frombuffer(bytes.fromhex("0123456789abcdeffedcba9876543210"), np.uint8).reshape(1, 16)
        if library.encrypt(vector.tobytes(), vector).tobytes().hex() != "681edf34d206965e86b3e94f536e4246":
            return None
        for count in (1, 2, 15, 16, 17, 333):
            key = os.urandom(16)
            blocks = np.frombuffer(os.urandom(16 * count), np.uint8).reshape(count, 16)
            if library.encrypt(key, blocks).tobytes() != sm4.ecb_encrypt(key, blocks.tobytes()):
                return None
    except (GcryptError, AttributeError):
        return None
    return library
