"""Root provider in a device with the Chinese interface (GM/T 0018, SDF), by ctypes.

A session key that only the device can open (its own KEK number ``index`` wraps it) closes our KEKs by SM4-CBC inside
the device, each with a digest that finds a damaged or exchanged object.
"""

import ctypes
import os
import threading
import uuid
from ctypes import byref, c_uint, c_void_p, create_string_buffer
from pathlib import Path

from crypto.errors import MODULE_FAILED, PASSPHRASE_WRONG, POLICY_INVALID, ROOT_EXISTS, ROOT_MISSING, SEALED
from crypto.keys.adapters.kek_files import KekFiles
from crypto.keys.port import UnsealState
from kernel.digest import sm3
from kernel.files_atomic import write_atomic

_SM4_ECB, _SM4_CBC = 0x401, 0x402
_MARK = b"MLKEKS"
_BITS, _BLOCK = 128, 16


class _Refused(Exception):
    pass


class SdfRoot:
    """``sdf-root`` holds the session key as the device gave it out. ``unseal`` takes the right to use its KEK."""

    label = "sdf"
    certified = False  # only the operator knows whether the device is a certified product

    def __init__(self, folder: Path, module: str, index: int) -> None:
        self._files, self._index, self._lock = KekFiles(folder), c_uint(index), threading.RLock()
        self._root_file = folder / "sdf-root"
        self._module = module
        try:
            self._library = ctypes.CDLL(module)
            self._device = c_void_p()
            self._call("SDF_OpenDevice", byref(self._device))
        except (OSError, AttributeError, _Refused) as error:
            raise MODULE_FAILED(module=module, reason=str(error)) from error
        self._session: c_void_p | None = None
        self._key: c_void_p | None = None

    def exists(self) -> bool:
        """Tell whether a root key has been made."""
        return self._root_file.exists()

    def create(self, secret: str) -> None:
        """Let the device make the session key, keep it as given out, and stay open; raise ``crypto.root.exists``."""
        with self._lock:
            if self.exists():
                raise ROOT_EXISTS()
            session, key = self._login(secret), c_void_p()
            blob, length = create_string_buffer(256), c_uint(256)
            self._checked("SDF_GenerateKeyWithKEK", session, c_uint(_BITS), c_uint(_SM4_ECB), self._index, blob,
                          byref(length), byref(key))
            self._files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomic(self._root_file, blob.raw[:length.value], mode=0o600)
            self._session, self._key = session, key

    def share(self, threshold: int, count: int) -> list[str]:
        """Who may open it is the device's own matter."""
        raise POLICY_INVALID()

    def unseal(self, secret: str) -> None:
        """Import the session key.

        Raises ``crypto.root.missing``, ``crypto.root.passphrase``, ``crypto.module.failed``.
        """
        with self._lock:
            if not self.exists():
                raise ROOT_MISSING()
            session, key, blob = self._login(secret), c_void_p(), self._root_file.read_bytes()
            self._checked("SDF_ImportKeyWithKEK", session, c_uint(_SM4_ECB), self._index, blob, c_uint(len(blob)),
                          byref(key))
            self._session, self._key = session, key

    def state(self) -> UnsealState:
        """A device is opened by the password of its KEK."""
        return UnsealState("pin")

    def seal(self) -> None:
        """Destroy the handle of the session key and close the session."""
        with self._lock:
            if self._session is not None:
                self._call("SDF_DestroyKey", self._session, self._key)
                self._call("SDF_CloseSession", self._session)
            self._session = self._key = None

    def is_open(self) -> bool:
        """Tell whether KEKs can be read now."""
        return self._key is not None

    def put_kek(self, kek_id: uuid.UUID, material: bytes) -> None:
        """Close the material inside the device and store the result; raise ``crypto.sealed``."""
        initial = os.urandom(_BLOCK)
        with self._lock:
            closed = self._crypt("SDF_Encrypt", initial, material + _digest(kek_id, material))
        self._files.write(kek_id, _MARK + initial + closed)

    def get_kek(self, kek_id: uuid.UUID) -> bytes:
        """Return KEK material; raise ``crypto.sealed`` or ``crypto.provider.damaged``."""
        self._opened()

        def opened(data: bytes) -> bytes:
            start = len(_MARK) + _BLOCK
            if data[:len(_MARK)] != _MARK or len(data) != start + 2 * _BLOCK:
                raise _Refused("not an object of this provider")
            clear = self._crypt("SDF_Decrypt", data[len(_MARK):start], data[start:])
            if clear[_BLOCK:] != _digest(kek_id, clear[:_BLOCK]):
                raise _Refused("another KEK's object, or a damaged one")
            return clear[:_BLOCK]

        with self._lock:
            return self._files.read(kek_id, opened, _Refused)

    def has_kek(self, kek_id: uuid.UUID) -> bool:
        """Tell whether the object is there."""
        return self._files.has(kek_id)

    def delete_kek(self, kek_id: uuid.UUID) -> None:
        """Overwrite and remove the object."""
        self._files.delete(kek_id)

    def _crypt(self, function: str, initial: bytes, data: bytes) -> bytes:
        session, key = self._opened()
        result, length = create_string_buffer(len(data) + _BLOCK), c_uint(len(data) + _BLOCK)
        # the device changes the initial vector as it goes on
        self._call(function, session, key, c_uint(_SM4_CBC), create_string_buffer(initial, _BLOCK), data,
                   c_uint(len(data)), result, byref(length))
        return result.raw[:length.value]

    def _login(self, password: str) -> c_void_p:
        session, code = c_void_p(), password.encode()
        self._checked("SDF_OpenSession", self._device, byref(session))
        if hasattr(self._library, "SDF_GetKEKAccessRight"):  # GM/T 0018-2023; the edition of 2012 has no such right
            try:
                self._call("SDF_GetKEKAccessRight", session, self._index, code, c_uint(len(code)))
            except _Refused as error:
                self._call("SDF_CloseSession", session)
                raise PASSPHRASE_WRONG() from error
        return session

    def _opened(self) -> tuple[c_void_p, c_void_p]:
        if self._session is None or self._key is None:
            raise SEALED()
        return self._session, self._key

    def _checked(self, function: str, *arguments: object) -> None:
        try:
            self._call(function, *arguments)
        except _Refused as error:
            raise MODULE_FAILED(module=self._module, reason=str(error)) from error

    def _call(self, function: str, *arguments: object) -> None:
        called = getattr(self._library, function)
        called.restype = c_uint
        code = called(*arguments)
        if code:
            raise _Refused(f"{function}: 0x{code:08x}")


def _digest(kek_id: uuid.UUID, material: bytes) -> bytes:
    return sm3(_MARK, kek_id.bytes, material)[:_BLOCK]
