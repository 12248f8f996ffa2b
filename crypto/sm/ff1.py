"""FF1 format-preserving encryption (NIST SP 800-38G Rev. 1), one value at a time, over any 128-bit block cipher.

Values are sequences of numerals 0..radix-1 and keep their length. The cipher enters only as ``chain``, CBC
encryption from a zero block: the samples of the standard use AES, the platform SM4. The same key, tweak and value
give the same result, so equality shows; that is what identifiers are for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from crypto.sm import sm4

ROUNDS = 10
MIN_DOMAIN = 1_000_000  # SP 800-38G Rev. 1: radix ** length must be at least this
MAX_LENGTH = 1_024  # numerals: a value from outside must not make numbers of millions of digits
Chain = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Shape:
    """What follows from radix, length and tweak length alone (step 1 to 4 of the algorithm)."""

    radix: int
    length: int
    left: int
    right: int
    half_bytes: int
    number_bytes: int

    def head(self, tweak_length: int) -> bytes:
        """Return the block P."""
        return (
            b"\1\2\1" + self.radix.to_bytes(3) + bytes((ROUNDS, self.left & 0xFF)) + self.length.to_bytes(4)
            + tweak_length.to_bytes(4)
        )

    def width(self, round_number: int) -> int:
        """Return how many numerals the half that a round replaces has."""
        return self.right if round_number % 2 else self.left


def shape(radix: int, length: int) -> Shape:
    """Return the shape; raise ValueError for a domain below FF1's, a radix out of 2..65536, more than MAX_LENGTH."""
    if not 2 <= radix <= 1 << 16 or not 2 <= length <= MAX_LENGTH or radix**length < MIN_DOMAIN:
        raise ValueError(f"FF1 needs a radix of 2..65536, at least a million values and at most {MAX_LENGTH} numerals")
    left = length // 2
    half = ((radix ** (length - left) - 1).bit_length() + 7) // 8
    return Shape(radix, length, left, length - left, half, 4 * (-(-half // 4)) + 4)


def sm4_chain(key: bytes) -> Chain:
    """Return CBC encryption under SM4 from a zero block; unlike that of a partial, its repr has no key in it."""
    return lambda blocks: sm4.cbc_encrypt(key, bytes(sm4.BLOCK), blocks)


def aes_chain(key: bytes) -> Chain:
    """Return the same under AES: the cipher of the standard's samples, for the self-test."""
    return lambda blocks: Cipher(AES(key), CBC(bytes(16))).encryptor().update(blocks)


def encrypt(chain: Chain, radix: int, tweak: bytes, numerals: Sequence[int]) -> list[int]:
    """Return the encrypted numerals, as many as came in; raise ValueError outside FF1's domain."""
    form = _checked(radix, numerals)
    low, high = _number(numerals[:form.left], radix), _number(numerals[form.left:], radix)
    for number in range(ROUNDS):
        low, high = high, (low + _round(chain, form, tweak, number, high)) % radix ** form.width(number)
    return _numerals(low, radix, form.left) + _numerals(high, radix, form.right)


def decrypt(chain: Chain, radix: int, tweak: bytes, numerals: Sequence[int]) -> list[int]:
    """Undo :func:`encrypt`. Any value of the domain decrypts to something: FF1 authenticates nothing."""
    form = _checked(radix, numerals)
    low, high = _number(numerals[:form.left], radix), _number(numerals[form.left:], radix)
    for number in reversed(range(ROUNDS)):
        low, high = (high - _round(chain, form, tweak, number, low)) % radix ** form.width(number), low
    return _numerals(low, radix, form.left) + _numerals(high, radix, form.right)


def _round(chain: Chain, form: Shape, tweak: bytes, number: int, half: int) -> int:
    """Return y of step 6: the pseudorandom number that a round adds."""
    filling = bytes(-(len(tweak) + form.half_bytes + 1) % 16)
    block = chain(
        form.head(len(tweak)) + tweak + filling + bytes((number,)) + half.to_bytes(form.half_bytes)
    )[-16:]
    stream = block
    for counter in range(1, -(-form.number_bytes // 16)):
        stream += chain((int.from_bytes(block) ^ counter).to_bytes(16))
    return int.from_bytes(stream[:form.number_bytes])


def _checked(radix: int, numerals: Sequence[int]) -> Shape:
    form = shape(radix, len(numerals))
    if not all(0 <= numeral < radix for numeral in numerals):
        raise ValueError("a numeral is outside the radix")
    return form


def _number(numerals: Sequence[int], radix: int) -> int:
    value = 0
    for numeral in numerals:
        value = value * radix + numeral
    return value


def _numerals(value: int, radix: int, width: int) -> list[int]:
    out = [0] * width
    for at in range(width - 1, -1, -1):
        value, out[at] = divmod(value, radix)
    return out
