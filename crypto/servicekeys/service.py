"""Named service keys in ``keys/service`` and the SecretBox made of two of them.

A key file is one line ``mlkey1 <hex> <check>\\n`` with mode 0600; ``check`` is the start of SM3 over name and
key, so that a damaged or renamed file is noticed. A file is created once and never overwritten.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from crypto.errors import SEALED_INVALID, SERVICE_KEY_MISSING, SERVICE_KEY_RIGHTS
from crypto.sm import sm4
from kernel.digest import hmac_sm3, sm3_hex
from kernel.files_atomic import sync_folder
from kernel.home import Home

_MARK = "mlkey1"
_SEAL_VERSION = b"S\x01"
_SEAL_KEY = "secretbox-seal"
_MAC_KEY = "secretbox-mac"


def load_or_create(home: Home, name: str, factory: Callable[[], bytes]) -> bytes:
    """Return the service key ``name``, made by ``factory`` when it is not there yet.

    Safe when several processes ask at once: the first file linked into place wins. Raises
    ``crypto.service_key.missing`` for a damaged file, ``crypto.service_key.rights`` for one others can read.
    """
    if not _path(home, name).exists():
        _store(home, name, factory())
    return load(home, name)


def load(home: Home, name: str) -> bytes:
    """Return an existing service key; raise ``crypto.service_key.missing`` where there is none."""
    path = _path(home, name)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        words = path.read_text("ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise SERVICE_KEY_MISSING(name=name) from error
    if mode & 0o077:
        raise SERVICE_KEY_RIGHTS(name=str(path), mode=f"{mode:04o}")
    if len(words) != 3 or words[0] != _MARK or words[2] != _check(name, words[1]):
        raise SERVICE_KEY_MISSING(name=name)
    return bytes.fromhex(words[1])


def names(home: Home) -> list[str]:
    """Return the names of the service keys present, sorted."""
    return sorted(path.stem for path in home.service_keys_dir.glob("*.key"))


def create(home: Home) -> "FileBox":
    """Make the SecretBox keys of a new home and open the box; keys that exist are kept."""
    for name in (_SEAL_KEY, _MAC_KEY):
        load_or_create(home, name, lambda: secrets.token_bytes(32))
    return open_box(home)


def open_box(home: Home) -> "FileBox":
    """Open the SecretBox of a home; raise ``crypto.service_key.missing`` where it was never made."""
    return FileBox(load(home, _SEAL_KEY), load(home, _MAC_KEY))


class FileBox:
    """SecretBox over two 32-byte master keys; every purpose has keys of its own, derived by HMAC-SM3."""

    def __init__(self, seal_master: bytes, mac_master: bytes) -> None:
        self._seal_master = seal_master
        self._mac_master = mac_master

    def seal(self, purpose: str, plaintext: bytes) -> bytes:
        """Return "S" ‖ version ‖ nonce (12) ‖ SM4-GCM ciphertext ‖ tag (16), bound to ``purpose``."""
        nonce = os.urandom(sm4.NONCE_LENGTH)
        aad = _SEAL_VERSION + purpose.encode()
        return _SEAL_VERSION + nonce + sm4.gcm_encrypt(self._seal_key(purpose), nonce, plaintext, aad)

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Return the plaintext; raise ``crypto.secret.invalid`` for other bytes, another purpose or key."""
        if sealed[:2] != _SEAL_VERSION:
            raise SEALED_INVALID()
        nonce, body = sealed[2:14], sealed[14:]
        try:
            return sm4.gcm_decrypt(self._seal_key(purpose), nonce, body, _SEAL_VERSION + purpose.encode())
        except sm4.TagMismatch as error:
            raise SEALED_INVALID() from error

    def mac(self, purpose: str, data: bytes) -> bytes:
        """Return the 32-byte HMAC-SM3 of ``data`` under the key of ``purpose``."""
        return hmac_sm3(hmac_sm3(self._mac_master, b"mac " + purpose.encode()), data)

    def _seal_key(self, purpose: str) -> bytes:
        return hmac_sm3(self._seal_master, b"seal " + purpose.encode())[:sm4.KEY_LENGTH]


def _path(home: Home, name: str) -> Path:
    if not name or not all(part.isalnum() for part in name.split("-")) or not name.isascii():
        raise ValueError(f"not a name of a service key: {name!r}")
    return home.service_keys_dir / f"{name}.key"


def _check(name: str, text: str) -> str:
    return sm3_hex(name.encode(), b"\0", text.encode())[:16]


def _store(home: Home, name: str, key: bytes) -> None:
    """Link a fully written file into place; an existing one stays (exclusive creation by hard link)."""
    path = _path(home, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{name}.{secrets.token_hex(6)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{_MARK} {key.hex()} {_check(name, key.hex())}\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()
    sync_folder(path.parent)
