"""Encrypt and decrypt lists of fields: groups by key, form and size, batch where it pays, one by one elsewhere.

Nothing here knows where keys come from: callers hand in a function from key id to :class:`ColumnKey`.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from crypto.columns.engine import MAX_FIELD, ColumnKey, decrypt, encrypt, row_tags
from crypto.columns.fields import Bytes2, column
from crypto.columns.mac import cmac
from crypto.envelope import row_keys as keys
from crypto.envelope import rules as envelope
from crypto.envelope.packed_keys import PackedKeys
from crypto.envelope.row_keys import KeyKind, RowKey
from crypto.envelope.rules import OVERHEAD
from crypto.errors import ENVELOPE_INVALID
from crypto.sm import sm4
from kernel.errors import MulianError

_SEPARATOR = b"\xff"
BATCH_FROM = 16  # rows; below that, set-up costs more than it saves
KeyOf = Callable[[int], "ColumnKey | Failure"]


@dataclass(frozen=True)
class Failure:
    """Why one row gave no clear text; the other rows of its column are not touched by it.

    ``reason``: "not_an_envelope", "wrong_tag" (changed, moved, or another key), "unknown_key", "wrong_scope",
    "retired_key", "destroyed_key".
    """

    reason: str


WRONG_TAG = Failure("wrong_tag")
NOT_AN_ENVELOPE = Failure("not_an_envelope")


def encrypt_column(
    key: ColumnKey, row_keys: Sequence[RowKey], plaintexts: Sequence[bytes | None], *, padded: bool = False,
    algorithm: int = envelope.GCM,
) -> list[bytes | None]:
    """Return one envelope per field under one key; None stays None, b"" becomes a 34-byte envelope.

    ``padded`` hides lengths up to the next multiple of 16 (ISO/IEC 7816-4). ``algorithm``: GCM or CCM; nonces are
    random, so the deterministic form is refused.
    """
    if len(row_keys) != len(plaintexts):
        raise ValueError("row keys and fields differ in number")
    if algorithm not in (envelope.GCM, envelope.CCM):
        raise ValueError("columns are encrypted by GCM or CCM")
    form = _Form(algorithm, padded)
    fields = _matrix(plaintexts) if len(plaintexts) >= BATCH_FROM else None
    if fields is not None and fields.shape[1] < MAX_FIELD:
        fields = _pad(fields) if padded else fields
        return _rows(form.encrypt(key, _tags(key, row_keys), fields))
    if padded:
        plaintexts = [None if clear is None else envelope.pad(clear) for clear in plaintexts]
    return _encrypt_mixed(key, row_keys, plaintexts, form)


def decrypt_column(
    key_of: KeyOf, row_keys: Sequence[RowKey], envelopes: Sequence[bytes | None],
) -> list[bytes | Failure | None]:
    """Return clear text or :class:`Failure` per row; None stays None. Keys, forms and lengths may be mixed."""
    if len(row_keys) != len(envelopes):
        raise ValueError("row keys and envelopes differ in number")
    matrix = _matrix(envelopes) if len(envelopes) >= BATCH_FROM else None
    if matrix is not None and OVERHEAD <= matrix.shape[1] <= OVERHEAD + MAX_FIELD:
        first = matrix[0].tobytes()
        heads = column(matrix, 0, envelope.HEADER)
        if envelope.defect(first) is None and bool((heads == heads[0]).all()):
            return _decrypt_group(key_of, first[:envelope.HEADER], row_keys, matrix, None)
    return _decrypt_mixed(key_of, row_keys, envelopes)


def blind_index(key: bytes, messages: Sequence[bytes | None]) -> list[bytes | None]:
    """Return the 16-byte CMAC over SM4 of each message, many chains side by side; None stays None.

    Callers normalise first (``crypto.scopes.rules``): equal values must be equal bytes here.
    """
    return _macs(key, messages)


@dataclass(frozen=True)
class _Form:
    """Algorithm and padding of the envelopes to be made."""

    algorithm: int
    padded: bool

    def encrypt(
        self, key: ColumnKey, tags: Bytes2, fields: Bytes2, used: NDArray[np.int64] | None = None,
    ) -> Bytes2:
        """Encrypt a matrix."""
        return encrypt(key, tags, fields, used, algorithm=self.algorithm, padded=self.padded)

    def seal(self, key: ColumnKey, row_key: RowKey, clear: bytes) -> bytes:
        """Encrypt one field, already padded where it is to be."""
        tag = envelope.row_tag(row_key, key.key)
        return envelope.seal(key.key, key.key_id, tag, clear, os.urandom(12), self.algorithm, padded=self.padded)


def _encrypt_mixed(
    key: ColumnKey, row_keys: Sequence[RowKey], plaintexts: Sequence[bytes | None], form: _Form,
) -> list[bytes | None]:
    result: list[bytes | None] = [None] * len(plaintexts)
    lengths = _lengths(plaintexts)
    for blocks, indexes in _by_blocks(lengths).items():
        used = lengths[indexes]
        if len(indexes) < BATCH_FROM or blocks * 16 > MAX_FIELD:
            for index in indexes:
                result[index] = form.seal(key, row_keys[index], plaintexts[index] or b"")
            continue
        width = int(used.max())
        joined = b"".join((plaintexts[i] or b"").ljust(width, b"\0") for i in indexes)
        fields = np.frombuffer(joined, np.uint8).reshape(len(indexes), width)
        sealed = form.encrypt(key, _tags(key, [row_keys[i] for i in indexes]), fields, used)
        for index, size, row in zip(indexes.tolist(), used.tolist(), _rows(sealed), strict=True):
            result[index] = row[:OVERHEAD + size]
    return result


def _decrypt_mixed(
    key_of: KeyOf, row_keys: Sequence[RowKey], envelopes: Sequence[bytes | None],
) -> list[bytes | Failure | None]:
    result: list[bytes | Failure | None] = [None] * len(envelopes)
    groups: dict[tuple[bytes, int], list[int]] = defaultdict(list)
    for index, data in enumerate(envelopes):
        if data is None:
            continue
        if envelope.defect(data) is not None:
            result[index] = NOT_AN_ENVELOPE
            continue
        groups[data[:envelope.HEADER], -(-(len(data) - OVERHEAD) // 16)].append(index)
    for (head, blocks), indexes in groups.items():
        keys = [row_keys[i] for i in indexes]
        values = [envelopes[i] or b"" for i in indexes]
        if len(indexes) < BATCH_FROM or blocks * 16 > MAX_FIELD:
            opened = _decrypt_singly(key_of, head, keys, values)
        else:
            used = _lengths(values)
            width = int(used.max())
            joined = b"".join(value.ljust(width, b"\0") for value in values)
            matrix = np.frombuffer(joined, np.uint8).reshape(len(values), width)
            opened = _decrypt_group(key_of, head, keys, matrix, used - OVERHEAD)
        for index, value in zip(indexes, opened, strict=True):
            result[index] = value
    return result


def _decrypt_group(
    key_of: KeyOf, head: bytes, row_keys: Sequence[RowKey], matrix: Bytes2, used: NDArray[np.int64] | None,
) -> list[bytes | Failure | None]:
    key = key_of(int.from_bytes(head[2:]))
    if isinstance(key, Failure):
        return [key] * len(row_keys)
    plaintext, good = decrypt(key, head, _tags(key, row_keys), matrix, used)
    padded = envelope.is_padded(head)
    width = _common_padding(plaintext) if padded and used is None and good.all() else None
    if width is not None:
        plaintext, padded = np.ascontiguousarray(plaintext[:, :width]), False
    rows: list[bytes | Failure | None] = _rows(plaintext)
    if used is not None:
        rows = [row[:size] for row, size in zip(_rows(plaintext), used.tolist(), strict=True)]
    if padded:
        rows = [_unpadded(row) if right else WRONG_TAG for row, right in zip(rows, good.tolist(), strict=True)]
    elif not good.all():
        for index in np.flatnonzero(~good).tolist():
            rows[index] = WRONG_TAG
    return rows


def _pad(fields: Bytes2) -> Bytes2:
    """Pad a matrix as ``envelope.pad`` pads one field."""
    rows, width = fields.shape
    padded = np.zeros((rows, (width // 16 + 1) * 16), np.uint8)
    padded[:, :width] = fields
    padded[:, width] = 0x80
    return padded


def _common_padding(plaintext: Bytes2) -> int | None:
    """Return where the padding of all rows starts, None where they differ or one has none."""
    width = plaintext.shape[1]
    if not width or width % 16:
        return None
    start = len(plaintext[0].tobytes().rstrip(b"\0")) - 1
    if start < width - 16:
        return None
    expected = np.frombuffer(b"\x80".ljust(width - start, b"\0"), np.uint8)
    tails = plaintext[:, start:]
    return start if bool((tails == expected).all()) else None


def _unpadded(row: bytes | Failure | None) -> bytes | Failure:
    assert isinstance(row, bytes)
    try:
        return envelope.unpad(row)
    except MulianError:
        return NOT_AN_ENVELOPE


def _decrypt_singly(
    key_of: KeyOf, head: bytes, row_keys: list[RowKey], values: list[bytes],
) -> list[bytes | Failure | None]:
    key = key_of(int.from_bytes(head[2:]))
    if isinstance(key, Failure):
        return [key] * len(values)
    result: list[bytes | Failure | None] = []
    for row_key, data in zip(row_keys, values, strict=True):
        try:
            result.append(envelope.unseal(key.key, envelope.row_tag(row_key, key.key), data))
        except sm4.TagMismatch:
            result.append(WRONG_TAG)
        except MulianError as error:
            if error.kind is not ENVELOPE_INVALID:
                raise
            result.append(NOT_AN_ENVELOPE)
    return result


def _tags(key: ColumnKey, row_keys: Sequence[RowKey]) -> Bytes2:
    """Return (rows, 8) tags of a column's row keys, which are of one kind."""
    if isinstance(row_keys, PackedKeys):
        if row_keys.kind is KeyKind.BIGINT:
            return row_keys.matrix
        whole = cmac(envelope.row_tag_key(key.key), row_keys.canonical())
        return np.ascontiguousarray(whole[:, :envelope.ROW_TAG])
    try:
        return row_tags(row_keys)
    except TypeError:  # they are no integers
        if any(isinstance(row_key, int) for row_key in row_keys):
            raise ValueError("the row keys of a column are of one kind") from None
    found = cast("list[bytes]", _macs(envelope.row_tag_key(key.key), list(map(keys.canonical, row_keys))))
    return np.ascontiguousarray(np.frombuffer(b"".join(found), np.uint8).reshape(-1, 16)[:, :envelope.ROW_TAG])


def _macs(key: bytes, messages: Sequence[bytes | None]) -> list[bytes | None]:
    """Return the CMAC of each message, many chains side by side; None stays None."""
    matrix = _matrix(messages)
    if matrix is not None:
        return _rows(cmac(key, matrix))
    result: list[bytes | None] = [None] * len(messages)
    lengths = _lengths(messages)
    for length in np.unique(lengths[lengths >= 0]).tolist():
        indexes: list[int] = np.flatnonzero(lengths == length).tolist()
        joined = np.frombuffer(b"".join(messages[i] or b"" for i in indexes), np.uint8)
        for index, tag in zip(indexes, _rows(cmac(key, joined.reshape(len(indexes), length))), strict=True):
            result[index] = tag
    return result


def _rows(matrix: Bytes2) -> list[Any]:
    """Split a matrix into one bytes object per row; a void view turns into bytes without a Python loop.

    Typed so that the list may go on as one that could hold None or a failure, without a copy.
    """
    if matrix.shape[1] == 0:
        return [b""] * matrix.shape[0]
    rows: list[Any] = np.ascontiguousarray(matrix).view(f"V{matrix.shape[1]}").reshape(-1).tolist()
    return rows


def _by_blocks(lengths: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    blocks = np.where(lengths < 0, -1, -(-lengths // 16))
    return {int(value): np.flatnonzero(blocks == value) for value in np.unique(blocks) if value >= 0}


def _lengths(values: Sequence[bytes | None]) -> NDArray[np.int64]:
    return np.fromiter((-1 if value is None else len(value) for value in values), np.int64, len(values))


def _matrix(values: Sequence[bytes | None]) -> Bytes2 | None:
    """Return fields that all have one length as a matrix, else None; also None where a value is missing.

    Texts have no byte 0xFF. Joined by it, fields are of one length exactly when every separator stands where it
    then must, which is seen without asking each field. Other fields are asked.
    """
    count, fields = len(values), cast("Sequence[bytes]", values)
    try:
        joined = _SEPARATOR.join(fields)  # raises at the first None
    except TypeError:
        return None
    step = (len(joined) + 1) // count if count else 0
    if not step or step * count != len(joined) + 1:
        return None
    between: Bytes2 = np.ndarray((count - 1, 1), np.uint8, joined, step - 1, (step, 1))
    if not (between == _SEPARATOR[0]).all():
        return None
    if joined.count(_SEPARATOR) != count - 1 and set(map(len, fields)) != {step - 1}:
        return None
    return np.ndarray((count, step - 1), np.uint8, joined, 0, (step, 1))
