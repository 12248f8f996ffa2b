"""Root provider in a device with the Chinese interface (GM/T 0018, SDF), by ctypes.

A session key that only the device can open (its own KEK number ``index`` wraps it) closes our KEKs by SM4-CBC inside
the device, each with a digest that finds a damaged or exchanged object.
"""

import os
import uuid
from ctypes import byref, c_uint, c_void_p, create_string_buffer
from pathlib import Path
from typing import Any

from crypto.errors import PASSPHRASE_WRONG, ROOT_EXISTS, ROOT_MISSING
from crypto.keys.adapters.device import Damaged, DeviceRoot, Refused
from kernel.digest import sm3
from kernel.files_atomic import write_atomic

_SM4_ECB, _SM4_CBC = 0x401, 0x402
_MARK = b"MLKEKS"
_BITS, _BLOCK = 128, 16
# GM/T 0018 annex: not supported, communication, hardware, device, session - no word about a password
_NOT_THE_PASSWORD = frozenset(range(0x01000002, 0x01000007))


class SdfRoot(DeviceRoot):
    """``sdf-root`` holds the session key as the device gave it out. ``unseal`` takes the right to use its KEK."""

    label = "sdf"
    word = c_uint

    def __init__(self, folder: Path, module: str, index: int) -> None:
        self._index, self._device = c_uint(index), c_void_p()
        self._root_file = folder / "sdf-root"
        super().__init__(folder, module)

    def begin(self) -> None:
        """Open the device."""
        self.call("SDF_OpenDevice", byref(self._device))

    def close(self, session: Any, key: Any) -> None:
        """Destroy the handle of the session key and close the session."""
        if key is not None:
            self.tried("SDF_DestroyKey", session, key)
        self.tried("SDF_CloseSession", session)

    def exists(self) -> bool:
        """Tell whether a root key has been made."""
        return self._root_file.exists()

    def create(self, secret: str) -> None:
        """Let the device make the session key, keep it as given out, and stay open; raise ``crypto.root.exists``."""
        with self.device():
            if self.exists():
                raise ROOT_EXISTS()
            session, key = self._login(secret), c_void_p()
            with self.closing(session):
                blob, length = create_string_buffer(256), c_uint(256)
                self.call("SDF_GenerateKeyWithKEK", session, c_uint(_BITS), c_uint(_SM4_ECB), self._index, blob,
                          byref(length), byref(key))
                self.files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_atomic(self._root_file, blob.raw[:length.value], mode=0o600)
            self.opened = session, key

    def unseal(self, secret: str) -> None:
        """Import the session key.

        Raises ``crypto.root.missing``, ``crypto.root.passphrase``, ``crypto.module.failed``.
        """
        with self.device():
            if not self.exists():
                raise ROOT_MISSING()
            session, key, blob = self._login(secret), c_void_p(), self._root_file.read_bytes()
            with self.closing(session):
                self.call("SDF_ImportKeyWithKEK", session, c_uint(_SM4_ECB), self._index, blob, c_uint(len(blob)),
                          byref(key))
            self.seal()
            self.opened = session, key

    def put_kek(self, kek_id: uuid.UUID, material: bytes) -> None:
        """Close the material inside the device and store the result; raise ``crypto.sealed``."""
        initial = os.urandom(_BLOCK)
        with self.device():
            closed = self._crypt("SDF_Encrypt", initial, material + _digest(kek_id, material))
        self.files.write(kek_id, _MARK + initial + closed)

    def get_kek(self, kek_id: uuid.UUID) -> bytes:
        """Return KEK material; raise ``crypto.sealed``, ``crypto.provider.damaged``, ``crypto.module.failed``."""
        def opened(data: bytes) -> bytes:
            start = len(_MARK) + _BLOCK
            if data[:len(_MARK)] != _MARK or len(data) != start + 2 * _BLOCK:
                raise Damaged("not an object of this provider")
            clear = self._crypt("SDF_Decrypt", data[len(_MARK):start], data[start:])
            if clear[_BLOCK:] != _digest(kek_id, clear[:_BLOCK]):
                raise Damaged("another KEK's object, or a damaged one")
            return clear[:_BLOCK]

        with self.device():
            self.handles()
            return self.files.read(kek_id, opened, Damaged)

    def _crypt(self, function: str, initial: bytes, data: bytes) -> bytes:
        session, key = self.handles()
        result, length = create_string_buffer(len(data) + _BLOCK), c_uint(len(data) + _BLOCK)
        # the device changes the initial vector as it goes on
        self.call(function, session, key, c_uint(_SM4_CBC), create_string_buffer(initial, _BLOCK), data,
                  c_uint(len(data)), result, byref(length))
        return result.raw[:length.value]

    def _login(self, password: str) -> c_void_p:
        session, code = c_void_p(), password.encode()
        self.call("SDF_OpenSession", self._device, byref(session))
        with self.closing(session):
            if hasattr(self.library, "SDF_GetKEKAccessRight"):  # GM/T 0018-2023; the edition of 2012 has no such right
                try:
                    self.call("SDF_GetKEKAccessRight", session, self._index, code, c_uint(len(code)))
                except Refused as error:
                    if error.code in _NOT_THE_PASSWORD:
                        raise
                    raise PASSPHRASE_WRONG() from error
        return session


def _digest(kek_id: uuid.UUID, material: bytes) -> bytes:
    return sm3(_MARK, kek_id.bytes, material)[:_BLOCK]
