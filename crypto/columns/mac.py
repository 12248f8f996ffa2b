"""CBC-MAC chains of many rows side by side: CMAC (NIST SP 800-38B) and the inside of CCM."""

from functools import lru_cache

import numpy as np

from crypto.columns.fields import BLOCK, Blocks, Bytes2, column, split, words
from crypto.sm import bulk, sm4

TILE = 8_192


def chain(key: bytes, blocks: Blocks) -> Bytes2:
    """Return the last link (rows, 16) of each row's CBC chain from zero over (blocks, rows, 16)."""
    link = bulk.encrypt(key, blocks[0])
    for block in blocks[1:]:
        mixed = words(link)
        np.bitwise_xor(mixed, words(block), out=mixed)
        link = bulk.encrypt(key, link)
    return link


def cmac(key: bytes, messages: Bytes2) -> Bytes2:
    """Return (rows, 16) CMACs of (rows, length) messages."""
    rows, length = messages.shape
    whole = length > 0 and length % BLOCK == 0
    subkey = words(np.frombuffer(_subkeys(key)[0 if whole else 1], np.uint8).reshape(1, BLOCK))
    out = np.empty((rows, BLOCK), np.uint8)
    for start in range(0, rows, TILE):
        part = messages[start:start + TILE]
        blocks = split(part, 0, length) if length else np.zeros((1, len(part), BLOCK), np.uint8)
        if not whole:
            blocks[-1, :, length % BLOCK] = 0x80
        last = words(blocks[-1])
        np.bitwise_xor(last, subkey, out=last)
        column(out[start:start + TILE], 0, BLOCK)[:] = column(chain(key, blocks), 0, BLOCK)
    return out


def forget() -> None:
    """Drop the subkeys of the last keys."""
    _subkeys.cache_clear()


@lru_cache(maxsize=64)
def _subkeys(key: bytes) -> tuple[bytes, bytes]:
    """Return K1 (whole last block) and K2 (padded last block)."""
    first = _double(int.from_bytes(sm4.ecb_encrypt(key, bytes(BLOCK))))
    return first.to_bytes(BLOCK), _double(first).to_bytes(BLOCK)


def _double(value: int) -> int:
    return (value << 1 ^ (0x87 if value >> 127 else 0)) & (1 << 128) - 1
