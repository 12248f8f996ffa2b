"""The batch engine: equal to one field at a time and to gmssl, and a damaged row harms only itself."""

import concurrent.futures
import random
import secrets
import sys
import threading
import uuid

import numpy as np
import pytest
from gmssl import sm4 as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.columns import engine, ghash, mac, service
from crypto.columns.service import NOT_AN_ENVELOPE, WRONG_TAG, Failure, blind_index, decrypt_column, encrypt_column
from crypto.envelope import rules
from crypto.envelope.row_keys import RowKey
from crypto.sm import bulk, sm4
from kernel.errors import MulianError
from tests.support.scale import Scale, examples

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
    stream = b"".join(block(nonce + n.to_bytes(4)) for n in range(2, 4 + len(plaintext) // 16))
    body = bytes(a ^ b for a, b in zip(plaintext, stream, strict=False))
    data = aad + bytes(-len(aad) % 16) + body + bytes(-len(body) % 16)
    data += (len(aad) * 8).to_bytes(8) + (len(body) * 8).to_bytes(8)
    total = 0
    for at in range(0, len(data), 16):
        total = ghash.multiply(total ^ int.from_bytes(data[at:at + 16]), hash_key)
    mask = int.from_bytes(block(nonce + (1).to_bytes(4)))
    return body + (total ^ mask).to_bytes(16)


def gmssl_ccm(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """SM4-CCM of RFC 3610 from gmssl's block cipher: shares no code with the platform."""
    cipher = reference.CryptSM4()
    cipher.set_key(key, reference.SM4_ENCRYPT)

    def block(data: bytes) -> bytes:
        return bytes(cipher.one_round(cipher.sk, list(data)))

    stream = b"".join(block(b"\2" + nonce + n.to_bytes(3)) for n in range(2 + len(plaintext) // 16))
    head = len(aad).to_bytes(2) + aad
    data = b"\x7a" + nonce + len(plaintext).to_bytes(3) + head + bytes(-len(head) % 16)
    data += plaintext + bytes(-len(plaintext) % 16)
    chain = bytes(16)
    for at in range(0, len(data), 16):
        chain = block(bytes(p ^ q for p, q in zip(chain, data[at:at + 16], strict=True)))
    body = bytes(p ^ q for p, q in zip(plaintext, stream[16:], strict=False))
    return body + bytes(p ^ q for p, q in zip(chain, stream[:16], strict=True))


PEERS = {rules.GCM: gmssl_gcm, rules.CCM: gmssl_ccm}
SHORT = (0, 1, 3, 6, 9, 15, 16, 17, 18, 32, 33, 70)


@pytest.mark.requirement("S4-25")
@pytest.mark.parametrize("name", bulk.engines())
@pytest.mark.parametrize("algorithm", [rules.GCM, rules.CCM])
@pytest.mark.parametrize("padded", [False, True])
def test_batch_equals_one_field_and_gmssl_on_mixed_lengths(
    algorithm: int, name: str, padded: bool, scale: Scale,
) -> None:
    count = scale.of(60, 2_000)
    lengths = [random.choice(SHORT) for _ in range(count)] + [random.randrange(1_001) for _ in range(count // 15)]
    fields = [secrets.token_bytes(length) for length in lengths]
    keys = [random.randrange(-(2**63), 2**63) for _ in fields]
    with bulk.forced(name):
        sealed = encrypt_column(COLUMN, keys, fields, padded=padded, algorithm=algorithm)
        assert decrypt_column(key_of, keys, sealed) == fields
    for row_key, clear, data in zip(keys, fields, sealed, strict=True):
        assert data is not None
        tag, nonce = rules.row_tag(row_key, KEY), data[6:18]
        body = rules.pad(clear) if padded else clear
        assert data == rules.seal(KEY, 7, tag, body, nonce, algorithm, padded=padded)
        assert rules.unseal(KEY, tag, data) == clear
        assert data[18:] == PEERS[algorithm](KEY, nonce, body, data[:6] + tag)


@settings(max_examples=examples(25), deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.binary(max_size=40), st.binary(min_size=200, max_size=1_000)), max_size=60),
    st.booleans(), st.integers(0, 2), st.sampled_from([rules.GCM, rules.CCM]), st.sampled_from(bulk.engines()),
)
def test_round_trip_of_any_column(
    fields: list[bytes | None], padded: bool, texts: int, algorithm: int, name: str,
) -> None:
    """Row keys are integers, texts or UUIDs."""
    keys: list[RowKey] = [(n, str(n), uuid.UUID(int=n << 64 | n))[texts] for n in range(1, len(fields) + 1)]
    with bulk.forced(name):
        sealed = encrypt_column(COLUMN, keys, fields, padded=padded, algorithm=algorithm)
        assert [value is None for value in sealed] == [value is None for value in fields]
        assert decrypt_column(key_of, keys, sealed) == fields
    for row_key, clear, data in list(zip(keys, fields, sealed, strict=True))[:5]:
        assert data is None or rules.unseal(KEY, rules.row_tag(row_key, KEY), data) == clear


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


def test_columns_hold_no_longer_fields() -> None:
    tags = engine.row_tags(range(20))
    for width in (257, 1 << 20):
        with pytest.raises(ValueError, match="at most 256"):
            engine.encrypt(COLUMN, tags, np.zeros((20, width), np.uint8), algorithm=rules.CCM)
    for width in (33, 34 + 257):
        with pytest.raises(ValueError, match="at most 256"):
            engine.decrypt(COLUMN, rules.header(7), tags, np.zeros((20, width), np.uint8))


@pytest.mark.parametrize("algorithm", [rules.GCM, rules.CCM])
def test_what_would_not_open_elsewhere_is_not_given_out(algorithm: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one wrong power, or one engine that computes wrongly, encrypting and decrypting still agree."""
    key = engine.column_key(7, secrets.token_bytes(16))
    right = key.tables._powers
    if algorithm == rules.GCM:
        vars(key.tables)["_powers"] = (*right[:3], right[2], *right[4:])
    else:
        encrypt = bulk.encrypt
        monkeypatch.setattr(bulk, "encrypt", lambda secret, blocks: encrypt(secret, blocks) ^ np.uint8(1))
    for fields in ([b"18 bytes of a field"] * 20, [b"18 bytes"[:n % 8 + 1] for n in range(20)]):
        with pytest.raises(MulianError, match="self-test"):
            encrypt_column(key, range(20), fields, algorithm=algorithm)


def test_more_rows_than_a_tile() -> None:
    rows = engine.TILE * 2 + 5
    fields = [b"%018d" % n for n in range(rows)]
    sealed = encrypt_column(COLUMN, range(rows), fields)
    assert decrypt_column(key_of, range(rows), sealed) == fields
    nonces = {data[6:18] for data in sealed if data}
    assert len(nonces) == rows


@pytest.mark.parametrize("form", [(rules.GCM, False), (rules.GCM, True), (rules.CCM, False), (rules.CCM, True)])
def test_every_flipped_bit_fails_its_row_only(form: tuple[int, bool]) -> None:
    """Each bit of header, nonce, ciphertext and tag, one row each; every other row still opens."""
    algorithm, padded = form
    clear = b"11010119900307123X"
    keys = list(range(2_000))
    sealed = encrypt_column(COLUMN, keys, [clear] * len(keys), padded=padded, algorithm=algorithm)
    bits = len(sealed[0] or b"") * 8
    for bit in range(bits):
        broken = bytearray(sealed[bit] or b"")
        broken[bit // 8] ^= 1 << bit % 8
        sealed[bit] = bytes(broken)
    opened = decrypt_column(key_of, keys, sealed)
    assert all(isinstance(value, Failure) for value in opened[:bits])
    assert set(opened[bits:]) == {clear}
    # within one header the batch engine itself must tell the rows apart
    body = slice(rules.HEADER * 8, None)
    opened = decrypt_column(key_of, keys[body], sealed[body])
    assert set(opened[:bits - 48]) == {WRONG_TAG} and set(opened[bits - 48:]) == {clear}
    few = slice(bits - 5, bits + 5)  # and so must the way of one at a time
    assert decrypt_column(key_of, keys[few], sealed[few]) == [WRONG_TAG] * 5 + [clear] * 5


@settings(max_examples=examples(40), deadline=None)
@given(st.data(), st.sampled_from([rules.GCM, rules.CCM]), st.booleans(), st.booleans())
def test_any_single_change_is_refused_in_its_row_only(
    data: st.DataObject, algorithm: int, padded: bool, mixed: bool,
) -> None:
    """A bit of the envelope, of the row's key, or of the column's key; in columns of one and of many lengths."""
    count = data.draw(st.integers(2, 70))
    fields = [bytes(data.draw(st.integers(0, 40))) if mixed else b"18 bytes of a field" for _ in range(count)]
    keys, at = list(range(count)), data.draw(st.integers(0, count - 1))
    sealed = encrypt_column(COLUMN, keys, fields, padded=padded, algorithm=algorithm)
    what = data.draw(st.sampled_from(["envelope", "row", "column"]))
    if what == "envelope":
        broken = bytearray(sealed[at] or b"")
        bit = data.draw(st.integers(0, len(broken) * 8 - 1))
        broken[bit // 8] ^= 1 << bit % 8
        sealed[at] = bytes(broken)
    elif what == "row":
        keys[at] ^= 1 << data.draw(st.integers(0, 62))
    else:
        # the same row of another column: its key differs in one bit and even claims the same id
        bit = data.draw(st.integers(0, 127))
        foreign = engine.column_key(7, (int.from_bytes(KEY) ^ 1 << bit).to_bytes(16))
        sealed[at] = encrypt_column(foreign, [at], [fields[at]], padded=padded, algorithm=algorithm)[0]
    opened = decrypt_column(key_of, keys, sealed)
    assert isinstance(opened[at], Failure)
    assert opened[:at] + opened[at + 1:] == fields[:at] + fields[at + 1:]


@settings(max_examples=examples(60))
@given(st.lists(st.one_of(st.none(), st.binary(max_size=3), st.text("\xffa", max_size=3).map(
    lambda text: text.encode("latin-1"))), max_size=20))
def test_only_fields_of_one_length_become_a_matrix(values: list[bytes | None]) -> None:
    """Also where the separating byte stands inside fields and their lengths add up."""
    matrix = service._matrix(values)
    assert service._matrix([b"", b"\xffy"]) is None  # the separators stand right, one of them is no separator
    if matrix is None:
        assert not values or None in values or len({len(value or b"") for value in values}) > 1
    else:
        assert [row.tobytes() for row in matrix] == values


@pytest.mark.parametrize("width", [0, 1, 15, 16, 17, 18, 255, 256, 257])
def test_padded_columns_of_one_length(width: int) -> None:
    """The batch pads and strips whole columns; a bad row, or fields that end like padding, take the long way."""
    like_padding = b"\x80".rjust(width, b"\0")[:width]
    for fields in ([b"x" * width] * 40, [like_padding] * 40, [bytes(width)] * 39 + [b"1" * width]):
        sealed = encrypt_column(COLUMN, range(40), fields, padded=True)
        assert {len(data or b"") for data in sealed} == {rules.OVERHEAD + (width // 16 + 1) * 16}
        assert decrypt_column(key_of, range(40), sealed) == fields
        for row_key, data in enumerate(sealed[:3]):
            assert rules.unseal(KEY, rules.row_tag(row_key, KEY), data or b"") == fields[row_key]
        sealed[5] = sealed[6]
        assert decrypt_column(key_of, range(40), sealed) == [*fields[:5], WRONG_TAG, *fields[6:]]


def test_padding_hides_lengths_within_a_block() -> None:
    """Envelopes of one length whose fields differ in length."""
    fields = [bytes(range(1, 1 + n % 16)) for n in range(64)]
    sealed = encrypt_column(COLUMN, range(64), fields, padded=True)
    assert {len(data or b"") for data in sealed} == {rules.OVERHEAD + 16}
    assert decrypt_column(key_of, range(64), sealed) == fields


def test_columns_are_not_encrypted_deterministically() -> None:
    for count in (2, 40):
        with pytest.raises(ValueError, match="GCM or CCM"):
            encrypt_column(COLUMN, range(count), [b"x"] * count, algorithm=rules.GCM_DETERMINISTIC)


def test_two_threads_give_what_one_gives() -> None:
    """Tables, engines and scratch space are shared by no two calls that are under way."""
    fields = [b"%018d" % n for n in range(engine.TILE + 100)]
    keys = range(len(fields))

    def work(algorithm: int) -> bool:
        sealed = encrypt_column(COLUMN, keys, fields, algorithm=algorithm)
        return decrypt_column(key_of, keys, sealed) == fields

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, [rules.GCM, rules.CCM] * 4))


def test_threads_that_meet_a_key_together_make_the_same_tables() -> None:
    """A wrong power of the hash key would spoil every tag of the process, and its own check would not see it."""
    fields = [b"%040d" % n for n in range(engine.TILE // 64)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(30):
            key, together = engine.column_key(7, secrets.token_bytes(16)), threading.Barrier(3)

            def work(key: engine.ColumnKey, together: threading.Barrier) -> list[bytes | None]:
                together.wait()
                return encrypt_column(key, range(len(fields)), fields)

            with concurrent.futures.ThreadPoolExecutor(3) as pool:
                running = [pool.submit(work, key, together) for _ in range(3)]
            for done in running:
                last = done.result()[-1] or b""
                assert rules.unseal(key.key, rules.row_tag(len(fields) - 1, key.key), last) == fields[-1]
    finally:
        sys.setswitchinterval(interval)


def test_forgotten_keys_are_made_again() -> None:
    key, message = secrets.token_bytes(16), [b"message"]
    before = engine.column_key(7, key), blind_index(key, message)
    engine.forget()
    assert not engine._tables.cache_info().currsize and not mac._subkeys.cache_info().currsize
    assert engine.column_key(7, key).tables is not before[0].tables and blind_index(key, message) == before[1]


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


def test_forms_open_in_one_column_side_by_side() -> None:
    """Also the deterministic one, which only its nonce distinguishes; padding that is none is no value."""
    keys, sealed = list(range(200)), []
    for start, algorithm, padded in ((0, 1, False), (40, 1, True), (80, 2, False), (120, 2, True), (160, 3, False)):
        for key in keys[start:start + 40]:
            body = rules.pad(b"value") if padded else b"value"
            tag = rules.row_tag(key, KEY)
            sealed.append(rules.seal(KEY, 7, tag, body, secrets.token_bytes(12), algorithm, padded=padded))
    assert decrypt_column(key_of, keys, sealed) == [b"value"] * 200
    for count in (3, 40):
        bad = [
            rules.seal(KEY, 7, rules.row_tag(key, KEY), clear, secrets.token_bytes(12), padded=True)
            for key, clear in enumerate([bytes(16), b"x" * 16, b"\x80" + bytes(31)] * count)
        ]
        assert set(decrypt_column(key_of, range(len(bad)), bad)) == {NOT_AN_ENVELOPE}


@settings(max_examples=examples(50))
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
