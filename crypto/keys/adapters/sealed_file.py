"""Root provider in files of the home: the root sealed by a passphrase (scrypt) or by k of n shares.

This layer is software, not a certified cryptographic product; reports say so.
"""

import hashlib
import json
import os
import secrets
import threading
import uuid
from pathlib import Path
from typing import Any

from crypto.errors import (
    PASSPHRASE_WRONG,
    POLICY_INVALID,
    PROVIDER_DAMAGED,
    ROOT_EXISTS,
    ROOT_MISSING,
    SEALED,
    SHARE_FOREIGN,
    SHARE_TWICE,
    SHARE_WRONG,
)
from crypto.keys import shamir
from crypto.keys.adapters.kek_files import KekFiles
from crypto.keys.port import UnsealState
from crypto.keys.shamir import Share
from crypto.sm import sm4
from kernel.digest import hmac_sm3
from kernel.files_atomic import write_atomic

# RFC 7914: about 32 MiB and a tenth of a second; the figures are in the file, so they can be raised later
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}
_ROOT_LABEL = b"mulian root v1"
_KEK_MARK = b"MLKEK1"
_FIELDS = ("nonce", "sealed")


class SealedFile:
    """``root.json`` and ``kek-<id>.bin`` in one folder, all 0600. One instance per process holds the root open."""

    label = "sealed-file"
    certified = False

    def __init__(self, folder: Path) -> None:
        self._files = KekFiles(folder)
        self._root_file = folder / "root.json"
        self._root: bytes | None = None
        self._given: dict[int, Share] = {}
        self._lock = threading.Lock()  # two persons may give their shares at the same moment

    def exists(self) -> bool:
        """Tell whether a root key has been made."""
        return self._root_file.exists()

    def create(self, secret: str) -> None:
        """Make a 256-bit root sealed by a passphrase, and unseal; raise ``crypto.root.exists``."""
        if self.exists():
            raise ROOT_EXISTS()
        root, salt = secrets.token_bytes(32), secrets.token_bytes(16)
        head = {"v": 1, "kdf": "scrypt", **_SCRYPT, "salt": salt.hex()}
        self._write(head, _derive(secret, salt, _SCRYPT), root)
        self._root = root

    def share(self, threshold: int, count: int) -> list[str]:
        """Close the root by k of n shares from now on and return them, once; raise ``crypto.sealed``.

        The root stays the same, so no KEK changes; a passphrase or shares of before open only older copies of
        ``root.json``. Raises ``crypto.unseal.policy_invalid`` unless 2 ≤ k ≤ n ≤ 16.
        """
        if not 2 <= threshold <= count <= shamir.MAX_SHARES:
            raise POLICY_INVALID()
        root, secret = self._opened(), secrets.token_bytes(shamir.SECRET_LENGTH)
        shares = shamir.split(secret, threshold, count)
        head = {"v": 1, "kdf": "shares", "k": threshold, "n": count, "set": shares[0].set_id.hex(),
                "marks": [share.mark() for share in shares]}
        self._write(head, _of_shares(secret), root)
        self._given.clear()
        return [share.text() for share in shares]

    def unseal(self, secret: str) -> None:
        """Open the root with its passphrase, or take one share; the k-th opens it."""
        with self._lock:
            document = self._document()
            if document["kdf"] == "shares":
                self._take(document, shamir.parse(secret))
                return
            cost = {name: int(document[name]) for name in _SCRYPT}
            self._root = _unsealed(document, _derive(secret, bytes.fromhex(document["salt"]), cost))

    def state(self) -> UnsealState:
        """Say how the root is opened and how far that is."""
        document = self._document() if self.exists() else None
        if document is None or document["kdf"] != "shares":
            return UnsealState("passphrase")
        return UnsealState("shares", document["k"], document["n"], tuple(sorted(self._given)))

    def seal(self) -> None:
        """Forget the root key and given shares in this process."""
        self._root = None
        self._given.clear()

    def is_open(self) -> bool:
        """Tell whether KEKs can be read now."""
        return self._root is not None

    def put_kek(self, kek_id: uuid.UUID, material: bytes) -> None:
        """Store a KEK object durably; raise ``crypto.sealed``."""
        nonce = os.urandom(12)
        closed = sm4.gcm_encrypt(_wrap_key(self._opened()), nonce, material, _KEK_MARK + kek_id.bytes)
        self._files.write(kek_id, _KEK_MARK + nonce + closed)

    def get_kek(self, kek_id: uuid.UUID) -> bytes:
        """Return KEK material; raise ``crypto.sealed`` or ``crypto.provider.damaged``."""
        key = _wrap_key(self._opened())
        return self._files.read(
            kek_id, lambda data: sm4.gcm_decrypt(key, data[6:18], data[18:], data[:6] + kek_id.bytes), sm4.TagMismatch,
        )

    def has_kek(self, kek_id: uuid.UUID) -> bool:
        """Tell whether the object is there."""
        return self._files.has(kek_id)

    def delete_kek(self, kek_id: uuid.UUID) -> None:
        """Overwrite and remove the object."""
        self._files.delete(kek_id)

    def _take(self, document: dict[str, Any], share: Share) -> None:
        if share.set_id.hex() != document["set"]:
            raise SHARE_FOREIGN()
        if share.index in self._given:
            raise SHARE_TWICE(index=share.index)
        if share.index > document["n"] or share.mark() != document["marks"][share.index - 1]:
            raise SHARE_WRONG(index=share.index)
        self._given[share.index] = share
        if len(self._given) >= document["k"]:
            given = list(self._given.values())
            self._given.clear()
            self._root = _unsealed(document, _of_shares(shamir.combine(given)))

    def _opened(self) -> bytes:
        if self._root is None:
            raise SEALED()
        return self._root

    def _write(self, head: dict[str, Any], key: bytes, root: bytes) -> None:
        nonce = os.urandom(12)
        sealed = sm4.gcm_encrypt(key, nonce, root, _ROOT_LABEL)
        self._files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        document = head | {"nonce": nonce.hex(), "sealed": sealed.hex()}
        write_atomic(self._root_file, json.dumps(document).encode(), mode=0o600)

    def _document(self) -> dict[str, Any]:
        try:
            document = json.loads(self._root_file.read_bytes())
            needed = ("k", "n", "set", "marks") if document["kdf"] == "shares" else (*_SCRYPT, "salt")
            if any(name not in document for name in (*needed, *_FIELDS)):
                raise KeyError
            return dict(document)
        except FileNotFoundError as error:
            raise ROOT_MISSING() from error
        except (ValueError, KeyError, TypeError) as error:
            raise PROVIDER_DAMAGED(name=self._root_file.name) from error


def _unsealed(document: dict[str, Any], key: bytes) -> bytes:
    try:
        return sm4.gcm_decrypt(key, bytes.fromhex(document["nonce"]), bytes.fromhex(document["sealed"]), _ROOT_LABEL)
    except sm4.TagMismatch as error:
        raise PASSPHRASE_WRONG() from error


def _of_shares(secret: bytes) -> bytes:
    return hmac_sm3(secret, b"mulian shares")[:sm4.KEY_LENGTH]


def _wrap_key(root: bytes) -> bytes:
    return hmac_sm3(root, b"mulian kek wrap")[:sm4.KEY_LENGTH]


def _derive(passphrase: str, salt: bytes, cost: dict[str, int]) -> bytes:
    n, r, p = cost["n"], cost["r"], cost["p"]
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=sm4.KEY_LENGTH)
