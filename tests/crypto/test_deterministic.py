"""Why no envelope is written with a deterministic nonce: two rows of one value give the authentication key away."""

import pytest

from crypto.envelope import rules as envelope
from crypto.sm import sm4

pytestmark = pytest.mark.pure
_REDUCTION = 0xE1 << 120


def times(one: int, two: int) -> int:
    """Multiply in GCM's field (bit 0 is the highest)."""
    product = 0
    for bit in range(127, -1, -1):
        if two >> bit & 1:
            product ^= one
        one = one >> 1 ^ (_REDUCTION if one & 1 else 0)
    return product


def power(base: int, squarings: int) -> int:
    for _ in range(squarings):
        base = times(base, base)
    return base


def inverse(value: int) -> int:
    """value^(2^128 - 2)."""
    found, square = 1 << 127, value
    for _ in range(127):
        square = times(square, square)
        found = times(found, square)
    return found


def test_one_value_in_two_rows_under_one_nonce_shows_the_authentication_key() -> None:
    key, nonce, value = bytes(range(16)), b"\x07" * 12, b"11010119900307123X"
    head = envelope.header(7, envelope.GCM_DETERMINISTIC)
    tags = [envelope.row_tag(row, key) for row in (42, 43)]
    first, second = (envelope.seal(key, 7, tag, value, nonce, envelope.GCM_DETERMINISTIC) for tag in tags)
    assert first[:-16] == second[:-16]  # equality, which the mode means to show
    # tags differ by (AAD xor AAD') · H^4: one block of AAD, two of ciphertext, one of lengths
    aad = [int.from_bytes((head + tag).ljust(16, b"\0")) for tag in tags]
    difference = int.from_bytes(first[-16:]) ^ int.from_bytes(second[-16:])
    found = power(times(difference, inverse(aad[0] ^ aad[1])), 126)  # the fourth root: x^(2^128) = x
    assert found.to_bytes(16) == sm4.ecb_encrypt(key, bytes(16))
