"""Vectors of the standards through every path: one at a time, the batch, and each engine of this machine."""

from collections.abc import Iterator

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from numpy.typing import NDArray

from crypto.columns import ccm, fpe, gcm, mac
from crypto.columns import ff1 as batch_ff1
from crypto.columns.fields import join, split
from crypto.columns.ghash import Tables
from crypto.sm import bulk, ff1, kdf, selftest, sm4
from kernel.digest import sm3_hex
from tests.support.scale import Scale

pytestmark = pytest.mark.requirement("S4-25")
KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
MILLION = "595298c7c6fd271f0402f804c33d3f66"
ROWS = 70  # more than what an engine needs to work in bulk


@pytest.fixture(params=["openssl", "libgcrypt"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Work with one engine; a machine without it is named in the closing line of the suite."""
    if request.param not in bulk.engines():
        pytest.skip(f"engine {request.param} is not on this machine")
    with bulk.forced(request.param):
        yield request.param


def rows_of(data: bytes) -> NDArray[np.uint8]:
    """Return the same bytes as many rows."""
    return np.tile(np.frombuffer(data, np.uint8), (ROWS, 1))


def test_gbt_32907_sm4(engine: str, scale: Scale) -> None:
    """Annex A.1, and A.2: the same block encrypted a million times over."""
    blocks = bulk.encrypt(KEY, rows_of(KEY))
    assert {row.tobytes().hex() for row in blocks} == {"681edf34d206965e86b3e94f536e4246"}
    assert sm4.ecb_encrypt(KEY, KEY).hex() == "681edf34d206965e86b3e94f536e4246"
    assert sm4.cbc_encrypt(KEY, bytes(16), KEY).hex() == "681edf34d206965e86b3e94f536e4246"
    # CBC over zero blocks is E(E(...)): one call walks the whole way of annex A.2
    chained = sm4.cbc_encrypt(KEY, KEY, bytes(16_000_000))
    assert chained[-16:].hex() == MILLION
    # the engine takes each of the million steps, side by side: what it makes of every block is the next one
    assert bulk.encrypt(KEY, np.frombuffer(KEY + chained[:-16], np.uint8)).tobytes() == chained
    # and one after the other: some through all that the platform does per call, all in one context
    for _ in range(999):
        blocks = bulk.encrypt(KEY, blocks)
    assert {row.tobytes() for row in blocks} == {chained[15_984:16_000]}
    rounds, single = scale.of(1_000, 1_000_000), KEY
    encrypt = Cipher(SM4(KEY), ECB()).encryptor().update
    for _ in range(rounds):
        single = encrypt(single)
    assert single == chained[16 * (rounds - 1):16 * rounds]


def test_gbt_32905_sm3() -> None:
    assert sm3_hex(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3_hex(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_rfc_8998_gcm(engine: str) -> None:
    """The 20 bytes of additional data are laid as 12 common ones and a row tag of 8."""
    nonce, tags = rows_of(selftest._NONCE), rows_of(selftest._AAD[12:])
    clear = split(rows_of(selftest._PLAIN), 0, 64)
    stream = gcm.streams(KEY, nonce, 4)
    cipher = clear ^ stream[1:]
    tag = gcm.tags(Tables(sm4.ecb_encrypt(KEY, bytes(16))), stream[0], selftest._AAD[:12], tags, cipher, 64, None)
    _equal(cipher, tag, selftest._GCM)
    assert sm4.gcm_encrypt(KEY, selftest._NONCE, selftest._PLAIN, selftest._AAD) == selftest._GCM


def test_rfc_8998_ccm(engine: str) -> None:
    nonce, tags = rows_of(selftest._NONCE), rows_of(selftest._AAD[12:])
    clear = split(rows_of(selftest._PLAIN), 0, 64)
    stream = ccm.streams(KEY, nonce, 4)
    tag = ccm.tags(KEY, stream[0], nonce, selftest._AAD[:12], tags, clear, 64, None)
    _equal(clear ^ stream[1:], tag, selftest._CCM)
    assert sm4.ccm_encrypt(KEY, selftest._NONCE, selftest._PLAIN, selftest._AAD) == selftest._CCM


def _equal(cipher: NDArray[np.uint8], tag: NDArray[np.uint64], expected: bytes) -> None:
    out = np.zeros((ROWS, 80), np.uint8)
    join(cipher, out, 0, 64)
    out[:, 64:] = tag.view(np.uint8)
    assert {row.tobytes() for row in out} == {expected}


def test_cmac_construction(engine: str) -> None:
    """No standard prints CMAC over SM4; the subkeys and chain are held against ECB alone, in batch and singly."""
    message = selftest._PLAIN[:32]
    expected = selftest._cmac_by_hand(message)
    assert sm4.cmac(KEY, message) == expected
    assert {row.tobytes() for row in mac.cmac(KEY, rows_of(message))} == {expected}


DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
AES_KEY = "2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94"
TEN_TWEAK, WIDE_TWEAK = "39383736353433323130", "3737373770717273373737"


@pytest.mark.parametrize(("key_length", "radix", "tweak", "expected"), [
    (16, 10, "", "2433477484"), (16, 10, TEN_TWEAK, "6124200773"), (16, 36, WIDE_TWEAK, "a9tv40mll9kdu509eum"),
    (24, 10, "", "2830668132"), (24, 10, TEN_TWEAK, "2496655549"), (24, 36, WIDE_TWEAK, "xbj3kv35jrawxv32ysr"),
    (32, 10, "", "6657667009"), (32, 10, TEN_TWEAK, "1001623463"), (32, 36, WIDE_TWEAK, "xs8a0azh2avyalyzuwd"),
])
def test_sp_800_38g_samples(key_length: int, radix: int, tweak: str, expected: str) -> None:
    chain = ff1.aes_chain(bytes.fromhex(AES_KEY)[:key_length])
    clear = list(range(10 if radix == 10 else 19))
    numerals = [DIGITS.index(character) for character in expected]
    assert ff1.encrypt(chain, radix, bytes.fromhex(tweak), clear) == numerals
    assert ff1.decrypt(chain, radix, bytes.fromhex(tweak), numerals) == clear


@pytest.mark.parametrize(("key_length", "tweak", "expected"), [
    (16, "", "2433477484"), (16, TEN_TWEAK, "6124200773"), (24, "", "2830668132"), (24, TEN_TWEAK, "2496655549"),
    (32, "", "6657667009"), (32, TEN_TWEAK, "1001623463"),
])
def test_sp_800_38g_samples_through_the_batch(
    key_length: int, tweak: str, expected: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The samples are of AES: it takes the place of SM4 under the batch. Those of radix 36 are too wide for it."""
    key = bytes.fromhex(AES_KEY)[:key_length]

    def cbc(_: bytes, start: bytes, data: bytes) -> bytes:
        return Cipher(AES(key), CBC(start)).encryptor().update(data)

    def blocks(_: bytes, data: NDArray[np.uint8]) -> NDArray[np.uint8]:
        sealed = Cipher(AES(key), ECB()).encryptor().update(data.tobytes())
        return np.frombuffer(sealed, np.uint8).reshape(data.shape).copy()

    monkeypatch.setattr(sm4, "cbc_encrypt", cbc)
    monkeypatch.setattr(bulk, "encrypt", blocks)
    clear, sealed = rows_of(bytes(range(10))), rows_of(bytes(map(int, expected)))
    assert (batch_ff1.encrypt(KEY, 10, bytes.fromhex(tweak), clear) == sealed).all()
    assert (batch_ff1.decrypt(KEY, 10, bytes.fromhex(tweak), sealed) == clear).all()
    assert not batch_ff1.fits(36, 19)


OWN = [
    (10, "", "0123456789", "4865229067"),
    (10, "3132333435363738", "11010119900307123", "71265940292303922"),
    (36, WIDE_TWEAK, "0123456789abcdefghi", "4q6cm19pbpxfry40rej"),
]


@pytest.mark.parametrize(("radix", "tweak", "clear", "expected"), OWN)
def test_own_vectors_of_ff1_over_sm4(engine: str, radix: int, tweak: str, clear: str, expected: str) -> None:
    """Fixed here and computed again by a second definition (test_ff1.py); batch and one by one."""
    alphabet, secret = DIGITS[:radix], bytes.fromhex(tweak)
    assert fpe.encrypt_texts(KEY, secret, [clear], alphabet) == [expected]
    assert set(fpe.encrypt_texts(KEY, secret, [clear] * ROWS, alphabet)) == {expected}
    assert set(fpe.decrypt_texts(KEY, secret, [expected] * ROWS, alphabet)) == {clear}
    assert batch_ff1.fits(radix, len(clear)) is (radix == 10)


def test_hkdf_and_pbkdf2() -> None:
    """RFC 5869 cases 1 and 3, RFC 7914 section 11 with SHA-256; the SM3 values are fixed in the self-test."""
    info, salt = bytes(range(0xF0, 0xFA)), bytes(range(13))
    assert kdf.hkdf(b"\x0b" * 22, salt=salt, info=info, length=42, digest="sha256").hex() == selftest._HKDF_SHA256
    assert kdf.hkdf(b"\x0b" * 22, length=42, digest="sha256").hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )
    assert kdf.pbkdf2(b"passwd", b"salt", 1, 64, digest="sha256").hex() == (
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
    )
    with pytest.raises(ValueError, match="1 to 255"):
        kdf.hkdf(b"secret", length=255 * 32 + 1)
