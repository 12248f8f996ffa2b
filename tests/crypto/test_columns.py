"""The batch engine: equal to one field at a time and to gmssl, and a damaged row harms only itself."""

import random
import secrets

import numpy as np
import pytest
from gmssl import sm4 as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.columns import engine, ghash
from crypto.columns.service import NOT_AN_ENVELOPE, WRONG_TAG, Failure, blind_index, decrypt_column, encrypt_column
from crypto.envelope import rules
from crypto.sm import sm4

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
COLUMN = engine.column_key(7, KEY)


def key_of(key_id: int) -> engine.ColumnKey | Failure:
    return COLUMN if key_id == 7 else Failure("unknown_key")


def gmssl_gcm(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """SM4-GCM from gmssl's block cipher and schoolbook GHASH: shares no code with the engine."""
    cipher = reference.CryptSM4()
    cipher.set_key(key, reference.SM4_ENCRYPT)

    def block(data: bytes) -> bytes:
        return bytes(cipher.one_round(cipher.sk, list(data)))

    hash_key = int.from_bytes(block(bytes(16)))
    stream = b"".join(block(nonce + n.to_bytes(4)) for n in range(2, 3 + len(plaintext) // 16 + 1))
    body = bytes(a ^ b for a, b in zip(plaintext, stream, strict=False))
    data = aad + bytes(-len(aad) % 16) + body + bytes(-len(body) % 16)
    data += (len(aad) * 8).to_bytes(8) + (len(body) * 8).to_bytes(8)
    total = 0
    for at in range(0, len(data), 16):
        total = ghash.multiply(total ^ int.from_bytes(data[at:at + 16]), hash_key)
    mask = int.from_bytes(block(nonce + (1).to_bytes(4)))
    return body + (total ^ mask).to_bytes(16)


@pytest.mark.requirement("S4-25")
def test_batch_equals_one_field_and_gmssl_on_mixed_lengths(scale) -> None:  # type: ignore[no-untyped-def]
    count = scale.of(150, 3_000)
    fields = [secrets.token_bytes(random.choice((0, 1, 3, 6, 9, 15, 16, 17, 18, 32, 33, 70))) for _ in range(count)]
    keys = [random.randrange(-(2**63), 2**63) for _ in range(count)]
    for row_key, clear, data in zip(keys, fields, encrypt_column(COLUMN, keys, fields), strict=True):
        assert data is not None
        tag, nonce = rules.row_tag(row_key, KEY), data[6:18]
        assert data == rules.seal(KEY, 7, tag, clear, nonce)
        assert data[18:] == gmssl_gcm(KEY, nonce, clear, data[:6] + tag)


@pytest.mark.parametrize("width", [0, 1, 15, 16, 17, 18, 31, 32, 33, 255, 256])
def test_uniform_matrices_at_every_edge(width: int) -> None:
    rows = 40
    clear = np.frombuffer(secrets.token_bytes(rows * width), np.uint8).reshape(rows, width)
    tags = engine.row_tags([2**40 + n * 7 for n in range(rows)])
    out = engine.encrypt(COLUMN, tags, clear)
    for index in range(rows):
        data = out[index].tobytes()
        assert data == rules.seal(KEY, 7, tags[index].tobytes(), clear[index].tobytes(), data[6:18])
    opened, good = engine.decrypt(COLUMN, rules.header(7), tags, out)
    assert good.all() and (opened == clear).all()


@settings(max_examples=60)
@given(st.lists(st.one_of(st.none(), st.binary(max_size=300)), max_size=60), st.booleans(), st.booleans())
def test_round_trip_of_any_column(fields: list[bytes | None], padded: bool, text_keys: bool) -> None:
    keys = [f"row {n}".encode() if text_keys else n for n in range(len(fields))]
    sealed = encrypt_column(COLUMN, keys, fields, padded=padded)
    assert [value is None for value in sealed] == [value is None for value in fields]
    assert decrypt_column(key_of, keys, sealed) == fields


def test_more_rows_than_a_tile() -> None:
    rows = engine.TILE * 2 + 5
    fields = [b"%018d" % n for n in range(rows)]
    sealed = encrypt_column(COLUMN, range(rows), fields)
    assert decrypt_column(key_of, range(rows), sealed) == fields
    nonces = {data[6:18] for data in sealed if data}
    assert len(nonces) == rows


def test_every_flipped_bit_fails_its_row_only() -> None:
    clear = b"11010119900307123X"
    bits = (len(clear) + rules.OVERHEAD) * 8
    keys = list(range(bits + 2))
    sealed = encrypt_column(COLUMN, keys, [clear] * len(keys))
    for bit in range(bits):
        broken = bytearray(sealed[bit] or b"")
        broken[bit // 8] ^= 1 << bit % 8
        sealed[bit] = bytes(broken)
    opened = decrypt_column(key_of, keys, sealed)
    assert all(isinstance(value, Failure) for value in opened[:bits])
    assert opened[bits:] == [clear, clear]
    # within one header the batch engine itself must tell the rows apart
    body = slice(rules.HEADER * 8, bits)
    assert set(decrypt_column(key_of, keys[body], sealed[body])) == {WRONG_TAG}
    mixed = decrypt_column(key_of, keys[bits - 40:], sealed[bits - 40:])
    assert mixed == [WRONG_TAG] * 40 + [clear, clear]


def test_moved_rows_other_keys_and_rubbish_have_their_own_reason() -> None:
    sealed = encrypt_column(COLUMN, range(40), [b"%04d" % n for n in range(40)])
    sealed[3], sealed[4] = sealed[4], sealed[3]
    sealed[5] = b"not an envelope"
    sealed[6] = rules.seal(KEY, 8, rules.row_tag(6, KEY), b"x", bytes(12))
    sealed[7] = None
    opened = decrypt_column(key_of, range(40), sealed)
    assert opened[3:8] == [WRONG_TAG, WRONG_TAG, NOT_AN_ENVELOPE, Failure("unknown_key"), None]
    assert opened[:3] == [b"0000", b"0001", b"0002"] and opened[8:] == [b"%04d" % n for n in range(8, 40)]


def test_failed_rows_are_zero_in_the_matrix() -> None:
    tags = engine.row_tags(list(range(20)))
    clear = np.full((20, 18), 65, np.uint8)
    out = engine.encrypt(COLUMN, tags, clear)
    out[4, -1] ^= 1
    opened, good = engine.decrypt(COLUMN, rules.header(7), tags, out)
    assert not good[4] and not opened[4].any() and good.sum() == 19


def test_ccm_and_padded_rows_open_in_one_column_with_the_rest() -> None:
    keys = list(range(60))
    sealed = encrypt_column(COLUMN, keys[:40], [b"gcm"] * 40)
    sealed += encrypt_column(COLUMN, keys[40:50], [b"padded"] * 10, padded=True)
    for key in keys[50:]:
        sealed.append(rules.seal(KEY, 7, rules.row_tag(key, KEY), b"ccm", secrets.token_bytes(12), rules.CCM))
    assert decrypt_column(key_of, keys, sealed) == [b"gcm"] * 40 + [b"padded"] * 10 + [b"ccm"] * 10


@given(st.lists(st.one_of(st.none(), st.binary(max_size=50)), max_size=40))
def test_blind_index_equals_cmac(messages: list[bytes | None]) -> None:
    expected = [None if message is None else sm4.cmac(KEY, message) for message in messages]
    assert blind_index(KEY, messages) == expected


def test_ghash_tables_equal_the_multiplication() -> None:
    tables = ghash.Tables(sm4.ecb_encrypt(KEY, bytes(16)))
    for power in (1, 2, 18):
        block = secrets.token_bytes(16)
        total = ghash.Accumulator(1, 0)
        for at, byte in enumerate(block):
            total.add(tables.of(power)[at], np.array([byte], np.intp))
        assert int.from_bytes(total.words().tobytes()) == tables.constant(power, block)
