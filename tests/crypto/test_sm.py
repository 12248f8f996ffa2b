"""SM2, SM4 and their modes against the standards, gmssl as an independent reference, and themselves."""

import secrets

import numpy as np
import pytest
from gmssl import sm4 as reference
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import KEY_INVALID, SIGNATURE_INVALID
from crypto.sm import bulk, selftest, sm2, sm2_points, sm4
from kernel.errors import MulianError

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")


@pytest.mark.requirement("S4-25")
def test_standard_vectors_of_the_self_test() -> None:
    selftest.run()
    block = KEY
    for _ in range(1_000):
        block = sm4.ecb_encrypt(KEY, block)
    other = reference.CryptSM4()
    other.set_key(KEY, reference.SM4_ENCRYPT)
    expected = KEY
    for _ in range(1_000):
        expected = bytes(other.one_round(other.sk, list(expected)))
    assert block == expected


def test_self_test_fails_closed_and_names_the_algorithm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm4, "ccm_encrypt", lambda *_: b"wrong")
    with pytest.raises(MulianError) as caught:
        selftest.run()
    assert caught.value.code == "crypto.selftest.failed" and caught.value.params == {"test": "SM4-CCM"}


def test_sm2_signature_of_the_standard_verifies_in_both_engines() -> None:
    sm2.verify(sm2._KNOWN_PUBLIC, b"message digest", sm2._KNOWN_SIGNATURE)
    r, s = (int.from_bytes(sm2._KNOWN_SIGNATURE[at:at + 32]) for at in (0, 32))
    assert sm2_points.verify(sm2._KNOWN_PUBLIC, b"message digest", r, s, sm2.DEFAULT_ID)
    assert sm2_points.public_of(sm2._KNOWN_PRIVATE) == sm2._KNOWN_PUBLIC


def test_sm2_engines_accept_each_other() -> None:
    private, public = sm2.generate()
    assert sm2_points.public_of(private) == public
    signature = sm2.sign(private, b"one", b"alice@xicheng")
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    assert sm2_points.verify(public, b"one", r, s, b"alice@xicheng")
    r, s = sm2_points.sign(private, b"two", sm2.DEFAULT_ID)
    sm2.verify(public, b"two", r.to_bytes(32) + s.to_bytes(32))


@pytest.mark.parametrize("change", ["message", "r", "s", "identity", "key", "zero", "short"])
def test_sm2_refuses_anything_else(change: str) -> None:
    private, public = sm2.generate()
    message, identity, signature = b"message", sm2.DEFAULT_ID, sm2.sign(private, b"message")
    if change == "message":
        message = b"messagf"
    elif change == "r":
        signature = bytes((signature[0] ^ 1,)) + signature[1:]
    elif change == "s":
        signature = signature[:-1] + bytes((signature[-1] ^ 1,))
    elif change == "identity":
        identity = b"someone else"
    elif change == "key":
        public = sm2.generate()[1]
    elif change == "zero":
        signature = bytes(64)
    else:
        signature = signature[:-1]
    with pytest.raises(MulianError) as caught:
        sm2.verify(public, message, signature, identity)
    assert caught.value.kind is SIGNATURE_INVALID


def test_sm2_refuses_bad_keys() -> None:
    for private in (bytes(32), b"\xff" * 32, b"short", (sm2_points.N - 1).to_bytes(32)):
        with pytest.raises(MulianError) as caught:
            sm2.sign(private, b"m")
        assert caught.value.kind is KEY_INVALID
    public = bytearray(sm2.generate()[1])
    public[40] ^= 1
    with pytest.raises(MulianError) as caught:
        sm2.verify(bytes(public), b"m", b"\1" * 64)
    assert caught.value.kind is KEY_INVALID


def test_sm2_works_without_libcrypto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sm2, "_library", lambda: None)
    private, public = sm2.generate()
    signature = sm2.sign(private, b"message")
    assert sm2.engine() == "gmssl-points" and sm2.selftest()
    monkeypatch.undo()
    sm2.verify(public, b"message", signature)


@given(st.binary(max_size=120), st.binary(max_size=40))
def test_gcm_and_ccm_round_trip_and_refuse_a_flipped_bit(plaintext: bytes, aad: bytes) -> None:
    nonce = secrets.token_bytes(12)
    for encrypt, decrypt in ((sm4.gcm_encrypt, sm4.gcm_decrypt), (sm4.ccm_encrypt, sm4.ccm_decrypt)):
        sealed = encrypt(KEY, nonce, plaintext, aad)
        assert decrypt(KEY, nonce, sealed, aad) == plaintext
        at = secrets.randbelow(len(sealed) * 8)
        broken = bytearray(sealed)
        broken[at // 8] ^= 1 << at % 8
        with pytest.raises(sm4.TagMismatch):
            decrypt(KEY, nonce, bytes(broken), aad)
        with pytest.raises(sm4.TagMismatch):
            decrypt(KEY, nonce, sealed, aad + b"x")


@given(st.binary(max_size=70))
def test_cmac_equals_the_definition(message: bytes) -> None:
    whole = len(message) and len(message) % 16 == 0
    top = int.from_bytes(sm4.ecb_encrypt(KEY, bytes(16)))
    mask = (1 << 128) - 1
    first = (top << 1 ^ (0x87 if top >> 127 else 0)) & mask
    second = (first << 1 ^ (0x87 if first >> 127 else 0)) & mask
    padded = message if whole else message + b"\x80" + bytes(-(len(message) + 1) % 16)
    chain = 0
    for at in range(0, len(padded), 16):
        last = (first if whole else second) if at + 16 == len(padded) else 0
        chain = int.from_bytes(sm4.ecb_encrypt(KEY, (int.from_bytes(padded[at:at + 16]) ^ chain ^ last).to_bytes(16)))
    assert sm4.cmac(KEY, message) == chain.to_bytes(16)


@given(st.integers(1, 300), st.binary(min_size=16, max_size=16))
def test_bulk_engines_agree_block_by_block(count: int, key: bytes) -> None:
    blocks = np.frombuffer(secrets.token_bytes(16 * count), np.uint8).reshape(count, 16)
    expected = sm4.ecb_encrypt(key, blocks.tobytes())
    for name in bulk.engines():
        with bulk.forced(name):
            assert bulk.encrypt(key, blocks).tobytes() == expected


def test_a_broken_optional_engine_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    bulk._library.cache_clear()
    monkeypatch.setattr(bulk.Gcrypt, "encrypt", lambda self, key, blocks: blocks)
    try:
        assert bulk.engines() == ["openssl"] and bulk.engine() == "openssl"
        with pytest.raises(ValueError, match="not on this machine"), bulk.forced("libgcrypt"):
            pass
    finally:
        monkeypatch.undo()
        bulk._library.cache_clear()
