"""GHASH over many rows at once, by tables of 256 products per byte position (NIST SP 800-38D section 6).

A product x·H^p is the XOR over the 16 byte positions i of T[p][i][x_i]: one vectorised gather per byte. Every
power of H has tables of its own, so that the blocks of a message need no chain of multiplications.
"""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crypto.columns.fields import Words

_REDUCTION = 0xE1 << 120
_MASK = (1 << 64) - 1
MAX_POWER = 18  # 256 bytes in 16 blocks, one of additional data, one of lengths


def multiply(left: int, right: int) -> int:
    """Return the product in GF(2^128) with GCM's bit order (most significant bit is x^0)."""
    product = 0
    for bit in range(127, -1, -1):
        if left >> bit & 1:
            product ^= right
        right = right >> 1 ^ (_REDUCTION if right & 1 else 0)
    return product


class Tables:
    """Tables of one hash key for the powers 1..18, made when first asked for; 64 KiB each.

    All threads of a process share them. Two that ask at once make the same values twice: nothing is ever appended
    to or changed, because one wrong power would spoil every tag under its key.
    """

    def __init__(self, hash_key: bytes) -> None:
        self._hash_key = int.from_bytes(hash_key)
        self._tables: dict[int, NDArray[np.complex128]] = {}

    def of(self, power: int) -> NDArray[np.complex128]:
        """Return T[power] as (16, 256) sixteen-byte entries. complex128 only carries bytes: gathers of it
        move 16 bytes at a time, and no arithmetic is done on it."""
        if power not in self._tables:
            self._tables[power] = _table(self._powers[power])
        return self._tables[power]

    def constant(self, power: int, block: bytes) -> int:
        """Return block·H^power as an integer."""
        return multiply(int.from_bytes(block), self._powers[power])

    @cached_property
    def _powers(self) -> tuple[int, ...]:
        """Return H^p by p; H^0 is never asked for."""
        powers = [0, self._hash_key]
        while len(powers) <= MAX_POWER:
            powers.append(multiply(powers[-1], self._hash_key))
        return tuple(powers)


class Accumulator:
    """XOR of table rows over a tile; the scratch space is reused for every byte column."""

    def __init__(self, rows: int, constant: int) -> None:
        self._sum = np.empty((rows, 2), np.uint64)
        self._sum[:] = np.frombuffer(constant.to_bytes(16), np.uint64)
        self._scratch = np.empty(rows, np.complex128)
        self._index = np.empty(rows, np.intp)

    def add(self, table: NDArray[np.complex128], column: NDArray[np.integer[Any]]) -> None:
        """Add table[column[r]] to row r; ``table`` has 256 entries."""
        self._index[:] = column
        # mode="clip" writes straight into ``out``; the default would go through a buffer
        np.take(table, self._index, out=self._scratch, mode="clip")
        np.bitwise_xor(self._sum, self._scratch.view(np.uint64).reshape(-1, 2), out=self._sum)

    def words(self) -> Words:
        """Return the sums as (rows, 2) words in memory order."""
        return self._sum


def _table(value: int) -> NDArray[np.complex128]:
    basis = np.empty((128, 2), np.uint64)
    for bit in range(128):
        basis[bit] = value >> 64, value & _MASK
        value = value >> 1 ^ (_REDUCTION if value & 1 else 0)
    products = np.zeros((16, 256, 2), np.uint64)
    for exponent in range(8):
        weight = 1 << exponent
        single = basis[7 - exponent::8][:, None, :]
        products[:, weight:2 * weight] = products[:, :weight] ^ single
    return products.astype(">u8").view(np.complex128).reshape(16, 256)
