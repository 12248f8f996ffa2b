"""SM4-GCM of one tile of rows: counter blocks in one ECB call, GHASH by vectorised look-ups.

Byte-equal with one field at a time. Source: RFC 8998 (SM4-GCM), NIST SP 800-38D.
"""

import numpy as np

from crypto.columns.fields import BLOCK, Blocks, Bytes2, Lengths, Words, words
from crypto.columns.ghash import Accumulator, Tables
from crypto.sm import bulk

_COUNTER = np.dtype([("nonce", "V12"), ("number", ">u4")])


def streams(key: bytes, nonce: Bytes2, blocks: int) -> Blocks:
    """Return (blocks + 1, rows, 16): first E(J0) of each row, then its key stream."""
    counters = np.empty((blocks + 1, nonce.shape[0]), _COUNTER)
    counters["nonce"] = nonce.view("V12")[:, 0]
    counters["number"] = np.arange(1, blocks + 2)[:, None]
    return bulk.encrypt(key, counters.view(np.uint8)).reshape(blocks + 1, -1, BLOCK)


def tags(
    tables: Tables, mask: Bytes2, prefix: bytes, row_tags: Bytes2, cipher: Blocks, width: int, used: Lengths | None,
) -> Words:
    """Return the tag of each row: E(J0) ^ GHASH(prefix ‖ row tag, cipher).

    ``prefix``: additional data common to all rows; ``row_tags`` (rows, 8): what follows it. ``mask``: E(J0). Bytes
    that are equal in all rows are folded into one constant.
    """
    rows, blocks = mask.shape[0], len(cipher)
    additional = len(prefix) + row_tags.shape[1]
    top = blocks + 1 + -(-additional // BLOCK)  # power of the first block; the length block has power 1
    varying = _varying(row_tags)
    fixed = row_tags[0].copy()
    fixed[varying] = 0
    constant = _fixed_part(tables, top, prefix + fixed.tobytes())
    bits = 0 if used is not None else width * 8
    constant ^= tables.constant(1, (additional * 8).to_bytes(8) + bits.to_bytes(8))
    total = Accumulator(rows, constant)
    for at in varying:
        position = len(prefix) + at
        total.add(tables.of(top - position // BLOCK)[position % BLOCK], row_tags[:, at])
    for index, block in enumerate(cipher):
        table, size = tables.of(blocks + 1 - index), min(BLOCK, width - index * BLOCK)
        for at, column in enumerate(np.ascontiguousarray(block.T[:size])):
            total.add(table[at], column)
    if used is not None:
        size_bits = used * 8
        total.add(tables.of(1)[14], size_bits >> 8)
        total.add(tables.of(1)[15], size_bits & 0xFF)
    result = total.words()
    return np.bitwise_xor(result, words(mask), out=result)


def _varying(row_tags: Bytes2) -> list[int]:
    """Return which bytes of the row tags differ between rows."""
    whole = np.ascontiguousarray(row_tags).view(np.uint64)
    different = np.bitwise_or.reduce(whole ^ whole[0], axis=0).view(np.uint8)
    return np.flatnonzero(different).tolist()


def _fixed_part(tables: Tables, top: int, data: bytes) -> int:
    total = 0
    for index in range(-(-len(data) // BLOCK)):
        block = data[index * BLOCK:(index + 1) * BLOCK].ljust(BLOCK, b"\0")
        total ^= tables.constant(top - index, block)
    return total
