"""Root provider in a PKCS #11 token: an AES key that never leaves it wraps the KEKs (AES key wrap, RFC 3394).

Through the module's C functions (PKCS #11 v2.40) by ctypes: the few that are needed, no package between.
"""

import ctypes
import uuid
from ctypes import Structure, byref, c_ubyte, c_ulong, c_void_p
from pathlib import Path
from typing import Any

from crypto.errors import MODULE_FAILED, PASSPHRASE_WRONG, ROOT_EXISTS, ROOT_MISSING
from crypto.keys.adapters.device import Damaged, DeviceRoot, Refused
from kernel.files_atomic import write_atomic

ROOT_LABEL = b"mulian-root"
_MARK = b"MLKEKP"
_CKF_RW_SERIAL = 0x2 | 0x4
_CKU_USER = 1
_CKO_SECRET_KEY = 4
_CKK_GENERIC, _CKK_AES = 0x10, 0x1F
_CKM_AES_KEY_GEN, _CKM_AES_KEY_WRAP = 0x1080, 0x2109
_CKA_CLASS, _CKA_TOKEN, _CKA_PRIVATE, _CKA_LABEL, _CKA_VALUE, _CKA_KEY_TYPE = 0, 1, 2, 3, 0x11, 0x100
_CKA_SENSITIVE, _CKA_WRAP, _CKA_UNWRAP, _CKA_VALUE_LEN, _CKA_EXTRACTABLE = 0x103, 0x106, 0x107, 0x161, 0x162
_CKR_PIN = {0xA0, 0xA1, 0xA2, 0xA4}  # incorrect, invalid, length, locked
# encrypted data or its length, wrapped key or its length; softhsm calls a failed check a general error
_CKR_DAMAGED = {0x40, 0x41, 0x110, 0x112, 0x5}
_CKR_ALREADY_INITIALIZED, _CKR_ALREADY_LOGGED_IN = 0x191, 0x100


class _Attribute(Structure):
    _fields_ = (("kind", c_ulong), ("value", c_void_p), ("length", c_ulong))


class _Mechanism(Structure):
    _fields_ = (("kind", c_ulong), ("parameter", c_void_p), ("length", c_ulong))


class Pkcs11Root(DeviceRoot):
    """A token's AES-256 key ``mulian-root``; wrapped KEKs are files. ``unseal`` takes the user's PIN."""

    label = "pkcs11"
    word = c_ulong
    # device removed, session closed or its handle void, nobody logged in, token gone
    ended = frozenset({0x32, 0xB0, 0xB3, 0x101, 0xE0})

    def __init__(self, folder: Path, module: str, token: str) -> None:
        self._token, self._marker = token, folder / "pkcs11-root"
        super().__init__(folder, module)

    def begin(self) -> None:
        """Initialise the library for this process."""
        try:
            self.call("C_Initialize", None)
        except Refused as error:
            if error.code != _CKR_ALREADY_INITIALIZED:
                raise

    def close(self, session: Any, key: Any) -> None:
        """Log out and close the session."""
        self.tried("C_Logout", session)
        self.tried("C_CloseSession", session)

    def exists(self) -> bool:
        """Tell whether a root was made: the key itself is private and seen only after the PIN."""
        return self._marker.exists()

    def create(self, secret: str) -> None:
        """Generate the root inside the token and stay open; raise ``crypto.root.exists``.

        A root that a creation before this one left in the token without its marker is taken up.
        """
        with self.device():
            if self.exists():
                raise ROOT_EXISTS()
            session = self._login(secret)
            with self.closing(session):
                key = self._find(session) or self._generate(session)
                self.files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_atomic(self._marker, self._token.encode(), mode=0o600)
            self.opened = session, key

    def unseal(self, secret: str) -> None:
        """Log in with the PIN and find the root; raise ``crypto.root.passphrase``, ``crypto.root.missing``."""
        with self.device():
            session = self._login(secret)
            with self.closing(session):
                key = self._find(session)
                if key is None:
                    raise ROOT_MISSING()
            self.opened = session, key

    def put_kek(self, kek_id: uuid.UUID, material: bytes) -> None:
        """Wrap the material inside the token and store the result; raise ``crypto.sealed``."""
        with self.device():
            session, root = self.handles()
            template = _Template({
                _CKA_CLASS: _CKO_SECRET_KEY, _CKA_KEY_TYPE: _CKK_GENERIC, _CKA_TOKEN: False, _CKA_PRIVATE: True,
                _CKA_SENSITIVE: False, _CKA_EXTRACTABLE: True, _CKA_VALUE: material,
            })
            key, length = c_ulong(), c_ulong(64)
            self.call("C_CreateObject", session, template.array, c_ulong(template.count), byref(key))
            try:
                wrapped = (c_ubyte * length.value)()
                self.call("C_WrapKey", session, byref(_Mechanism(_CKM_AES_KEY_WRAP, None, 0)), root, key, wrapped,
                          byref(length))
            finally:
                self.tried("C_DestroyObject", session, key)
        self.files.write(kek_id, _MARK + kek_id.bytes + bytes(wrapped[:length.value]))

    def get_kek(self, kek_id: uuid.UUID) -> bytes:
        """Return KEK material; raise ``crypto.sealed``, ``crypto.provider.damaged``, ``crypto.module.failed``."""
        def opened(data: bytes) -> bytes:
            if data[:22] != _MARK + kek_id.bytes:
                raise Damaged("another KEK's object")
            return self._unwrap(session, root, data[22:])

        with self.device():
            session, root = self.handles()
            return self.files.read(kek_id, opened, Damaged)

    def _unwrap(self, session: c_ulong, root: c_ulong, wrapped: bytes) -> bytes:
        template = _Template({
            _CKA_CLASS: _CKO_SECRET_KEY, _CKA_KEY_TYPE: _CKK_GENERIC, _CKA_TOKEN: False, _CKA_PRIVATE: True,
            _CKA_SENSITIVE: False, _CKA_EXTRACTABLE: True,
        })
        key = c_ulong()
        try:
            self.call("C_UnwrapKey", session, byref(_Mechanism(_CKM_AES_KEY_WRAP, None, 0)), root,
                      (c_ubyte * len(wrapped))(*wrapped), c_ulong(len(wrapped)), template.array,
                      c_ulong(template.count), byref(key))
        except Refused as error:
            if error.code in _CKR_DAMAGED:
                raise Damaged(str(error)) from error
            raise
        try:
            value = (c_ubyte * 64)()
            attribute = _Attribute(_CKA_VALUE, ctypes.cast(value, c_void_p), 64)
            self.call("C_GetAttributeValue", session, key, byref(attribute), c_ulong(1))
            return bytes(value[:attribute.length])
        finally:
            self.tried("C_DestroyObject", session, key)

    def _login(self, pin: str) -> c_ulong:
        """Open a session and let the token check the PIN.

        A login belongs to the whole process: while somebody is logged in the token checks no PIN, so whoever is
        there is logged out first.
        """
        self.seal()
        session, code = c_ulong(), pin.encode()
        self.call("C_OpenSession", self._slot(), c_ulong(_CKF_RW_SERIAL), None, None, byref(session))
        try:
            try:
                self.call("C_Login", session, c_ulong(_CKU_USER), code, c_ulong(len(code)))
            except Refused as error:
                if error.code != _CKR_ALREADY_LOGGED_IN:
                    raise
                self.call("C_Logout", session)
                self.call("C_Login", session, c_ulong(_CKU_USER), code, c_ulong(len(code)))
        except Refused as error:
            self.tried("C_CloseSession", session)
            if error.code in _CKR_PIN:
                raise PASSPHRASE_WRONG() from error
            raise
        return session

    def _generate(self, session: c_ulong) -> c_ulong:
        template = _Template({
            _CKA_CLASS: _CKO_SECRET_KEY, _CKA_KEY_TYPE: _CKK_AES, _CKA_TOKEN: True, _CKA_PRIVATE: True,
            _CKA_SENSITIVE: True, _CKA_EXTRACTABLE: False, _CKA_WRAP: True, _CKA_UNWRAP: True,
            _CKA_VALUE_LEN: 32, _CKA_LABEL: ROOT_LABEL,
        })
        key = c_ulong()
        self.call("C_GenerateKey", session, byref(_Mechanism(_CKM_AES_KEY_GEN, None, 0)), template.array,
                  c_ulong(template.count), byref(key))
        return key

    def _slot(self) -> c_ulong:
        count = c_ulong()
        self.call("C_GetSlotList", c_ubyte(1), None, byref(count))
        slots = (c_ulong * count.value)()
        self.call("C_GetSlotList", c_ubyte(1), slots, byref(count))
        for slot in slots[:count.value]:
            info = (c_ubyte * 256)()  # CK_TOKEN_INFO begins with the 32-byte blank-padded label
            self.call("C_GetTokenInfo", c_ulong(slot), info)
            if bytes(info[:32]).decode("utf-8", "replace").rstrip() == self._token:
                return c_ulong(slot)
        raise MODULE_FAILED(module=self.label, reason=f"no token {self._token}")

    def _find(self, session: c_ulong) -> c_ulong | None:
        template = _Template({_CKA_CLASS: _CKO_SECRET_KEY, _CKA_LABEL: ROOT_LABEL})
        found, count = c_ulong(), c_ulong()
        self.call("C_FindObjectsInit", session, template.array, c_ulong(template.count))
        self.call("C_FindObjects", session, byref(found), c_ulong(1), byref(count))
        self.call("C_FindObjectsFinal", session)
        return found if count.value else None


class _Template:
    """An array of attributes; it keeps the values alive as long as the call needs them."""

    def __init__(self, values: dict[int, int | bool | bytes]) -> None:
        self._kept = [_raw(value) for value in values.values()]
        self.count = len(values)
        self.array: ctypes.Array[_Attribute] = (_Attribute * self.count)(*(
            _Attribute(kind, ctypes.cast(kept, c_void_p), len(kept))
            for kind, kept in zip(values, self._kept, strict=True)
        ))


def _raw(value: int | bool | bytes) -> "ctypes.Array[c_ubyte]":
    if isinstance(value, bool):
        value = bytes((value,))
    elif isinstance(value, int):
        value = bytes(c_ulong(value))
    return (c_ubyte * len(value))(*value)
