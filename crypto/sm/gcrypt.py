"""SM4 blocks on libgcrypt through ctypes, where present: its CFB decryption runs many blocks side by side.

CFB decryption of X with IV x0 gives P[i] = E(X[i-1]) xor X[i], so that arbitrary blocks can be encrypted in bulk:
libgcrypt vectorises this (AES-NI, AVX2), its ECB mode it does not.
"""

import ctypes
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_void_p

import numpy as np
from numpy.typing import NDArray

_NAMES = ("libgcrypt.so.20", "libgcrypt.so")
_CFB = 2
_DISABLE_SECURE_MEMORY, _INITIALISATION_FINISHED = 37, 38
_SIGNATURES: dict[str, tuple[object, list[object]]] = {
    "gcry_check_version": (c_char_p, [c_char_p]),
    "gcry_cipher_map_name": (c_int, [c_char_p]),
    "gcry_cipher_open": (c_uint, [c_void_p, c_int, c_int, c_uint]),
    "gcry_cipher_close": (None, [c_void_p]),
    "gcry_cipher_setkey": (c_uint, [c_void_p, c_char_p, c_size_t]),
    "gcry_cipher_setiv": (c_uint, [c_void_p, c_void_p, c_size_t]),
    "gcry_cipher_decrypt": (c_uint, [c_void_p, c_void_p, c_size_t, c_void_p, c_size_t]),
}


class GcryptError(Exception):
    """libgcrypt is absent, lacks SM4 or refused an operation."""


class Gcrypt:
    """A loaded libgcrypt with SM4; construction raises :class:`GcryptError` where there is none."""

    def __init__(self) -> None:
        self._lib = _load()
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(self._lib, name)
            function.restype, function.argtypes = result, arguments
        # gcry_control is variadic: no argtypes
        if not self._lib.gcry_check_version(None):
            raise GcryptError("version")
        self._lib.gcry_control(c_int(_DISABLE_SECURE_MEMORY), c_int(0))
        self._lib.gcry_control(c_int(_INITIALISATION_FINISHED), c_int(0))
        self._algorithm = self._lib.gcry_cipher_map_name(b"SM4")
        if not self._algorithm:
            raise GcryptError("no SM4")

    def encrypt(self, key: bytes, blocks: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Encrypt (n, 16) blocks independently of each other. A handle per call keeps threads apart."""
        count = blocks.shape[0]
        shifted = np.empty((count + 1, 16), np.uint8)
        shifted[:count] = blocks
        shifted[count] = 0
        out = np.empty((count, 16), np.uint8)
        handle = c_void_p()
        self._check(self._lib.gcry_cipher_open(byref(handle), self._algorithm, _CFB, 0))
        try:
            self._check(self._lib.gcry_cipher_setkey(handle, key, len(key)))
            self._check(self._lib.gcry_cipher_setiv(handle, shifted.ctypes.data, 16))
            size, source = 16 * count, shifted.ctypes.data + 16
            self._check(self._lib.gcry_cipher_decrypt(handle, out.ctypes.data, size, source, size))
        finally:
            self._lib.gcry_cipher_close(handle)
        np.bitwise_xor(out.view(np.uint64), shifted[1:].view(np.uint64), out=out.view(np.uint64))
        return out

    def _check(self, code: int) -> None:
        if code:
            raise GcryptError(f"error {code & 0xFFFF}")


def _load() -> ctypes.CDLL:
    for name in _NAMES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise GcryptError("no libgcrypt found")
