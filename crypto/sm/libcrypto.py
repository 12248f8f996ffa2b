"""SM2 on the system's libcrypto (OpenSSL >= 3.0) through ctypes and EVP.

The ``cryptography`` wheel offers no SM2, hence the system library. Only EVP calls with opaque handles are used;
each handle is freed on every path. Keys cross the border as DER (SEC 1 section C.4, RFC 5480).
"""

import contextlib
import ctypes
from collections.abc import Callable, Iterator
from ctypes import byref, c_char_p, c_int, c_long, c_size_t, c_ubyte, c_void_p

from crypto.sm import der

_NAMES = ("libcrypto.so.3", "libcrypto.so.4", "libcrypto.so", "libcrypto.dylib")
_Call = Callable[..., int]
_SIGNATURES: dict[str, tuple[object, list[object]]] = {
    "OpenSSL_version_num": (ctypes.c_ulong, []),
    "ERR_clear_error": (None, []),
    "d2i_AutoPrivateKey": (c_void_p, [c_void_p, c_void_p, c_long]),
    "d2i_PUBKEY": (c_void_p, [c_void_p, c_void_p, c_long]),
    "i2d_PUBKEY": (c_int, [c_void_p, c_void_p]),
    "EVP_PKEY_free": (None, [c_void_p]),
    "EVP_MD_CTX_new": (c_void_p, []),
    "EVP_MD_CTX_free": (None, [c_void_p]),
    "EVP_sm3": (c_void_p, []),
    "EVP_DigestSignInit": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "EVP_DigestVerifyInit": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "EVP_PKEY_CTX_set1_id": (c_int, [c_void_p, c_char_p, c_size_t]),
    "EVP_DigestSign": (c_int, [c_void_p, c_void_p, c_void_p, c_char_p, c_size_t]),
    "EVP_PKEY_CTX_new": (c_void_p, [c_void_p, c_void_p]),
    "EVP_PKEY_CTX_free": (None, [c_void_p]),
    "EVP_PKEY_encrypt_init": (c_int, [c_void_p]),
    "EVP_PKEY_decrypt_init": (c_int, [c_void_p]),
    "EVP_PKEY_encrypt": (c_int, [c_void_p, c_void_p, c_void_p, c_char_p, c_size_t]),
    "EVP_PKEY_decrypt": (c_int, [c_void_p, c_void_p, c_void_p, c_char_p, c_size_t]),
    "EVP_DigestVerify": (c_int, [c_void_p, c_char_p, c_size_t, c_char_p, c_size_t]),
}


class LibcryptoError(Exception):
    """libcrypto refused an operation."""


class Libcrypto:
    """A loaded libcrypto that offers SM2; construction raises :class:`LibcryptoError` where it does not."""

    def __init__(self) -> None:
        self._lib = _load()
        for name, (result, arguments) in _SIGNATURES.items():
            try:
                function = getattr(self._lib, name)
            except AttributeError as error:
                raise LibcryptoError(f"libcrypto has no {name}") from error
            function.restype, function.argtypes = result, arguments
        if self._lib.OpenSSL_version_num() >> 28 < 3:
            raise LibcryptoError("libcrypto is older than 3.0")

    def public_of(self, private: bytes) -> bytes:
        """Return the 65-byte uncompressed point of a 32-byte private scalar."""
        with self._private(private) as key:
            length = self._lib.i2d_PUBKEY(key, None)
            if length <= 0:
                raise LibcryptoError("i2d_PUBKEY")
            buffer = (c_ubyte * length)()
            pointer = c_void_p(ctypes.addressof(buffer))
            self._lib.i2d_PUBKEY(key, byref(pointer))
        encoded = bytes(buffer)
        if _public_der(encoded[-65:]) != encoded:
            raise LibcryptoError("unexpected public key form")
        return encoded[-65:]

    def sign(self, private: bytes, message: bytes, user_id: bytes) -> bytes:
        """Return the DER signature of GB/T 32918.2 with SM3."""
        with self._private(private) as key, self._context() as context:
            self._prepare(self._lib.EVP_DigestSignInit, context, key, user_id)
            length = c_size_t(0)
            self._check(self._lib.EVP_DigestSign(context, None, byref(length), message, len(message)), "size")
            buffer = (c_ubyte * length.value)()
            self._check(self._lib.EVP_DigestSign(context, buffer, byref(length), message, len(message)), "sign")
            return bytes(buffer[: length.value])

    def verify(self, public: bytes, message: bytes, signature: bytes, user_id: bytes) -> bool:
        """Tell whether the DER signature is valid for the 65-byte public key."""
        with self._public(public) as key, self._context() as context:
            self._prepare(self._lib.EVP_DigestVerifyInit, context, key, user_id)
            result = self._lib.EVP_DigestVerify(context, signature, len(signature), message, len(message))
            self._lib.ERR_clear_error()
            return bool(result == 1)

    def encrypt(self, public: bytes, plaintext: bytes) -> bytes:
        """Return the DER ciphertext of GB/T 32918.4 with SM3 (GM/T 0009: x, y, C3, C2)."""
        with self._public(public) as key:
            return self._crypt(key, self._lib.EVP_PKEY_encrypt_init, self._lib.EVP_PKEY_encrypt, plaintext)

    def decrypt(self, private: bytes, ciphertext: bytes) -> bytes:
        """Return the clear text of a DER ciphertext; libcrypto compares C3 in constant time before giving any."""
        with self._private(private) as key:
            return self._crypt(key, self._lib.EVP_PKEY_decrypt_init, self._lib.EVP_PKEY_decrypt, ciphertext)

    def _crypt(self, key: int, initialise: _Call, work: _Call, data: bytes) -> bytes:
        context = self._given(self._lib.EVP_PKEY_CTX_new(key, None), "EVP_PKEY_CTX_new")
        try:
            self._check(initialise(context), "init")
            length = c_size_t(0)
            self._check(work(context, None, byref(length), data, len(data)), "size")
            buffer = ctypes.create_string_buffer(length.value)
            try:
                self._check(work(context, buffer, byref(length), data, len(data)), "crypt")
                return buffer.raw[: length.value]
            finally:
                ctypes.memset(buffer, 0, len(buffer))
        finally:
            self._lib.EVP_PKEY_CTX_free(context)

    def _prepare(self, initialise: _Call, context: int, key: int, user_id: bytes) -> None:
        inner = c_void_p()
        self._check(initialise(context, byref(inner), self._lib.EVP_sm3(), None, key), "init")
        self._check(self._lib.EVP_PKEY_CTX_set1_id(inner, user_id, len(user_id)), "set1_id")

    def _check(self, result: int, what: str) -> None:
        if result != 1:
            self._lib.ERR_clear_error()
            raise LibcryptoError(what)

    def _given(self, handle: int | None, what: str) -> int:
        """Return a handle that is not NULL."""
        if not handle:
            self._lib.ERR_clear_error()
            raise LibcryptoError(what)
        return handle

    @contextlib.contextmanager
    def _context(self) -> Iterator[int]:
        context = self._given(self._lib.EVP_MD_CTX_new(), "EVP_MD_CTX_new")
        try:
            yield context
        finally:
            self._lib.EVP_MD_CTX_free(context)

    @contextlib.contextmanager
    def _private(self, private: bytes) -> Iterator[int]:
        encoded = der.encode(
            der.SEQUENCE, der.integer(1), der.encode(der.OCTET_STRING, private), der.encode(0xA0, der.SM2_CURVE),
        )
        with self._decoded("d2i_AutoPrivateKey", encoded) as key:
            yield key

    @contextlib.contextmanager
    def _public(self, public: bytes) -> Iterator[int]:
        with self._decoded("d2i_PUBKEY", _public_der(public)) as key:
            yield key

    @contextlib.contextmanager
    def _decoded(self, function: str, encoded: bytes) -> Iterator[int]:
        buffer = ctypes.create_string_buffer(encoded, len(encoded))
        pointer = c_void_p(ctypes.addressof(buffer))
        decoded = getattr(self._lib, function)(None, byref(pointer), len(encoded))
        ctypes.memset(buffer, 0, len(encoded))
        key = self._given(decoded, f"{function} refused the key")
        try:
            yield key
        finally:
            self._lib.EVP_PKEY_free(key)


def _public_der(public: bytes) -> bytes:
    return der.encode(der.SEQUENCE, der.SM2_ALGORITHM, der.encode(der.BIT_STRING, b"\0", public))


def _load() -> ctypes.CDLL:
    for name in _NAMES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise LibcryptoError("no libcrypto found")
