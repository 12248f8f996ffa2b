"""Byte columns of matrices as one item a row, and blocks of fields laid out block by block.

A view as ``V12`` moves 12 bytes a row in one step; slices of a matrix are copied byte by byte and cost thrice.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 16
Bytes2 = NDArray[np.uint8]  # (rows, bytes)
Blocks = NDArray[np.uint8]  # (blocks, rows, 16): all first blocks, then all second ones
Words = NDArray[np.uint64]  # (rows, 2): 16 bytes of a block as two native words
Lengths = NDArray[np.int64]
# row n: n bytes of ones, then zeros
_MASKS = (np.arange(BLOCK) < np.arange(BLOCK + 1)[:, None]).astype(np.uint8) * np.uint8(255)


def column(matrix: Bytes2, at: int, size: int) -> NDArray[Any]:
    """Return ``size`` bytes of each row from ``at`` on as one void item a row: a view, to read or to assign."""
    return matrix[:, at:at + size].view(f"V{size}")[:, 0]


def words(blocks: Bytes2) -> Words:
    """Return (rows, 16) contiguous bytes as (rows, 2) words."""
    return blocks.view(np.uint64).reshape(-1, 2)


def split(matrix: Bytes2, at: int, width: int) -> Blocks:
    """Return ``width`` bytes of each row from ``at`` on as zero-padded blocks."""
    blocks = np.zeros((-(-width // BLOCK), matrix.shape[0], BLOCK), np.uint8)
    for index, block in enumerate(blocks):
        size = min(BLOCK, width - index * BLOCK)
        column(block, 0, size)[:] = column(matrix, at + index * BLOCK, size)
    return blocks


def join(blocks: Blocks, matrix: Bytes2, at: int, width: int) -> None:
    """Write the first ``width`` bytes of each row's blocks into the matrix from ``at`` on."""
    for index, block in enumerate(blocks):
        size = min(BLOCK, width - index * BLOCK)
        column(matrix, at + index * BLOCK, size)[:] = column(block, 0, size)


def clear_tails(blocks: Blocks, width: int, used: Lengths | None) -> None:
    """Zero what lies beyond each row's length, in place: it must reach neither a tag nor the caller.

    ``used``: bytes per row, all within the last block; None: ``width`` for every row.
    """
    if not len(blocks):
        return
    before = (len(blocks) - 1) * BLOCK
    if used is None:
        size = BLOCK - (width - before)
        if size:
            column(blocks[-1], BLOCK - size, size)[:] = np.zeros((), f"V{size}")
        return
    last = words(blocks[-1])
    np.bitwise_and(last, words(np.take(_MASKS, used - before, axis=0)), out=last)
