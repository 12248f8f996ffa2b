"""SM4-CCM of one tile of rows: q = 3, 12-byte nonces, 16-byte tags. Byte-equal with one field at a time.

The chains of all rows take a step together; a field of n bytes costs 2·ceil(n/16) + 3 blocks where GCM costs
ceil(n/16) + 1. Source: RFC 8998 (SM4-CCM), RFC 3610.
"""

import numpy as np

from crypto.columns import mac
from crypto.columns.fields import BLOCK, Blocks, Bytes2, Lengths, Words, column, split, words
from crypto.sm import bulk, sm4

_COUNTER = np.dtype([("flags", "u1"), ("nonce", "V12"), ("high", "u1"), ("number", ">u2")])


def streams(key: bytes, nonce: Bytes2, blocks: int) -> Blocks:
    """Return (blocks + 1, rows, 16): first the mask of each row's tag, then its key stream."""
    counters = np.empty((blocks + 1, nonce.shape[0]), _COUNTER)
    counters["flags"], counters["high"] = 2, 0
    counters["nonce"] = nonce.view("V12")[:, 0]
    counters["number"] = np.arange(blocks + 1)[:, None]
    return bulk.encrypt(key, counters.view(np.uint8)).reshape(blocks + 1, -1, BLOCK)


def tags(
    key: bytes, mask: Bytes2, nonce: Bytes2, prefix: bytes, row_tags: Bytes2, clear: Blocks, width: int,
    used: Lengths | None,
) -> Words:
    """Return the tag of each row over clear text; arguments as for :func:`crypto.columns.gcm.tags`."""
    rows, size = mask.shape[0], row_tags.shape[1]
    head = sm4.ccm_first_blocks(bytes(12), prefix + bytes(size), width)
    matrix = np.empty((rows, len(head)), np.uint8)
    matrix[:] = np.frombuffer(head, np.uint8)
    column(matrix, 1, 12)[:] = nonce.view("V12")[:, 0]
    column(matrix, BLOCK + 2 + len(prefix), size)[:] = column(row_tags, 0, size)
    if used is not None:
        matrix[:, 14], matrix[:, 15] = used >> 8, used & 0xFF
    link = mac.chain(key, np.concatenate((split(matrix, 0, len(head)), clear)))
    return words(link) ^ words(mask)
