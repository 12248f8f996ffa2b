"""FF1-SM4 over many values side by side (NIST SP 800-38G Rev. 1); the definition is ``crypto.sm.ff1``.

All values of a call share key, radix, tweak and length, so that everything but one block a round is constant.
"""

import numpy as np
from numpy.typing import NDArray

from crypto.columns.fields import BLOCK, words
from crypto.sm import bulk, ff1, sm4

TILE = 8_192
MAX_HALF = 1 << 48  # values of a half: sums and remainders stay within 64 bits
Numerals = NDArray[np.uint8]  # (rows, length), radix at most 256
Numbers = NDArray[np.uint64]


def fits(radix: int, length: int) -> bool:
    """Tell whether values of this form are encrypted here; else ``crypto.sm.ff1`` does it one by one."""
    return radix <= 256 and length <= ff1.MAX_LENGTH and radix ** (length - length // 2) <= MAX_HALF


def encrypt(key: bytes, radix: int, tweak: bytes, numerals: Numerals) -> Numerals:
    """Return the encrypted numerals (rows, length); raise ValueError outside FF1's domain."""
    return _tiles(_Work(key, radix, tweak, numerals.shape[1]), numerals, forward=True)


def decrypt(key: bytes, radix: int, tweak: bytes, numerals: Numerals) -> Numerals:
    """Undo :func:`encrypt`."""
    return _tiles(_Work(key, radix, tweak, numerals.shape[1]), numerals, forward=False)


class _Work:
    """What is the same for all rows: shape, the chain up to the last block, that block without its number."""

    def __init__(self, key: bytes, radix: int, tweak: bytes, length: int) -> None:
        if not fits(radix, length):
            raise ValueError("too wide for the batch")
        self.key, self.form = key, ff1.shape(radix, length)
        body = tweak + bytes(-(len(tweak) + self.form.half_bytes + 1) % BLOCK)
        constant = body + bytes(1 + self.form.half_bytes)
        before = self.form.head(len(tweak)) + constant[:-BLOCK]
        link = sm4.cbc_encrypt(key, bytes(BLOCK), before)[-BLOCK:]
        mixed = int.from_bytes(link) ^ int.from_bytes(constant[-BLOCK:])
        self.last = np.frombuffer(mixed.to_bytes(BLOCK), np.uint8).reshape(1, BLOCK)

    def added(self, number: int, half: Numbers) -> Numbers:
        """Return y mod radix^m of a round: what it adds to the other half."""
        block = np.zeros((len(half), BLOCK), np.uint8)
        block.view(">u8")[:, 1] = half
        block[:, BLOCK - 1 - self.form.half_bytes] = number
        np.bitwise_xor(words(block), words(self.last), out=words(block))
        out = bulk.encrypt(self.key, block)
        modulus = np.uint64(self.modulus(number))
        value = out.view(">u8")[:, 0].astype(np.uint64) % modulus
        if self.form.number_bytes == 8:
            return value
        for at in (4, 5):  # y has 12 bytes: two more steps of 16 bits
            value = (value << np.uint64(16) | out.view(">u2")[:, at].astype(np.uint64)) % modulus
        return value

    def modulus(self, number: int) -> int:
        """Return radix^m of the half that a round replaces."""
        return int(self.form.radix ** self.form.width(number))


def _tiles(work: _Work, numerals: Numerals, *, forward: bool) -> Numerals:
    if numerals.size and int(numerals.max()) >= work.form.radix:
        raise ValueError("a numeral is outside the radix")
    out = np.empty_like(numerals)
    for start in range(0, len(numerals), TILE):
        part = numerals[start:start + TILE]
        low, high = _number(part[:, :work.form.left], work.form.radix), _number(
            part[:, work.form.left:], work.form.radix
        )
        low, high = _forward(work, low, high) if forward else _backward(work, low, high)
        _write(low, work.form.radix, out[start:start + TILE, :work.form.left])
        _write(high, work.form.radix, out[start:start + TILE, work.form.left:])
    return out


def _forward(work: _Work, low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
    for number in range(ff1.ROUNDS):
        low, high = high, (low + work.added(number, high)) % np.uint64(work.modulus(number))
    return low, high


def _backward(work: _Work, low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
    for number in reversed(range(ff1.ROUNDS)):
        modulus = np.uint64(work.modulus(number))
        low, high = (high + modulus - work.added(number, low)) % modulus, low
    return low, high


def _number(numerals: Numerals, radix: int) -> Numbers:
    value = np.zeros(len(numerals), np.uint64)
    for digit in numerals.T:
        value = value * np.uint64(radix) + digit
    return value


def _write(value: Numbers, radix: int, out: Numerals) -> None:
    for at in range(out.shape[1] - 1, -1, -1):
        value, out[:, at] = np.divmod(value, np.uint64(radix))
