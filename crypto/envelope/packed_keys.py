"""Row keys of a page side by side, as the database sent them: an object for every key would cost more than the cipher.

Integers and UUIDs only; texts are a list of ``str``. Equal in every use to a list of the same keys.
"""

import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crypto.envelope import row_keys
from crypto.envelope.row_keys import HEAD, KeyKind, RowKey

Bytes2 = NDArray[np.uint8]
_WIDTHS = {KeyKind.BIGINT: 8, KeyKind.UUID: 16}
_UUID_HEAD = row_keys.canonical(uuid.UUID(int=0))[:HEAD]


class PackedKeys(Sequence[RowKey]):
    """Keys of one kind; an item is made when it is asked for.

    ``matrix``: (rows, 8) signed or (rows, 16) bytes, big endian.
    """

    def __init__(self, kind: KeyKind, data: bytes) -> None:
        self.kind = kind
        self.matrix: Bytes2 = np.frombuffer(data, np.uint8).reshape(-1, _WIDTHS[kind])

    @classmethod
    def of_integers(cls, keys: Sequence[int]) -> "PackedKeys":
        """Pack integers; raise OverflowError beyond 64 bits."""
        return cls(KeyKind.BIGINT, np.array(keys, np.int64).astype(">i8").tobytes())

    @classmethod
    def of_hex(cls, keys: Sequence[str]) -> "PackedKeys":
        """Pack UUIDs from their 32 digits."""
        return cls(KeyKind.UUID, bytes.fromhex("".join(keys)))

    def __len__(self) -> int:
        return len(self.matrix)

    def __getitem__(self, at: Any) -> Any:
        found = self.matrix[at]
        if found.ndim > 1:
            return PackedKeys(self.kind, found.tobytes())
        data = found.tobytes()
        return uuid.UUID(bytes=data) if self.kind is KeyKind.UUID else int.from_bytes(data, signed=True)

    def integers(self) -> list[int]:
        """Return integer keys as numbers."""
        numbers: list[int] = self.matrix.view(">i8")[:, 0].tolist()
        return numbers

    def hexes(self) -> list[str]:
        """Return UUIDs by their 32 digits."""
        digits = self.matrix.tobytes().hex()
        return [digits[at:at + 32] for at in range(0, len(digits), 32)]

    def canonical(self) -> Bytes2:
        """Return the byte form of UUIDs (``row_keys.canonical``) as a matrix."""
        return _behind(_UUID_HEAD, self.matrix)


def digested(keys: Sequence[RowKey], values: Sequence[bytes]) -> bytes:
    """Return ``row_keys.digested`` of every row, one behind the other."""
    widths = set(map(len, values))
    if not isinstance(keys, PackedKeys) or len(widths) != 1:
        return b"".join(map(row_keys.digested, keys, values))
    found = np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1)
    form = keys.matrix
    if keys.kind is KeyKind.UUID:
        form = keys.canonical()
        form, found = _behind(_length(form), form), _behind(_length(found), found)
    return np.hstack((form, found)).tobytes()


def _behind(head: bytes, matrix: Bytes2) -> Bytes2:
    """Return the matrix with the same bytes before every row."""
    out = np.empty((len(matrix), len(head) + matrix.shape[1]), np.uint8)
    out[:, :len(head)] = np.frombuffer(head, np.uint8)
    out[:, len(head):] = matrix
    return out


def _length(matrix: Bytes2) -> bytes:
    return int(matrix.shape[1]).to_bytes(4)
