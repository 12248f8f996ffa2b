"""Encrypt and decrypt lists of fields: groups by key, form and size, batch where it pays, one by one elsewhere.

Nothing here knows where keys come from: callers hand in a function from key id to :class:`ColumnKey`.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crypto.columns.engine import MAX_FIELD, TILE, Bytes2, ColumnKey, decrypt, encrypt, row_tags
from crypto.envelope import rules as envelope
from crypto.errors import ENVELOPE_INVALID
from crypto.sm import bulk, sm4
from kernel.errors import MulianError

BATCH_FROM = 16  # rows; below that, set-up costs more than it saves
RowKey = int | bytes
KeyOf = Callable[[int], "ColumnKey | Failure"]


@dataclass(frozen=True)
class Failure:
    """Why one row gave no clear text; the other rows of its column are not touched by it.

    ``reason``: "not_an_envelope", "wrong_tag" (changed, moved, or another key), "unknown_key", "wrong_scope",
    "retired_key".
    """

    reason: str


WRONG_TAG = Failure("wrong_tag")
NOT_AN_ENVELOPE = Failure("not_an_envelope")


def encrypt_column(
    key: ColumnKey, row_keys: Sequence[RowKey], plaintexts: Sequence[bytes | None], *, padded: bool = False,
) -> list[bytes | None]:
    """Return one envelope per field under one key; None stays None, b"" becomes a 34-byte envelope.

    ``padded`` hides lengths up to the next multiple of 16 (ISO/IEC 7816-4).
    """
    if len(row_keys) != len(plaintexts):
        raise ValueError("row keys and fields differ in number")
    if padded:
        return _encrypt_padded(key, row_keys, plaintexts)
    lengths = np.fromiter(map(_length, plaintexts), np.int64, len(plaintexts))
    count = len(plaintexts)
    if count >= BATCH_FROM and _uniform(lengths) and 0 <= lengths[0] <= MAX_FIELD:
        fields = np.frombuffer(b"".join(plaintexts), np.uint8)  # type: ignore[arg-type]
        out = encrypt(key, _tags(key, row_keys), fields.reshape(count, int(lengths[0])))
        return _rows(out)  # type: ignore[return-value]
    return _encrypt_mixed(key, row_keys, plaintexts, lengths)


def decrypt_column(
    key_of: KeyOf, row_keys: Sequence[RowKey], envelopes: Sequence[bytes | None],
) -> list[bytes | Failure | None]:
    """Return clear text or :class:`Failure` per row; None stays None. Keys, forms and lengths may be mixed."""
    if len(row_keys) != len(envelopes):
        raise ValueError("row keys and envelopes differ in number")
    lengths = np.fromiter(map(_length, envelopes), np.int64, len(envelopes))
    if len(envelopes) >= BATCH_FROM and _uniform(lengths) and _batchable(int(lengths[0])):
        matrix = np.frombuffer(b"".join(envelopes), np.uint8)  # type: ignore[arg-type]
        matrix = matrix.reshape(len(envelopes), int(lengths[0]))
        head = matrix[0, :envelope.HEADER].tobytes()
        one_head = bool((matrix[:, :envelope.HEADER] == matrix[0, :envelope.HEADER]).all())
        if one_head and _plain_gcm(head) and envelope.defect(matrix[0].tobytes()) is None:
            return _decrypt_group(key_of, head, row_keys, matrix, None)
    return _decrypt_mixed(key_of, row_keys, envelopes)


def blind_index(key: bytes, messages: Sequence[bytes | None]) -> list[bytes | None]:
    """Return the 16-byte CMAC over SM4 of each message, many chains side by side; None stays None.

    Callers normalise first (``crypto.scopes.rules``): equal values must be equal bytes here.
    """
    if not messages:
        return []
    lengths = np.fromiter(map(_length, messages), np.int64, len(messages))
    if _uniform(lengths) and lengths[0] > 0:
        matrix = np.frombuffer(b"".join(messages), np.uint8)  # type: ignore[arg-type]
        return list(_rows(_cmac(key, matrix.reshape(len(messages), int(lengths[0])))))
    result: list[bytes | None] = [None] * len(messages)
    for length in np.unique(lengths):
        if length >= 0:
            indexes: list[int] = np.flatnonzero(lengths == length).tolist()
            joined = np.frombuffer(b"".join(messages[i] or b"" for i in indexes), np.uint8)
            tags = _rows(_cmac(key, joined.reshape(len(indexes), int(length))))
            for index, tag in zip(indexes, tags, strict=True):
                result[index] = tag
    return result


def _cmac(key: bytes, messages: Bytes2) -> Bytes2:
    """Return (rows, 16) CMACs of (rows, length) messages, NIST SP 800-38B section 6.2."""
    rows, length = messages.shape
    blocks = max(1, -(-length // 16))
    subkey = _double(int.from_bytes(sm4.ecb_encrypt(key, bytes(16))))
    if length != blocks * 16:
        subkey = _double(subkey)
    last = np.frombuffer(subkey.to_bytes(16), np.uint64)
    out = np.empty((rows, 16), np.uint8)
    for start in range(0, rows, TILE):
        part = messages[start:start + TILE]
        padded = np.zeros((len(part), blocks * 16), np.uint8)
        padded[:, :length] = part
        if length != blocks * 16:
            padded[:, length] = 0x80
        words = padded.view(np.uint64).reshape(len(part), blocks, 2)
        chain = words[:, 0] ^ last if blocks == 1 else np.ascontiguousarray(words[:, 0])
        for block in range(1, blocks):
            chain = bulk.encrypt(key, chain.view(np.uint8)).view(np.uint64) ^ words[:, block]
            if block == blocks - 1:
                chain ^= last
        out[start:start + len(part)] = bulk.encrypt(key, chain.view(np.uint8))
    return out


def _encrypt_padded(
    key: ColumnKey, row_keys: Sequence[RowKey], plaintexts: Sequence[bytes | None],
) -> list[bytes | None]:
    """Padded fields carry another header, and their scopes are few: one field at a time."""
    head = envelope.header(key.key_id, padded=True)
    result: list[bytes | None] = []
    for row_key, plaintext in zip(row_keys, plaintexts, strict=True):
        if plaintext is None:
            result.append(None)
            continue
        nonce, tag = os.urandom(12), envelope.row_tag(row_key, key.key)
        result.append(head + nonce + sm4.gcm_encrypt(key.key, nonce, envelope.pad(plaintext), head + tag))
    return result


def _encrypt_mixed(
    key: ColumnKey, row_keys: Sequence[RowKey], plaintexts: Sequence[bytes | None], lengths: NDArray[np.int64],
) -> list[bytes | None]:
    result: list[bytes | None] = [None] * len(plaintexts)
    for blocks, indexes in _by_blocks(lengths).items():
        used = lengths[indexes]
        if len(indexes) < BATCH_FROM or blocks * 16 > MAX_FIELD:
            for index in indexes:
                tag = envelope.row_tag(row_keys[index], key.key)
                clear = plaintexts[index] or b""
                result[index] = envelope.seal(key.key, key.key_id, tag, clear, os.urandom(12))
            continue
        width = int(used.max())
        joined = b"".join((plaintexts[i] or b"").ljust(width, b"\0") for i in indexes)
        fields = np.frombuffer(joined, np.uint8).reshape(len(indexes), width)
        tags = _tags(key, [row_keys[i] for i in indexes])
        for index, size, row in zip(indexes, used, _rows(encrypt(key, tags, fields, used)), strict=True):
            result[index] = row[:envelope.OVERHEAD + int(size)]
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
        groups[data[:envelope.HEADER], -(-(len(data) - envelope.OVERHEAD) // 16)].append(index)
    for (head, blocks), indexes in groups.items():
        keys = [row_keys[i] for i in indexes]
        values = [envelopes[i] or b"" for i in indexes]
        if len(indexes) < BATCH_FROM or blocks * 16 > MAX_FIELD or not _plain_gcm(head):
            opened = _decrypt_singly(key_of, head, keys, values)
        else:
            used = np.fromiter(map(len, values), np.int64, len(values))
            width = int(used.max())
            joined = b"".join(value.ljust(width, b"\0") for value in values)
            matrix = np.frombuffer(joined, np.uint8).reshape(len(values), width)
            opened = _decrypt_group(key_of, head, keys, matrix, used - envelope.OVERHEAD)
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
    rows: list[bytes | Failure | None] = list(_rows(plaintext))
    if used is not None:
        rows = [row[:int(size)] for row, size in zip(_rows(plaintext), used, strict=True)]
    for index in np.flatnonzero(~good):
        rows[int(index)] = WRONG_TAG
    return rows


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
    if isinstance(row_keys[0], int):
        return row_tags(row_keys)  # type: ignore[arg-type]
    joined = b"".join(envelope.row_tag(row_key, key.key) for row_key in row_keys)
    return np.frombuffer(joined, np.uint8).reshape(-1, 8)


def _rows(matrix: Bytes2) -> list[bytes]:
    """Split a matrix into one bytes object per row; a void view turns into bytes without a Python loop."""
    if matrix.shape[1] == 0:
        return [b""] * matrix.shape[0]
    rows: list[bytes] = np.ascontiguousarray(matrix).view(f"V{matrix.shape[1]}").reshape(-1).tolist()
    return rows


def _by_blocks(lengths: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    blocks = np.where(lengths < 0, -1, -(-lengths // 16))
    return {int(value): np.flatnonzero(blocks == value) for value in np.unique(blocks) if value >= 0}


def _length(value: bytes | None) -> int:
    return -1 if value is None else len(value)


def _uniform(lengths: NDArray[np.int64]) -> bool:
    return bool((lengths == lengths[0]).all())


def _batchable(length: int) -> bool:
    return envelope.OVERHEAD <= length <= envelope.OVERHEAD + MAX_FIELD


def _plain_gcm(head: bytes) -> bool:
    return head[1] & 0x0F in (envelope.GCM, envelope.GCM_DETERMINISTIC)


def _double(value: int) -> int:
    return (value << 1 ^ (0x87 if value >> 127 else 0)) & (1 << 128) - 1
