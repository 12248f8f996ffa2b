"""FF1 against a second, slow definition on gmssl's block function; batch against one by one; what is refused."""

import math
import random

import numpy as np
import pytest
from gmssl import sm4 as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.columns import ff1 as batch
from crypto.columns import fpe
from crypto.sm import bulk, ff1
from tests.support.scale import examples

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def slow_ff1(key: bytes, radix: int, tweak: bytes, numerals: list[int]) -> list[int]:
    """Algorithm 7 of SP 800-38G step by step, over lists and strings of bits; shares no code with the platform."""
    cipher = reference.CryptSM4()
    cipher.set_key(key, reference.SM4_ENCRYPT)

    def ciph(block: bytes) -> bytes:
        return bytes(cipher.one_round(cipher.sk, list(block)))

    def prf(data: bytes) -> bytes:
        y = bytes(16)
        for at in range(0, len(data), 16):
            y = ciph(bytes(p ^ q for p, q in zip(y, data[at:at + 16], strict=True)))
        return y

    n, t = len(numerals), len(tweak)
    u = n // 2
    v = n - u
    a, b = list(numerals[:u]), list(numerals[u:])
    bytes_b = math.ceil(math.ceil(v * math.log2(radix) - 1e-12) / 8)
    d = 4 * math.ceil(bytes_b / 4) + 4
    p = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256]) + n.to_bytes(4, "big") + t.to_bytes(4, "big")
    for i in range(10):
        num_b = sum(x * radix**power for power, x in enumerate(reversed(b)))
        q = tweak + bytes((-t - bytes_b - 1) % 16) + bytes([i]) + num_b.to_bytes(bytes_b, "big")
        r = prf(p + q)
        s = r
        for j in range(1, math.ceil(d / 16)):
            s += ciph(bytes(x ^ y for x, y in zip(r, j.to_bytes(16, "big"), strict=True)))
        y = int.from_bytes(s[:d], "big")
        m = u if i % 2 == 0 else v
        c = (sum(x * radix**power for power, x in enumerate(reversed(a))) + y) % radix**m
        out: list[int] = []
        for _ in range(m):
            out.insert(0, c % radix)
            c //= radix
        a, b = b, out
    return a + b


def test_slow_definition_gives_the_fixed_vectors() -> None:
    clear = [int(digit) for digit in "11010119900307123"]
    assert slow_ff1(KEY, 10, b"12345678", clear) == [int(digit) for digit in "71265940292303922"]
    assert slow_ff1(KEY, 36, bytes.fromhex("3737373770717273373737"), list(range(19))) == [
        4, 26, 6, 12, 22, 1, 9, 25, 11, 25, 33, 15, 27, 34, 4, 0, 27, 14, 19,
    ]


@settings(max_examples=examples(20), deadline=None)
@given(st.sampled_from([2, 3, 10, 16, 36, 62, 256]), st.integers(0, 40), st.binary(max_size=40), st.randoms())
def test_one_by_one_equals_the_slow_definition(radix: int, more: int, tweak: bytes, rng: random.Random) -> None:
    length = math.ceil(math.log(1_000_000, radix)) + more
    clear = [rng.randrange(radix) for _ in range(length)]
    expected = slow_ff1(KEY, radix, tweak, clear)
    chain = ff1.sm4_chain(KEY)
    assert ff1.encrypt(chain, radix, tweak, clear) == expected
    assert ff1.decrypt(chain, radix, tweak, expected) == clear


@settings(max_examples=examples(15), deadline=None)
@given(
    st.sampled_from([2, 10, 16, 36, 256]), st.integers(0, 40), st.binary(max_size=40), st.randoms(),
    st.sampled_from(bulk.engines()),
)
def test_batch_equals_one_by_one(
    radix: int, more: int, tweak: bytes, rng: random.Random, engine: str,
) -> None:
    length = math.ceil(math.log(1_000_000, radix)) + more
    if not batch.fits(radix, length):
        length = math.ceil(math.log(1_000_000, radix))
    rows = [[rng.randrange(radix) for _ in range(length)] for _ in range(65)]
    rows[0], rows[1] = [0] * length, [radix - 1] * length
    matrix = np.array(rows, np.uint8)
    with bulk.forced(engine):
        sealed = batch.encrypt(KEY, radix, tweak, matrix)
        assert (batch.decrypt(KEY, radix, tweak, sealed) == matrix).all()
    for index in (0, 1, 2, 64):
        assert ff1.encrypt(ff1.sm4_chain(KEY), radix, tweak, rows[index]) == sealed[index].tolist()


@settings(max_examples=examples(25))
@given(st.lists(st.one_of(st.none(), st.text("0123456789", min_size=6, max_size=40)), max_size=50))
def test_texts_of_mixed_lengths_keep_length_alphabet_and_gaps(values: list[str | None]) -> None:
    sealed = fpe.encrypt_texts(KEY, b"tweak", values)
    assert [value and (len(value), value.isdigit()) for value in sealed] == [
        value and (len(value), True) for value in values
    ]
    assert fpe.decrypt_texts(KEY, b"tweak", sealed) == values
    assert [fpe.encrypt_texts(KEY, b"tweak", [value])[0] for value in values[:5]] == sealed[:5]


def test_a_domain_is_permuted_and_tweaks_differ() -> None:
    """Distinct values stay distinct; another tweak or key is another permutation."""
    values = [f"{number:06d}" for number in range(0, 1_000_000, 50)]
    first, second = (fpe.encrypt_texts(KEY, tweak, values) for tweak in (b"dept one", b"dept two"))
    assert len(set(first)) == len(values) and first != second
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 5
    assert fpe.encrypt_texts(KEY[::-1], b"dept one", values[:20]) != first[:20]


@pytest.mark.parametrize("count", [1, 40])
def test_what_ff1_cannot_do_is_an_error(count: int) -> None:
    for value, alphabet in (("12345", fpe.DIGITS), ("12345X", fpe.DIGITS), ("12345é", LETTERS), ("１２３４５６", fpe.DIGITS),
                            ("ABC", LETTERS), ("abcd", LETTERS), ("12345é", fpe.DIGITS + "?"),
                            ("1" * 1_025, fpe.DIGITS), ("甲乙丙丁" * 5, "甲乙丙丁"), ("123456", fpe.DIGITS + "1")):
        for call in (fpe.encrypt_texts, fpe.decrypt_texts):
            with pytest.raises(ValueError, match="outside|million|ASCII"):
                call(KEY, b"", [value] * count, alphabet)
    with pytest.raises(ValueError, match="outside"):
        ff1.encrypt(ff1.sm4_chain(KEY), 10, b"", [1, 2, 3, 4, 5, 10])
    assert repr(KEY) not in repr(ff1.sm4_chain(KEY))
    for radix, length in ((1, 100), (1 << 17, 4), (10, 1), (2, 1_025)):
        with pytest.raises(ValueError, match="FF1 needs"):
            ff1.shape(radix, length)
    with pytest.raises(ValueError, match="too wide"):
        batch.encrypt(KEY, 10, b"", np.zeros((3, 40), np.uint8))
