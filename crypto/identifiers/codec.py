"""Native identifiers: ``M1`` ‖ 26 characters of one SM4 block in Crockford's base32 ‖ check character.

The block is SM4_k("ML" ‖ department16 ‖ field16 ‖ epoch16 ‖ number64): unique because SM4 permutes, self-authenticating
because 64 bits of what it decrypts to are known. All characters of many identifiers are handled side by side, with one
call of the cipher for each batch.

The check character is the sum over GF(32) of characters times distinct powers of a generator: a single changed
character and two exchanged ones always show, before any key is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crypto.sm import bulk, sm4

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "M1"
LENGTH = 29
_DIGITS = 26  # of 5 bits: 130, of which the first two are zero
_MAGIC = b"ML"
_CHARACTERS = np.frombuffer(ALPHABET.encode(), np.uint8)
_VALUES = np.full(256, 255, np.uint8)
_VALUES[_CHARACTERS] = np.arange(32, dtype=np.uint8)
_SHIFTS = [5 * (_DIGITS - 1 - at) for at in range(_DIGITS)]
Numbers = NDArray[np.int64]
Blocks = NDArray[np.uint8]  # (rows, 16)
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Place:
    """Where an identifier belongs: numbers of department and field, and the epoch of the key (16 bits each)."""

    department: int
    field: int
    epoch: int

    def head(self) -> bytes:
        """Return the eight bytes before the number."""
        return _MAGIC + self.tweak()[:6]

    def tweak(self, form: int = 0) -> bytes:
        """Return eight bytes that separate department, field, epoch and form under FF1."""
        return b"".join(part.to_bytes(2) for part in (self.department, self.field, self.epoch, form))


def encode(key: bytes, place: Place, numbers: Sequence[int] | Numbers) -> list[str]:
    """Return the identifiers of numbers (0..2^63-1), in order."""
    wanted = np.asarray(numbers, np.int64)
    blocks = np.empty((len(wanted), sm4.BLOCK), np.uint8)
    blocks[:, :8] = np.frombuffer(place.head(), np.uint8)
    blocks.view(">u8")[:, 1] = wanted
    return _texts(_digits(bulk.encrypt(key, blocks))) if len(wanted) else []


def unpack(texts: Sequence[str]) -> tuple[Blocks, Mask]:
    """Return the blocks of identifiers, and which texts are well formed; the blocks of the others mean nothing.

    Only the one spelling that :func:`encode` writes is taken: no small letters, no O for 0.
    """
    fitting = [len(text) == LENGTH and text.isascii() for text in texts]
    joined = "".join(text if fits else " " * LENGTH for text, fits in zip(texts, fitting, strict=True))
    rows = np.frombuffer(joined.encode("ascii"), np.uint8).reshape(len(texts), LENGTH)
    values = np.take(_VALUES, rows)
    digits = values[:, 2:2 + _DIGITS]
    good = (rows[:, 0] == ord(PREFIX[0])) & (rows[:, 1] == ord(PREFIX[1])) & (values[:, 2:] < 32).all(axis=1)
    good &= digits[:, 0] < 8
    digits = np.where(good[:, None], digits, np.uint8(0))
    good &= _check(digits) == values[:, -1]
    return _blocks(digits), good


def is_native(text: str) -> bool:
    """Tell whether a text has the form and the check character of a native identifier; needs no key."""
    return text.startswith(PREFIX) and bool(unpack([text])[1][0])


def decode(key: bytes, place: Place, blocks: Blocks) -> tuple[Numbers, Mask]:
    """Return the numbers in blocks, and which blocks are of this key and place; the other numbers mean nothing."""
    if not len(blocks):
        return np.empty(0, np.int64), np.empty(0, np.bool_)
    clear = sm4.ecb_decrypt_array(key, blocks)
    words = clear.view(">u8")
    numbers = words[:, 1].astype(np.int64)
    return numbers, (words[:, 0] == int.from_bytes(place.head())) & (numbers >= 0)


def _digits(blocks: Blocks) -> NDArray[np.uint8]:
    words = blocks.view(">u8").astype(np.uint64)
    high, low = words[:, 0], words[:, 1]
    digits = np.empty((len(blocks), _DIGITS), np.uint8)
    for at, shift in enumerate(_SHIFTS):
        if shift >= 64:
            value = high >> np.uint64(shift - 64)
        elif shift + 5 <= 64:
            value = low >> np.uint64(shift)
        else:
            value = low >> np.uint64(shift) | high << np.uint64(64 - shift)
        digits[:, at] = value & np.uint64(31)
    return digits


def _blocks(digits: NDArray[np.uint8]) -> Blocks:
    words = np.zeros((len(digits), 2), np.uint64)
    for at, shift in enumerate(_SHIFTS):
        value = digits[:, at].astype(np.uint64)
        if shift >= 64:
            words[:, 0] |= value << np.uint64(shift - 64)
            continue
        words[:, 1] |= value << np.uint64(shift)
        if shift + 5 > 64:
            words[:, 0] |= value >> np.uint64(64 - shift)
    return words.astype(">u8").view(np.uint8).reshape(-1, sm4.BLOCK)


def _texts(digits: NDArray[np.uint8]) -> list[str]:
    rows = np.empty((len(digits), LENGTH), np.uint8)
    rows[:, :2] = np.frombuffer(PREFIX.encode(), np.uint8)
    rows[:, 2:-1] = _CHARACTERS[digits]
    rows[:, -1] = _CHARACTERS[_check(digits)]
    text = rows.tobytes().decode("ascii")
    return [text[at:at + LENGTH] for at in range(0, len(text), LENGTH)]


def _check(digits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    total = np.zeros(len(digits), np.uint8)
    for at, row in enumerate(_PRODUCTS):
        total ^= row[digits[:, at]]
    return total


def _products() -> NDArray[np.uint8]:
    """Return, for each place, the products of its weight (a power of x modulo x^5 + x^2 + 1) with all characters."""
    table, weight = np.zeros((_DIGITS, 32), np.uint8), 1
    for at in range(_DIGITS):
        weight = _times(weight, 2)
        table[at] = [_times(weight, value) for value in range(32)]
    return table


def _times(one: int, other: int) -> int:
    product = 0
    for bit in range(5):
        if other >> bit & 1:
            product ^= one << bit
    for bit in range(8, 4, -1):
        if product >> bit & 1:
            product ^= 0b100101 << bit - 5
    return product


_PRODUCTS = _products()
