"""Root provider in files of the home: the root sealed by a passphrase (scrypt), KEK objects sealed by the root.

This layer is software, not a certified cryptographic product; reports say so.
"""

import hashlib
import json
import os
import secrets
import uuid
from pathlib import Path

from crypto.errors import PASSPHRASE_WRONG, PROVIDER_DAMAGED, ROOT_EXISTS, ROOT_MISSING, SEALED
from crypto.sm import sm4
from kernel.digest import hmac_sm3
from kernel.files_atomic import write_atomic

# RFC 7914: about 32 MiB and a tenth of a second; the figures are in the file, so they can be raised later
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}
_ROOT_LABEL = b"mulian root v1"
_KEK_MARK = b"MLKEK1"


class SealedFile:
    """``root.json`` and ``kek-<id>.bin`` in one folder, all 0600. One instance per process holds the root open."""

    label = "sealed-file"
    certified = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root_file = folder / "root.json"
        self._wrap_key: bytes | None = None

    def exists(self) -> bool:
        """Tell whether a root key has been made."""
        return self._root_file.exists()

    def create(self, passphrase: str) -> None:
        """Make a 256-bit root sealed by ``passphrase``, and unseal; raise ``crypto.root.exists``."""
        if self.exists():
            raise ROOT_EXISTS()
        root, salt, nonce = secrets.token_bytes(32), secrets.token_bytes(16), os.urandom(12)
        sealed = sm4.gcm_encrypt(_derive(passphrase, salt, _SCRYPT), nonce, root, _ROOT_LABEL)
        document = {"v": 1, "kdf": "scrypt", **_SCRYPT, "salt": salt.hex(), "nonce": nonce.hex(),
            "sealed": sealed.hex()}
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(self._root_file, json.dumps(document).encode(), mode=0o600)
        self._open(root)

    def unseal(self, passphrase: str) -> None:
        """Open the root key for this process; raise ``crypto.root.passphrase`` or ``crypto.root.missing``."""
        try:
            document = json.loads(self._root_file.read_bytes())
            cost = {name: int(document[name]) for name in _SCRYPT}
            salt, nonce, sealed = (bytes.fromhex(document[name]) for name in ("salt", "nonce", "sealed"))
        except FileNotFoundError as error:
            raise ROOT_MISSING() from error
        except (ValueError, KeyError, TypeError) as error:
            raise PROVIDER_DAMAGED(name=self._root_file.name) from error
        try:
            self._open(sm4.gcm_decrypt(_derive(passphrase, salt, cost), nonce, sealed, _ROOT_LABEL))
        except sm4.TagMismatch as error:
            raise PASSPHRASE_WRONG() from error

    def seal(self) -> None:
        """Forget the root key in this process."""
        self._wrap_key = None

    def is_open(self) -> bool:
        """Tell whether KEKs can be read now."""
        return self._wrap_key is not None

    def put_kek(self, kek_id: uuid.UUID, material: bytes) -> None:
        """Store a KEK object durably; raise ``crypto.sealed``."""
        nonce = os.urandom(12)
        sealed = sm4.gcm_encrypt(self._key(), nonce, material, _KEK_MARK + kek_id.bytes)
        write_atomic(self._path(kek_id), _KEK_MARK + nonce + sealed, mode=0o600)

    def get_kek(self, kek_id: uuid.UUID) -> bytes:
        """Return KEK material; raise ``crypto.sealed`` or ``crypto.provider.damaged``."""
        key = self._key()
        try:
            data = self._path(kek_id).read_bytes()
            return sm4.gcm_decrypt(key, data[6:18], data[18:], data[:6] + kek_id.bytes)
        except (OSError, sm4.TagMismatch) as error:
            raise PROVIDER_DAMAGED(name=self._path(kek_id).name) from error

    def has_kek(self, kek_id: uuid.UUID) -> bool:
        """Tell whether the object is there."""
        return self._path(kek_id).exists()

    def delete_kek(self, kek_id: uuid.UUID) -> None:
        """Overwrite the object, remove it and flush the folder; on flash the overwriting is best effort."""
        path = self._path(kek_id)
        try:
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            pass  # an attempt before this one removed it
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _open(self, root: bytes) -> None:
        self._wrap_key = hmac_sm3(root, b"mulian kek wrap")[:sm4.KEY_LENGTH]

    def _key(self) -> bytes:
        if self._wrap_key is None:
            raise SEALED()
        return self._wrap_key

    def _path(self, kek_id: uuid.UUID) -> Path:
        return self._folder / f"kek-{kek_id}.bin"


def _derive(passphrase: str, salt: bytes, cost: dict[str, int]) -> bytes:
    n, r, p = cost["n"], cost["r"], cost["p"]
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=sm4.KEY_LENGTH)
