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
from kernel.errors import MulianError
from kernel.files_atomic import sync_folder, write_atomic

# RFC 7914: about 32 MiB and a tenth of a second; the figures are in the file, so they can be raised later
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}
_ROOT_LABEL = b"mulian root v1"
_KEK_MARK = b"MLKEK1"
_FIELDS = ("nonce", "sealed")


class SealedFile:
    """``root.json`` and ``kek-<id>.bin`` in one folder, all 0600. One instance per process holds the root open.

    ``root-next.json``: the same root closed by shares that have been handed out and not yet been given back.
    """

    label = "sealed-file"
    certified = False

    def __init__(self, folder: Path) -> None:
        self._files = KekFiles(folder)
        self._root_file, self._next_file = folder / "root.json", folder / "root-next.json"
        self._root: bytes | None = None
        self._given: dict[str, dict[int, Share]] = {}  # by splitting, by number
        self._lock = threading.Lock()  # two persons may give their shares at the same moment

    def over_copy(self, folder: Path) -> "SealedFile":
        """Return a provider over a copy of this folder, open with the same root; raise ``crypto.sealed``."""
        copy = SealedFile(folder)
        copy._root = self._opened()
        return copy

    def exists(self) -> bool:
        """Tell whether a root key has been made."""
        return self._root_file.exists()

    def create(self, secret: str) -> None:
        """Make a 256-bit root sealed by a passphrase, and unseal; raise ``crypto.root.exists``."""
        if self.exists():
            raise ROOT_EXISTS()
        root, salt = secrets.token_bytes(32), secrets.token_bytes(16)
        head = {"v": 1, "kdf": "scrypt", **_SCRYPT, "salt": salt.hex()}
        self._write(self._root_file, head, _derive(secret, salt, _SCRYPT), root)
        self._root = root

    def share(self, threshold: int, count: int) -> list[str]:
        """Write ``root-next.json``, which k of n shares open, and return them, once; raise ``crypto.sealed``.

        ``root.json`` stays until k of them have been given back: whatever is lost before, the old way opens. The root
        stays the same, so no KEK changes; afterwards a passphrase or shares of before open only older copies of
        ``root.json``. Raises ``crypto.unseal.policy_invalid`` unless 2 ≤ k ≤ n ≤ 16.
        """
        if not 2 <= threshold <= count <= shamir.MAX_SHARES:
            raise POLICY_INVALID()
        with self._lock:
            root, secret = self._opened(), secrets.token_bytes(shamir.SECRET_LENGTH)
            shares = shamir.split(secret, threshold, count)
            head = {"v": 1, "kdf": "shares", "k": threshold, "n": count, "set": shares[0].set_id.hex(),
                    "marks": [share.mark() for share in shares]}
            self._write(self._next_file, head, _of_shares(secret), root)
        return [share.text() for share in shares]

    def share_of(self, secret: str) -> tuple[str, int] | None:
        """Return splitting and number of a share, None for a passphrase; raise ``crypto.share.*``."""
        found = self._matched(secret)
        return None if found is None else (found[0]["set"], found[1].index)

    def unseal(self, secret: str) -> None:
        """Open the root with its passphrase, or take one share; the k-th opens it."""
        with self._lock:
            found = self._matched(secret)
            if found is not None:
                self._take(*found)
                return
            document = self._document(self._root_file)
            cost = {name: int(document[name]) for name in _SCRYPT}
            self._root = _unsealed(document, _derive(secret, bytes.fromhex(document["salt"]), cost))

    def state(self) -> UnsealState:
        """Say how the root is opened and how far that is."""
        if not self.exists():
            return UnsealState("passphrase")
        current, coming = self._documents()
        next_need = coming["k"] if coming else 0
        next_given = self._numbers(coming) if coming else ()
        if current["kdf"] != "shares":
            return UnsealState("passphrase", next_need=next_need, next_given=next_given)
        given = () if self.is_open() else self._numbers(current)
        return UnsealState("shares", current["k"], given, next_need, next_given)

    def seal(self) -> None:
        """Forget the root key and given shares in this process."""
        with self._lock:
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

    def _matched(self, secret: str) -> tuple[dict[str, Any], Share] | None:
        """Return a share with the document of its splitting, None for a passphrase; raise ``crypto.share.*``."""
        current, coming = self._documents()
        known = {document["set"]: document for document in (coming, current) if document and "set" in document}
        try:
            share = shamir.parse(secret)
        except MulianError:
            if current["kdf"] == "shares":
                raise
            return None
        document = known.get(share.set_id.hex())
        if document is None:
            raise SHARE_FOREIGN()
        genuine = share.threshold == document["k"] and share.index <= document["n"]
        if not genuine or share.mark() != document["marks"][share.index - 1]:
            raise SHARE_WRONG(index=share.index)
        return document, share

    def _take(self, document: dict[str, Any], share: Share) -> None:
        given = self._given.setdefault(document["set"], {})
        if share.index in given:
            raise SHARE_TWICE(index=share.index)
        given[share.index] = share
        if len(given) < document["k"]:
            return
        self._given.clear()
        root = _unsealed(document, _of_shares(shamir.combine(list(given.values()))))
        if document["set"] != self._document(self._root_file).get("set"):
            self._put_in_force(document)
        self._root = root

    def _put_in_force(self, document: dict[str, Any]) -> None:
        """Replace ``root.json`` by what was just opened: exactly this, whatever ``root-next.json`` holds by now."""
        write_atomic(self._root_file, json.dumps(document).encode(), mode=0o600)
        coming = self._coming()
        if coming is not None and coming["set"] == document["set"]:
            self._next_file.unlink(missing_ok=True)
            sync_folder(self._files.folder)

    def _numbers(self, document: dict[str, Any]) -> tuple[int, ...]:
        return tuple(sorted(self._given.get(document["set"], ())))

    def _opened(self) -> bytes:
        if self._root is None:
            raise SEALED()
        return self._root

    def _write(self, path: Path, head: dict[str, Any], key: bytes, root: bytes) -> None:
        nonce = os.urandom(12)
        sealed = sm4.gcm_encrypt(key, nonce, root, _ROOT_LABEL)
        self._files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        document = head | {"nonce": nonce.hex(), "sealed": sealed.hex()}
        write_atomic(path, json.dumps(document).encode(), mode=0o600)

    def _documents(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return what is in force and the splitting that waits for its shares, if any."""
        current, coming = self._document(self._root_file), self._coming()
        return current, None if coming and coming["set"] == current.get("set") else coming

    def _coming(self) -> dict[str, Any] | None:
        return self._document(self._next_file) if self._next_file.exists() else None

    def _document(self, path: Path) -> dict[str, Any]:
        try:
            document = json.loads(path.read_bytes())
            needed = ("k", "n", "set", "marks") if document["kdf"] == "shares" else (*_SCRYPT, "salt")
            if any(name not in document for name in (*needed, *_FIELDS)):
                raise KeyError
            return dict(document)
        except FileNotFoundError as error:
            raise ROOT_MISSING() from error
        except (ValueError, KeyError, TypeError) as error:
            raise PROVIDER_DAMAGED(name=path.name) from error


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
