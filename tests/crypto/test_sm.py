"""The self-test, SM4 modes against definitions and gmssl as an independent reference, and bulk engines."""

import secrets

import numpy as np
import pytest
from gmssl import sm4 as reference
from hypothesis import given
from hypothesis import strategies as st

from crypto.sm import bulk, ff1, kdf, selftest, sm2, sm4
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


@pytest.mark.parametrize(("module", "function", "test"), [
    (sm4, "ecb_encrypt", "SM4"), (sm4, "cbc_encrypt", "SM4-CBC"), (sm4, "cbc_decrypt", "SM4-CBC"),
    (sm4, "ctr", "SM4-CTR"), (sm4, "gcm_encrypt", "SM4-GCM"), (sm4, "gcm_decrypt", "SM4-GCM"),
    (sm4, "ccm_encrypt", "SM4-CCM"), (sm4, "ccm_decrypt", "SM4-CCM"), (sm4, "cmac", "SM4-CMAC"),
    (selftest.digest, "sm3_hex", "SM3"), (selftest.digest, "hmac_sm3", "HMAC-SM3"), (kdf, "hkdf", "HKDF-SM3"),
    (kdf, "pbkdf2", "PBKDF2-HMAC-SM3"), (ff1, "encrypt", "FF1"), (ff1, "decrypt", "FF1"), (sm2, "_valid", "SM2"),
    (sm2, "_opened", "SM2"),
])
def test_self_test_fails_closed_and_names_the_algorithm(
    monkeypatch: pytest.MonkeyPatch, module: object, function: str, test: str,
) -> None:
    for broken in (lambda *_, **__: b"wrong", lambda *_, **__: 1 / 0):
        monkeypatch.setattr(module, function, broken)
        with pytest.raises(MulianError) as caught:
            selftest.run()
        assert caught.value.code == "crypto.selftest.failed" and caught.value.params == {"test": test}


def test_self_test_notices_an_opening_that_checks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gcm_decrypt", "ccm_decrypt"):
        with monkeypatch.context() as patch:
            patch.setattr(sm4, name, lambda *_: selftest._PLAIN)
            with pytest.raises(MulianError, match="self-test"):
                selftest.run()


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


def test_other_nonces_and_too_long_ciphertexts_are_refused() -> None:
    for encrypt in (sm4.gcm_encrypt, sm4.ccm_encrypt):
        for length in (0, 8, 11, 13, 128):
            with pytest.raises(ValueError, match="12 bytes"):
                encrypt(KEY, bytes(length), b"clear", b"")
    with pytest.raises(sm4.TagMismatch):
        sm4.ccm_decrypt(KEY, bytes(12), bytes((1 << 24) + 16), b"")


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
