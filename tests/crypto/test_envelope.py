"""Envelope v1: the design's vectors, the text form, and what must not parse."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.envelope import rules
from crypto.sm import sm4
from kernel.errors import MulianError

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
NONCE = bytes(range(12))
EMPTY = "4d1100000007000102030405060708090a0bfacd2e7dea12eb9753c54e7c89841c17"
NUMBER = (
    "4d1100000007000102030405060708090a0b641028a0818098265db0b398eb6b5767bba1db9edb34d8e1ec64e6d39ae1517106db"
)
CCM = "4d1200000007000102030405060708090a0b265be8fb51a79b5e93cf30135f1ebfb64307f4b99e551dfd319b83181274bd8b3533"


@pytest.mark.requirement("S4-25")
@pytest.mark.parametrize(
    ("algorithm", "plaintext", "expected"),
    [(rules.GCM, b"", EMPTY), (rules.GCM, b"11010119900307123X", NUMBER), (rules.CCM, b"11010119900307123X", CCM)],
)
def test_vectors_of_the_design(algorithm: int, plaintext: bytes, expected: str) -> None:
    tag = rules.row_tag(42, KEY)
    data = rules.seal(KEY, 7, tag, plaintext, NONCE, algorithm)
    assert data.hex() == expected
    assert rules.unseal(KEY, tag, data) == plaintext
    with pytest.raises(sm4.TagMismatch):
        rules.unseal(KEY, rules.row_tag(43, KEY), data)


def test_other_nonces_make_no_envelope() -> None:
    for length in (8, 13):
        with pytest.raises(ValueError, match="12 bytes"):
            rules.seal(KEY, 7, rules.row_tag(42, KEY), b"clear", bytes(length))
        with pytest.raises(MulianError):
            rules.encode(rules.Envelope(1, False, 7, bytes(length), bytes(16)))


@given(st.integers(1, rules.MAX_KEY_ID), st.binary(min_size=16, max_size=80), st.sampled_from([1, 2, 3]), st.booleans())
def test_encode_and_parse_are_inverse(key_id: int, sealed: bytes, algorithm: int, padded: bool) -> None:
    envelope = rules.Envelope(algorithm, padded, key_id, NONCE, sealed)
    data = rules.encode(envelope)
    assert rules.parse(data) == envelope and rules.key_id_of(data) == key_id
    text = rules.to_text(data)
    assert text.startswith(f"mlc1.{key_id:08x}.") and rules.from_text(text) == data


@given(st.integers(1, rules.MAX_KEY_ID), st.integers(1, rules.MAX_KEY_ID))
def test_text_forms_sort_by_age_of_key(first: int, second: int) -> None:
    older, newer = sorted((first, second))
    texts = [rules.to_text(rules.encode(rules.Envelope(1, False, k, NONCE, bytes(16)))) for k in (older, newer)]
    assert texts[0][:13] <= texts[1][:13]


@pytest.mark.parametrize(
    "data",
    [b"", bytes.fromhex(EMPTY)[:-1], b"\x4e" + bytes.fromhex(EMPTY)[1:], b"\x4d\x21" + bytes.fromhex(EMPTY)[2:],
     b"\x4d\x14" + bytes.fromhex(EMPTY)[2:], b"\x4d\x10" + bytes.fromhex(EMPTY)[2:],
     b"\x4d\x11\0\0\0\0" + bytes.fromhex(EMPTY)[6:], "张三".encode() * 10],
)
def test_what_is_not_an_envelope(data: bytes) -> None:
    with pytest.raises(MulianError) as caught:
        rules.parse(data)
    assert caught.value.code == "crypto.envelope.invalid"


@pytest.mark.parametrize("change", ["inner key", "outer key", "padding", "space", "line end", "alphabet"])
def test_text_form_has_one_spelling(change: str) -> None:
    text = rules.to_text(bytes.fromhex(NUMBER))
    other = {
        "inner key": rules.to_text(bytes.fromhex(NUMBER.replace("00000007", "00000008"))).replace("8.", "7.", 1),
        "outer key": text.replace("00000007", "00000008"),
        "padding": text + "=", "space": text + " ", "line end": text + "\n",
        "alphabet": text.replace(text[-1], "+"),
    }[change]
    with pytest.raises(MulianError):
        rules.from_text(other)


@given(st.binary(max_size=60))
def test_padding_round_trip(data: bytes) -> None:
    padded = rules.pad(data)
    assert len(padded) % 16 == 0 and rules.unpad(padded) == data


@given(st.integers(-(2**63), 2**63 - 1))
def test_integer_row_tags_are_the_key_itself(row_key: int) -> None:
    assert int.from_bytes(rules.row_tag(row_key, KEY), signed=True) == row_key


def test_other_row_keys_are_hidden_and_distinct() -> None:
    tags = {rules.row_tag(f"key-{n}", KEY) for n in range(200)} | {rules.row_tag(uuid.UUID(int=n), KEY)
                                                                   for n in range(200)}
    assert len(tags) == 400 and all(len(tag) == 8 for tag in tags)
    assert rules.row_tag("key-1", KEY) != rules.row_tag("key-1", KEY[::-1])
