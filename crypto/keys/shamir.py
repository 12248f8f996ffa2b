"""Secret sharing over GF(2^8) (Shamir 1979) and the text form of a share; pure but for the random coefficients.

Text: five characters between dashes, Crockford's base 32 of
version(1) ‖ set(4) ‖ k(1) ‖ index(1) ‖ data(32) ‖ first 4 bytes of SM3 over what precedes.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crypto.errors import SHARE_FEW, SHARE_FOREIGN, SHARE_INVALID, SHARE_TWICE
from kernel.digest import sm3

SECRET_LENGTH = 32
SET_LENGTH = 4
MAX_SHARES = 16
_VERSION = 1
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("OIL", "011")
_BYTES = 1 + SET_LENGTH + 1 + 1 + SECRET_LENGTH + 4
_CHARACTERS = -(-_BYTES * 8 // 5)


@dataclass(frozen=True, repr=False)
class Share:
    """One person's part: ``set_id`` names the sharing that it belongs to, ``threshold`` how many open the root."""

    set_id: bytes
    threshold: int
    index: int
    data: bytes

    def text(self) -> str:
        """Return the form that is printed once and typed in."""
        body = bytes((_VERSION,)) + self.set_id + bytes((self.threshold, self.index)) + self.data
        number = int.from_bytes(body + sm3(body)[:4])
        digits = "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_CHARACTERS)))
        return "-".join(digits[start:start + 5] for start in range(0, _CHARACTERS, 5))

    def mark(self) -> str:
        """Return SM3 of the share: it recognises the share and says nothing about it (256 random bits)."""
        return sm3(b"mulian share", bytes((self.index,)), self.data).hex()


def parse(text: str) -> Share:
    """Read a share as somebody typed it; raise ``crypto.share.invalid`` for a slip of the pen."""
    symbols = "".join(text.split()).replace("-", "").upper().translate(_LOOKALIKES)
    if len(symbols) != _CHARACTERS or not set(symbols) <= set(_ALPHABET):
        raise SHARE_INVALID()
    number = 0
    for symbol in symbols:
        number = number << 5 | _ALPHABET.index(symbol)
    if number >> 8 * _BYTES:
        raise SHARE_INVALID()
    raw = number.to_bytes(_BYTES)
    body, check = raw[:-4], raw[-4:]
    if sm3(body)[:4] != check or body[0] != _VERSION:
        raise SHARE_INVALID()
    share = Share(body[1:5], body[5], body[6], body[7:])
    if not 1 < share.threshold <= MAX_SHARES or not share.index:
        raise SHARE_INVALID()
    return share


def split(secret: bytes, threshold: int, count: int) -> list[Share]:
    """Return ``count`` shares of which any ``threshold`` give the secret and fewer give nothing.

    Raises ValueError unless 2 ≤ threshold ≤ count ≤ 16.
    """
    if not 2 <= threshold <= count <= MAX_SHARES:
        raise ValueError("2 <= threshold <= count <= 16")
    set_id = secrets.token_bytes(SET_LENGTH)
    polynomials = [bytes((byte,)) + secrets.token_bytes(threshold - 1) for byte in secret]
    return [
        Share(set_id, threshold, index, bytes(_at(polynomial, index) for polynomial in polynomials))
        for index in range(1, count + 1)
    ]


def combine(shares: Sequence[Share]) -> bytes:
    """Return the secret; raise ``crypto.share.foreign``, ``crypto.share.twice`` or ``crypto.share.few``."""
    if not shares:
        raise SHARE_FEW(have=0, need="?")
    first = shares[0]
    if any((share.set_id, share.threshold) != (first.set_id, first.threshold) for share in shares):
        raise SHARE_FOREIGN()
    indexes = [share.index for share in shares]
    if len(set(indexes)) != len(indexes):
        raise SHARE_TWICE(index=next(index for index in indexes if indexes.count(index) > 1))
    if len(shares) < first.threshold:
        raise SHARE_FEW(have=len(shares), need=first.threshold)
    used = shares[:first.threshold]
    weights = [_weight(share.index, [other.index for other in used]) for share in used]
    return bytes(
        _sum(_times(share.data[place], weight) for share, weight in zip(used, weights, strict=True))
        for place in range(len(first.data))
    )


def _tables() -> tuple[list[int], list[int]]:
    exponents, logarithms, value = [0] * 510, [0] * 256, 1
    for power in range(255):
        exponents[power] = exponents[power + 255] = value
        logarithms[value] = power
        value = value ^ value << 1  # times 3, a generator
        value ^= 0x11B if value & 0x100 else 0
    return exponents, logarithms


_EXP, _LOG = _tables()


def _times(a: int, b: int) -> int:
    return _EXP[_LOG[a] + _LOG[b]] if a and b else 0


def _sum(values: Iterable[int]) -> int:
    total = 0
    for value in values:
        total ^= value
    return total


def _at(polynomial: bytes, x: int) -> int:
    value = 0
    for coefficient in reversed(polynomial):
        value = _times(value, x) ^ coefficient
    return value


def _weight(index: int, indexes: Sequence[int]) -> int:
    """Lagrange's weight of ``index`` at 0."""
    weight = 1
    for other in indexes:
        if other != index:
            weight = _times(weight, _times(other, _EXP[255 - _LOG[other ^ index]]))
    return weight
