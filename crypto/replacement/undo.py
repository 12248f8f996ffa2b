"""The undo file: one sealed record for each range, written and synced before any row of the range is changed.

Record: 4-byte length ‖ 12-byte nonce ‖ SM4-GCM of canonical JSON, bound to job and range number. The key of a file is
its own, kept under a data key of the department.
"""

import json
import os
import uuid
from collections.abc import Sequence
from pathlib import Path

from crypto.replacement.errors import UNDO_UNREADABLE
from crypto.replacement.port import Change
from crypto.sm import sm4
from kernel.files_atomic import sync_folder

_HEAD = 4


class UndoFile:
    """An open undo file. Not thread-safe; one job writes it."""

    def __init__(self, path: Path, key: bytes, replacement_id: uuid.UUID) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path, self._key, self._label = path, key, replacement_id.bytes
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        sync_folder(path.parent)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)

    def append(self, place: int, number: int, upto: str | None, changes: Sequence[Change]) -> int:
        """Write the record of a range at ``place`` (what a crash left there is overwritten); return its size."""
        content = json.dumps(
            {"upto": upto, "rows": [[one.key, one.old, one.new] for one in changes]}, ensure_ascii=False,
            separators=(",", ":"),
        )
        nonce = os.urandom(sm4.NONCE_LENGTH)
        # a lone surrogate is no text of any database; it would have been refused as a value
        sealed = sm4.gcm_encrypt(self._key, nonce, content.encode(), self._aad(number))
        record = (len(nonce) + len(sealed)).to_bytes(_HEAD) + nonce + sealed
        os.pwrite(self._descriptor, record, place)
        os.fsync(self._descriptor)
        return len(record)

    def read(self, place: int, size: int, number: int) -> tuple[str | None, list[Change]]:
        """Return the last key and the changes of a range; raise ``crypto.replacement.undo_unreadable``."""
        record = os.pread(self._descriptor, size, place)
        if len(record) != size or int.from_bytes(record[:_HEAD]) != size - _HEAD:
            raise UNDO_UNREADABLE(reason=f"{self._path.name} @{place}")
        nonce, sealed = record[_HEAD:_HEAD + sm4.NONCE_LENGTH], record[_HEAD + sm4.NONCE_LENGTH:]
        try:
            content = json.loads(sm4.gcm_decrypt(self._key, nonce, sealed, self._aad(number)))
        except sm4.TagMismatch as error:
            raise UNDO_UNREADABLE(reason=f"{self._path.name} #{number}") from error
        return content["upto"], [Change(*row) for row in content["rows"]]

    def _aad(self, number: int) -> bytes:
        return b"mlundo1" + self._label + number.to_bytes(4)
