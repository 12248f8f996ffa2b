"""Root provider in a PKCS #11 token: an AES key that never leaves it wraps the KEKs (AES key wrap, RFC 3394).

Through the module's C functions (PKCS #11 v2.40) by ctypes: the few that are needed, no package between.
"""

import ctypes
import threading
import uuid
from ctypes import Structure, byref, c_ubyte, c_ulong, c_void_p
from pathlib import Path

from crypto.errors import MODULE_FAILED, PASSPHRASE_WRONG, POLICY_INVALID, ROOT_EXISTS, ROOT_MISSING, SEALED
from crypto.keys.adapters.kek_files import KekFiles
from crypto.keys.port import UnsealState

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
_CKR_ALREADY_INITIALIZED, _CKR_ALREADY_LOGGED_IN = 0x191, 0x100


class _Attribute(Structure):
    _fields_ = (("kind", c_ulong), ("value", c_void_p), ("length", c_ulong))


class _Mechanism(Structure):
    _fields_ = (("kind", c_ulong), ("parameter", c_void_p), ("length", c_ulong))


class _Refused(Exception):
    def __init__(self, function: str, code: int) -> None:
        super().__init__(f"{function}: 0x{code:x}")
        self.code = code


class Pkcs11Root:
    """A token's AES-256 key ``mulian-root``; wrapped KEKs are files. ``unseal`` takes the user's PIN."""

    label = "pkcs11"
    certified = False  # only the operator knows whether the token is a certified product

    def __init__(self, folder: Path, module: str, token: str) -> None:
        self._files, self._token, self._lock = KekFiles(folder), token, threading.RLock()
        try:
            self._library = ctypes.CDLL(module)
            self._call("C_Initialize", None, allowed=(_CKR_ALREADY_INITIALIZED,))
        except (OSError, AttributeError, _Refused) as error:
            raise MODULE_FAILED(module=module, reason=str(error)) from error
        self._session: c_ulong | None = None
        self._key: c_ulong | None = None

    def exists(self) -> bool:
        """Tell whether a root was made: the key itself is private and seen only after the PIN."""
        return (self._files.folder / "pkcs11-root").exists()

    def create(self, secret: str) -> None:
        """Generate the root inside the token and stay open; raise ``crypto.root.exists``."""
        with self._lock:
            session = self._login(secret)
            if self._find(session) is not None:
                raise ROOT_EXISTS()
            template = _template({
                _CKA_CLASS: _CKO_SECRET_KEY, _CKA_KEY_TYPE: _CKK_AES, _CKA_TOKEN: True, _CKA_PRIVATE: True,
                _CKA_SENSITIVE: True, _CKA_EXTRACTABLE: False, _CKA_WRAP: True, _CKA_UNWRAP: True,
                _CKA_VALUE_LEN: 32, _CKA_LABEL: ROOT_LABEL,
            })
            key = c_ulong()
            self._call("C_GenerateKey", session, byref(_Mechanism(_CKM_AES_KEY_GEN, None, 0)), template.array,
                       c_ulong(template.count), byref(key))
            self._session, self._key = session, key
            self._files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._files.folder / "pkcs11-root").write_text(self._token)

    def share(self, threshold: int, count: int) -> list[str]:
        """Who may log in is the token's own matter."""
        raise POLICY_INVALID()

    def unseal(self, secret: str) -> None:
        """Log in with the PIN and find the root; raise ``crypto.root.passphrase``, ``crypto.root.missing``."""
        with self._lock:
            session = self._login(secret)
            key = self._find(session)
            if key is None:
                raise ROOT_MISSING()
            self._session, self._key = session, key

    def state(self) -> UnsealState:
        """A token is opened by its PIN."""
        return UnsealState("pin")

    def seal(self) -> None:
        """Log out and close the session."""
        with self._lock:
            if self._session is not None:
                self._call("C_Logout", self._session)
                self._call("C_CloseSession", self._session)
            self._session = self._key = None

    def is_open(self) -> bool:
        """Tell whether KEKs can be read now."""
        return self._key is not None

    def put_kek(self, kek_id: uuid.UUID, material: bytes) -> None:
        """Wrap the material inside the token and store the result; raise ``crypto.sealed``."""
        with self._lock:
            session, root = self._opened()
            template = _template({
                _CKA_CLASS: _CKO_SECRET_KEY, _CKA_KEY_TYPE: _CKK_GENERIC, _CKA_TOKEN: False, _CKA_PRIVATE: True,
                _CKA_SENSITIVE: False, _CKA_EXTRACTABLE: True, _CKA_VALUE: material,
            })
            key, length = c_ulong(), c_ulong(64)
            self._call("C_CreateObject", session, template.array, c_ulong(template.count), byref(key))
            try:
                wrapped = (c_ubyte * length.value)()
                self._call("C_WrapKey", session, byref(_Mechanism(_CKM_AES_KEY_WRAP, None, 0)), root, key, wrapped,
                           byref(length))
            finally:
                self._call("C_DestroyObject", session, key)
        self._files.write(kek_id, _MARK + kek_id.bytes + bytes(wrapped[:length.value]))

    def get_kek(self, kek_id: uuid.UUID) -> bytes:
        """Return KEK material; raise ``crypto.sealed`` or ``crypto.provider.damaged``."""
        session, root = self._opened()

        def opened(data: bytes) -> bytes:
            if data[:22] != _MARK + kek_id.bytes:
                raise _Refused("another KEK's object", 0)
            return self._unwrap(session, root, data[22:])

        with self._lock:
            return self._files.read(kek_id, opened, _Refused)

    def has_kek(self, kek_id: uuid.UUID) -> bool:
        """Tell whether the object is there."""
        return self._files.has(kek_id)

    def delete_kek(self, kek_id: uuid.UUID) -> None:
        """Overwrite and remove the wrapped object."""
        self._files.delete(kek_id)

    def _unwrap(self, session: c_ulong, root: c_ulong, wrapped: bytes) -> bytes:
        template = _template({
            _CKA_CLASS: _CKO_SECRET_KEY, _CKA_KEY_TYPE: _CKK_GENERIC, _CKA_TOKEN: False, _CKA_PRIVATE: True,
            _CKA_SENSITIVE: False, _CKA_EXTRACTABLE: True,
        })
        key = c_ulong()
        self._call("C_UnwrapKey", session, byref(_Mechanism(_CKM_AES_KEY_WRAP, None, 0)), root,
                   (c_ubyte * len(wrapped))(*wrapped), c_ulong(len(wrapped)), template.array,
                   c_ulong(template.count), byref(key))
        try:
            value = (c_ubyte * 64)()
            attribute = _Attribute(_CKA_VALUE, ctypes.cast(value, c_void_p), 64)
            self._call("C_GetAttributeValue", session, key, byref(attribute), c_ulong(1))
            return bytes(value[:attribute.length])
        finally:
            self._call("C_DestroyObject", session, key)

    def _login(self, pin: str) -> c_ulong:
        session, code = c_ulong(), pin.encode()
        try:
            self._call("C_OpenSession", self._slot(), c_ulong(_CKF_RW_SERIAL), None, None, byref(session))
            self._call("C_Login", session, c_ulong(_CKU_USER), code, c_ulong(len(code)),
                       allowed=(_CKR_ALREADY_LOGGED_IN,))
        except _Refused as error:
            if error.code in _CKR_PIN:
                raise PASSPHRASE_WRONG() from error
            raise MODULE_FAILED(module=self.label, reason=str(error)) from error
        return session

    def _slot(self) -> c_ulong:
        count = c_ulong()
        self._call("C_GetSlotList", c_ubyte(1), None, byref(count))
        slots = (c_ulong * count.value)()
        self._call("C_GetSlotList", c_ubyte(1), slots, byref(count))
        for slot in slots[:count.value]:
            info = (c_ubyte * 256)()  # CK_TOKEN_INFO begins with the 32-byte blank-padded label
            self._call("C_GetTokenInfo", c_ulong(slot), info)
            if bytes(info[:32]).decode("utf-8", "replace").rstrip() == self._token:
                return c_ulong(slot)
        raise MODULE_FAILED(module=self.label, reason=f"no token {self._token}")

    def _find(self, session: c_ulong) -> c_ulong | None:
        template = _template({_CKA_CLASS: _CKO_SECRET_KEY, _CKA_LABEL: ROOT_LABEL})
        found, count = c_ulong(), c_ulong()
        self._call("C_FindObjectsInit", session, template.array, c_ulong(template.count))
        self._call("C_FindObjects", session, byref(found), c_ulong(1), byref(count))
        self._call("C_FindObjectsFinal", session)
        return found if count.value else None

    def _opened(self) -> tuple[c_ulong, c_ulong]:
        if self._session is None or self._key is None:
            raise SEALED()
        return self._session, self._key

    def _call(self, function: str, *arguments: object, allowed: tuple[int, ...] = ()) -> None:
        called = getattr(self._library, function)
        called.restype = c_ulong
        code = called(*arguments)
        if code and code not in allowed:
            raise _Refused(function, code)


class _template:  # noqa: N801 - reads as the argument that it is
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
