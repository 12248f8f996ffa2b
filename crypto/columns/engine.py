"""Envelopes of a whole column under one key and one header, in tiles: matrices in, matrices out.

Byte-equal with one field at a time through ``crypto.envelope``. Scratch space is a tile's, whatever the column's
length, and the work inside a tile lets other threads run.
"""

import functools
import os
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crypto.columns import ccm, gcm, mac
from crypto.columns.fields import Blocks, Bytes2, Lengths, Words, clear_tails, column, join, split, words
from crypto.columns.ghash import Tables
from crypto.envelope import rules as envelope
from crypto.errors import SELFTEST_FAILED
from crypto.sm import sm4

TILE = 8_192  # rows: a tile's scratch space stays in the second-level cache
MAX_FIELD = 256  # longer fields go one at a time; the tables of 18 powers are 1.2 MiB a key


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


def forget() -> None:
    """Drop what is kept of keys between calls: to be called when the root is sealed or keys expire.

    A :class:`ColumnKey` that somebody still holds goes on working.
    """
    _tables.cache_clear()
    mac.forget()


def row_tags(keys: "Sequence[Any] | NDArray[np.int64]") -> Bytes2:
    """Return integer row keys as (rows, 8) big-endian bytes.

    Raises TypeError where a key is no integer: numpy would read b"5" as 5. OverflowError beyond 64 bits.
    """
    numbers = keys if isinstance(keys, np.ndarray) else np.asarray(array("q", keys))
    return numbers.astype(">i8").view(np.uint8).reshape(-1, 8)


def encrypt(
    key: ColumnKey, tags: Bytes2, plaintext: Bytes2, lengths: Lengths | None = None, *,
    nonces: Bytes2 | None = None, algorithm: int = envelope.GCM, padded: bool = False,
) -> Bytes2:
    """Encrypt (rows, width) bytes into (rows, 34 + width) envelopes.

    ``tags``: (rows, 8). ``lengths``: bytes used per row, rest zero; then row r's envelope is the first
    34 + lengths[r] bytes. All rows need the same number of 16-byte blocks. ``nonces`` (rows, 12) are given by
    tests only; otherwise they come from os.urandom, per tile. ``padded`` marks what the caller has padded.
    Raises ValueError for fields above MAX_FIELD, ``crypto.selftest.failed`` where a row does not open again.
    """
    rows, width = plaintext.shape
    _check_width(width)
    out = np.empty((rows, envelope.OVERHEAD + width), np.uint8)
    head = envelope.header(key.key_id, algorithm, padded=padded)
    column(out, 0, envelope.HEADER)[:] = np.void(head)
    for start in range(0, rows, TILE):
        part = slice(start, min(start + TILE, rows))
        count = part.stop - start
        fresh = np.frombuffer(os.urandom(12 * count), np.uint8) if nonces is None else nonces[part]
        nonce = fresh.reshape(count, 12)
        used = None if lengths is None else lengths[part]
        cipher, tag = seal(key, head, tags[part], nonce, split(plaintext[part], 0, width), width, used)
        tile = out[part]
        column(tile, envelope.NONCE_AT, 12)[:] = nonce.view("V12")[:, 0]
        join(cipher, tile, envelope.BODY_AT, width)
        _place_tags(tile, tag.view(np.uint8), width, used)
        size = width if used is None else int(used[-1])
        _reopen(key, tags[part.stop - 1].tobytes(), tile[-1].tobytes()[:envelope.OVERHEAD + size],
                plaintext[part.stop - 1].tobytes()[:size])
    return out


def decrypt(
    key: ColumnKey, head: bytes, tags: Bytes2, envelopes: Bytes2, lengths: Lengths | None = None,
) -> tuple[Bytes2, NDArray[np.bool_]]:
    """Decrypt (rows, 34 + width) envelopes that all start with ``head`` into ((rows, width), ok per row).

    ``lengths`` as for :func:`encrypt`. Rows whose tag is wrong are zero in the result; comparing has no early exit.
    Raises ValueError for fields above MAX_FIELD.
    """
    rows, width = envelopes.shape[0], envelopes.shape[1] - envelope.OVERHEAD
    _check_width(width)
    plaintext = np.empty((rows, width), np.uint8)
    good = np.empty(rows, np.bool_)
    for start in range(0, rows, TILE):
        part = slice(start, min(start + TILE, rows))
        tile = envelopes[part]
        used = None if lengths is None else lengths[part]
        nonce = np.ascontiguousarray(tile[:, envelope.NONCE_AT:envelope.BODY_AT])
        found = _take_tags(tile, width, used)
        clear, tag = unseal(key, head, tags[part], nonce, split(tile, envelope.BODY_AT, width), width, used)
        difference = tag ^ found
        right = (difference[:, 0] | difference[:, 1]) == 0
        if not right.all():
            clear[:, ~right] = 0
        join(clear, plaintext[part], 0, width)
        good[part] = right
    return plaintext, good


def seal(
    key: ColumnKey, prefix: bytes, tags: Bytes2, nonce: Bytes2, clear: Blocks, width: int, used: Lengths | None,
) -> tuple[Blocks, Words]:
    """Return cipher blocks (in the place of ``clear``) and tags of one tile; additional data: prefix ‖ tags."""
    if _is_ccm(prefix):
        stream = ccm.streams(key.key, nonce, len(clear))
        tag = ccm.tags(key.key, stream[0], nonce, prefix, tags, clear, width, used)
        return _mixed(clear, stream, width, used), tag
    stream = gcm.streams(key.key, nonce, len(clear))
    cipher = _mixed(clear, stream, width, used)
    return cipher, gcm.tags(key.tables, stream[0], prefix, tags, cipher, width, used)


def unseal(
    key: ColumnKey, prefix: bytes, tags: Bytes2, nonce: Bytes2, cipher: Blocks, width: int, used: Lengths | None,
) -> tuple[Blocks, Words]:
    """Return clear blocks (in the place of ``cipher``) and the tags that the rows ought to have."""
    if _is_ccm(prefix):
        stream = ccm.streams(key.key, nonce, len(cipher))
        clear = _mixed(cipher, stream, width, used)
        return clear, ccm.tags(key.key, stream[0], nonce, prefix, tags, clear, width, used)
    stream = gcm.streams(key.key, nonce, len(cipher))
    clear_tails(cipher, width, used)
    tag = gcm.tags(key.tables, stream[0], prefix, tags, cipher, width, used)
    return _mixed(cipher, stream, width, used), tag


def _check_width(width: int) -> None:
    """Counters and length bytes of a tile are made for MAX_FIELD; far above it key stream would repeat."""
    if not 0 <= width <= MAX_FIELD:
        raise ValueError(f"columns hold fields of at most {MAX_FIELD} bytes")


def _reopen(key: ColumnKey, tag: bytes, data: bytes, clear: bytes) -> None:
    """Open one row by OpenSSL alone. A table or an engine that computes wrongly would spoil all rows of a tile, and
    what shares it would never notice."""
    found = envelope.parse(data)
    decrypt_one = sm4.ccm_decrypt if found.algorithm == envelope.CCM else sm4.gcm_decrypt
    try:
        same = decrypt_one(key.key, found.nonce, found.sealed, data[:envelope.HEADER] + tag) == clear
    except sm4.TagMismatch:
        same = False
    if not same:
        raise SELFTEST_FAILED(test="SM4 columns")


def _is_ccm(head: bytes) -> bool:
    return head[1] & ~envelope.PADDED & 0x0F == envelope.CCM


def _mixed(blocks: Blocks, stream: Blocks, width: int, used: Lengths | None) -> Blocks:
    """XOR the key stream into the blocks, in place; beyond each row's length stay zeros."""
    if len(blocks):
        flat = blocks.view(np.uint64)
        np.bitwise_xor(flat, stream[1:].view(np.uint64), out=flat)
    clear_tails(blocks, width, used)
    return blocks


def _place_tags(tile: Bytes2, tag: Bytes2, width: int, used: Lengths | None) -> None:
    if used is None:
        column(tile, envelope.BODY_AT + width, 16)[:] = column(tag, 0, 16)
        return
    at = envelope.BODY_AT + used[:, None] + np.arange(16)
    np.put_along_axis(tile, at, tag, axis=1)


def _take_tags(tile: Bytes2, width: int, used: Lengths | None) -> Words:
    if used is None:
        return words(np.ascontiguousarray(tile[:, envelope.BODY_AT + width:]))
    at = envelope.BODY_AT + used[:, None] + np.arange(16)
    return words(np.take_along_axis(tile, at, axis=1))
