"""SM4-GCM envelopes over a whole column: counter blocks in one ECB call, GHASH and compare vectorised.

Every function works on one key and one header. Byte-equal with one field at a time through ``crypto.envelope``.
Source: RFC 8998 (SM4-GCM), NIST SP 800-38D.
"""

import functools
import os
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crypto.columns.ghash import Accumulator, Tables, Words
from crypto.envelope import rules as envelope
from crypto.sm import bulk, sm4

TILE = 8_192  # rows: a tile's scratch space stays in the second-level cache
MAX_FIELD = 256  # longer fields go one at a time; the tables of 18 powers are 1.2 MiB a key
Bytes2 = NDArray[np.uint8]


@dataclass(frozen=True)
class ColumnKey:
    """A data key ready for work. ``key`` never appears in repr."""

    key_id: int
    key: bytes = field(repr=False)
    tables: Tables = field(repr=False, compare=False)


def column_key(key_id: int, key: bytes) -> ColumnKey:
    """Return the working form of a data key; the tables of the last 64 keys are kept."""
    return ColumnKey(key_id, key, _tables(key))


@functools.lru_cache(maxsize=64)
def _tables(key: bytes) -> Tables:
    return Tables(sm4.ecb_encrypt(key, bytes(16)))


def row_tags(keys: "list[int] | NDArray[np.int64]") -> Bytes2:
    """Return integer row keys as (rows, 8) big-endian bytes."""
    return np.asarray(keys, dtype=np.int64).astype(">i8").view(np.uint8).reshape(-1, 8)


def encrypt(
    key: ColumnKey, tags: Bytes2, plaintext: Bytes2, lengths: NDArray[np.int64] | None = None,
    *, nonces: Bytes2 | None = None, algorithm: int = envelope.GCM,
) -> Bytes2:
    """Encrypt (rows, width) bytes into (rows, 34 + width) envelopes.

    ``tags``: (rows, 8). ``lengths``: bytes used per row, rest zero; then row r's envelope is the first
    34 + lengths[r] bytes. All rows need the same number of 16-byte blocks. ``nonces`` (rows, 12) are given by
    tests only; otherwise they come from os.urandom, per tile.
    """
    rows, width = plaintext.shape
    out = np.empty((rows, envelope.OVERHEAD + width), np.uint8)
    head = envelope.header(key.key_id, algorithm)
    out[:, :envelope.HEADER] = np.frombuffer(head, np.uint8)
    for start in range(0, rows, TILE):
        part = slice(start, min(start + TILE, rows))
        count = part.stop - start
        fresh = np.frombuffer(os.urandom(12 * count), np.uint8) if nonces is None else nonces[part]
        nonce = fresh.reshape(count, 12)
        used = None if lengths is None else lengths[part]
        stream, mask = _streams(key, nonce, width)
        cipher = _padded(plaintext[part], stream.shape[1])
        np.bitwise_xor(cipher.view(np.uint64), stream.view(np.uint64), out=cipher.view(np.uint64))
        _clear_tails(cipher, width, used)
        tag = _ghash(key, head, tags[part], cipher, width, used) ^ mask
        out[part, envelope.NONCE_AT:envelope.BODY_AT] = nonce
        out[part, envelope.BODY_AT:envelope.BODY_AT + width] = cipher[:, :width]
        _place_tags(out[part], tag.view(np.uint8), width, used)
    return out


def decrypt(
    key: ColumnKey, head: bytes, tags: Bytes2, envelopes: Bytes2, lengths: NDArray[np.int64] | None = None,
) -> tuple[Bytes2, NDArray[np.bool_]]:
    """Decrypt (rows, 34 + width) envelopes that all start with ``head`` into ((rows, width), ok per row).

    ``lengths`` as for :func:`encrypt`. Rows whose tag is wrong are zero in the result; comparing has no early exit.
    """
    rows, width = envelopes.shape[0], envelopes.shape[1] - envelope.OVERHEAD
    plaintext = np.empty((rows, width), np.uint8)
    good = np.empty(rows, np.bool_)
    for start in range(0, rows, TILE):
        part = slice(start, min(start + TILE, rows))
        tile = envelopes[part]
        used = None if lengths is None else lengths[part]
        stream, mask = _streams(key, tile[:, envelope.NONCE_AT:envelope.BODY_AT], width)
        cipher = _padded(tile[:, envelope.BODY_AT:envelope.BODY_AT + width], stream.shape[1])
        found = _take_tags(tile, width, used)
        _clear_tails(cipher, width, used)
        difference = _ghash(key, head, tags[part], cipher, width, used) ^ mask ^ found
        right = (difference[:, 0] | difference[:, 1]) == 0
        np.bitwise_xor(cipher.view(np.uint64), stream.view(np.uint64), out=cipher.view(np.uint64))
        _clear_tails(cipher, width, used)
        if not right.all():
            cipher[~right] = 0
        plaintext[part] = cipher[:, :width]
        good[part] = right
    return plaintext, good


def _streams(key: ColumnKey, nonce: Bytes2, width: int) -> tuple[Bytes2, Words]:
    """Return the key stream (rows, blocks·16) and E(J0) as words (rows, 2), from one ECB call."""
    rows, blocks = nonce.shape[0], -(-width // 16)
    counters = np.empty((rows, blocks + 1, 4), np.uint32)
    counters[:, :, :3] = np.ascontiguousarray(nonce).view(np.uint32)[:, None, :]
    counters[:, :, 3] = np.arange(1, blocks + 2, dtype=">u4").view(np.uint32)
    encrypted = bulk.encrypt(key.key, counters.view(np.uint8)).reshape(rows, blocks + 1, 16)
    stream = np.ascontiguousarray(encrypted[:, 1:]).reshape(rows, blocks * 16)
    return stream, np.ascontiguousarray(encrypted[:, 0]).view(np.uint64)


def _padded(data: Bytes2, width: int) -> Bytes2:
    padded = np.zeros((data.shape[0], width), np.uint8)
    padded[:, :data.shape[1]] = data
    return padded


def _clear_tails(data: Bytes2, width: int, used: NDArray[np.int64] | None) -> None:
    """Zero what lies beyond each row's length: key stream in the padding must reach neither GHASH nor caller."""
    data[:, width:] = 0
    if used is not None:
        data[:, :width] *= np.arange(width) < used[:, None]


def _ghash(
    key: ColumnKey, head: bytes, tags: Bytes2, cipher: Bytes2, width: int, used: NDArray[np.int64] | None,
) -> Words:
    """Return GHASH(head ‖ tag, cipher) per row; columns of equal bytes are folded into one constant."""
    rows, blocks = cipher.shape[0], cipher.shape[1] // 16
    top = blocks + 2  # power of the AAD block; the length block has power 1
    varying = np.flatnonzero((tags != tags[0]).any(axis=0))
    fixed = tags[0].copy()
    fixed[varying] = 0
    bits = 0 if used is not None else width * 8
    constant = key.tables.constant(top, head + fixed.tobytes() + b"\0\0")
    constant ^= key.tables.constant(1, (14 * 8).to_bytes(8) + bits.to_bytes(8))
    total = Accumulator(rows, constant)
    columns = np.ascontiguousarray(tags.T[varying]).astype(np.intp)
    for index, position in enumerate(varying):
        total.add(key.tables.of(top)[envelope.HEADER + int(position)], columns[index])
    body = cipher.T[:width].astype(np.intp, order="C")
    for at in range(width):
        total.add(key.tables.of(blocks + 1 - at // 16)[at % 16], body[at])
    if used is not None:
        size = (used * 8).astype(np.intp)
        total.add(key.tables.of(1)[14], size >> 8)
        total.add(key.tables.of(1)[15], size & 0xFF)
    return total.words()


def _place_tags(out: Bytes2, tag: Bytes2, width: int, used: NDArray[np.int64] | None) -> None:
    if used is None:
        out[:, envelope.BODY_AT + width:] = tag
        return
    at = envelope.BODY_AT + used[:, None] + np.arange(16)
    np.put_along_axis(out, at, tag, axis=1)


def _take_tags(tile: Bytes2, width: int, used: NDArray[np.int64] | None) -> Words:
    if used is None:
        return np.ascontiguousarray(tile[:, envelope.BODY_AT + width:]).view(np.uint64)
    at = envelope.BODY_AT + used[:, None] + np.arange(16)
    return np.ascontiguousarray(np.take_along_axis(tile, at, axis=1)).view(np.uint64)
