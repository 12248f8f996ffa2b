"""SM2: the standard's examples in both implementations, what must be refused, and where nonces come from."""

import random
import secrets
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.errors import CIPHERTEXT_INVALID, KEY_INVALID, SIGNATURE_INVALID
from crypto.sm import der, sm2, sm2_points
from crypto.sm.libcrypto import Libcrypto, LibcryptoError
from kernel.errors import MulianError
from tests.support.scale import Scale, examples

PRIVATE, PUBLIC = sm2._KNOWN_PRIVATE, sm2._KNOWN_PUBLIC
N = sm2_points.N
# GB/T 32918.5-2017: the random number of annexes A and C
STANDARD_NONCE = int("59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21", 16)


@pytest.fixture(params=["libcrypto", "gmssl-points"])
def implementation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Work with the system's libcrypto, then with the fallback."""
    if request.param == "gmssl-points":
        monkeypatch.setattr(sm2, "_library", lambda: None)
    assert sm2.engine() == request.param
    yield request.param


@pytest.mark.requirement("S4-25")
def test_examples_of_gbt_32918(implementation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sm2.public_of(PRIVATE) == PUBLIC and sm2.selftest()
    sm2.verify(PUBLIC, b"message digest", sm2._KNOWN_SIGNATURE)
    assert sm2.decrypt(PRIVATE, sm2._KNOWN_CIPHERTEXT) == b"encryption standard"
    if implementation == "gmssl-points":  # libcrypto takes no nonce from outside
        monkeypatch.setattr(sm2_points.secrets, "randbelow", lambda _: STANDARD_NONCE - 1)
        assert sm2.sign(PRIVATE, b"message digest") == sm2._KNOWN_SIGNATURE
        assert sm2.encrypt(PUBLIC, b"encryption standard") == sm2._KNOWN_CIPHERTEXT


def test_implementations_accept_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    private, public = sm2.generate()
    assert sm2_points.public_of(private) == public
    signature, sealed = sm2.sign(private, b"one", b"alice@xicheng"), sm2.encrypt(public, b"data key")
    with monkeypatch.context() as patch:
        patch.setattr(sm2, "_library", lambda: None)
        sm2.verify(public, b"one", signature, b"alice@xicheng")
        assert sm2.decrypt(private, sealed) == b"data key"
        signature, sealed = sm2.sign(private, b"two"), sm2.encrypt(public, b"\0" * 33)
    sm2.verify(public, b"two", signature)
    assert sm2.decrypt(private, sealed) == b"\0" * 33


def test_altered_signatures_are_refused(implementation: str) -> None:
    message, identity = b"message", b"alice@xicheng"
    good = sm2.sign(PRIVATE, message, identity)
    sm2.verify(PUBLIC, message, good, identity)
    halves = [bytes(32), N.to_bytes(32), (N + 1).to_bytes(32), b"\xff" * 32]
    altered = [half + good[32:] for half in halves] + [good[:32] + half for half in halves]
    altered += [bytes((good[0] ^ 1,)) + good[1:], good[:-1] + bytes((good[-1] ^ 1,)), good[:-1], good + b"\0", b""]
    r = int.from_bytes(good[:32])
    altered.append(good[:32] + ((N - r) % N).to_bytes(32))  # r + s = n
    attempts = [(message, signature, identity) for signature in altered]
    attempts += [(b"messagf", good, identity), (message, good, b"bob@xicheng"), (message, good, sm2.DEFAULT_ID)]
    for text, signature, name in attempts:
        with pytest.raises(MulianError) as caught:
            sm2.verify(PUBLIC, text, signature, name)
        assert caught.value.kind is SIGNATURE_INVALID
    other = sm2.public_of((5).to_bytes(32))
    with pytest.raises(MulianError, match="signature"):
        sm2.verify(other, message, good, identity)


def test_bad_keys_are_refused(implementation: str) -> None:
    for private in (bytes(32), b"\xff" * 32, b"short", (N - 1).to_bytes(32), N.to_bytes(32)):
        for call in (lambda: sm2.sign(private, b"m"), lambda: sm2.public_of(private),
                     lambda: sm2.decrypt(private, sm2._KNOWN_CIPHERTEXT)):
            with pytest.raises(MulianError) as caught:
                call()
            assert caught.value.kind is KEY_INVALID
    for point in _bad_points(PUBLIC):
        for call in (lambda: sm2.verify(point, b"m", b"\1" * 64), lambda: sm2.encrypt(point, b"m")):
            with pytest.raises(MulianError) as caught:
                call()
            assert caught.value.kind is KEY_INVALID
    longest = b"x" * 8_190  # OpenSSL takes no more; the standard's 16-bit number of bits would hold one more
    sm2.verify(PUBLIC, b"m", sm2.sign(PRIVATE, b"m", longest), longest)
    for call in (lambda: sm2.sign(PRIVATE, b"m", longest + b"x"),
                 lambda: sm2.verify(PUBLIC, b"m", b"\1" * 64, longest + b"x")):
        with pytest.raises(MulianError) as caught:
            call()
        assert caught.value.kind is KEY_INVALID


def _bad_points(good: bytes) -> list[bytes]:
    x = int.from_bytes(good[1:33])
    off = good[:40] + bytes((good[40] ^ 1,)) + good[41:]
    beyond = b"\4" + (x + sm2_points.P).to_bytes(33)[-32:] + good[33:]
    return [off, beyond, bytes(65), b"\4" + bytes(64), b"\2" + good[1:33], good[:-1], b"\4" + b"\xff" * 64, b""]


def test_altered_ciphertexts_are_refused(implementation: str) -> None:
    good = sm2._KNOWN_CIPHERTEXT
    altered = [point + good[65:] for point in _bad_points(good[:65])[:4]]
    altered.append(sm2.public_of((7).to_bytes(32)) + good[65:])  # another point of the curve
    altered += [_flip(good, at) for at in (65, 96, 97, len(good) - 1)]
    altered += [good[:65] + bytes(32) + good[97:], good[:65] + good[97:] + good[65:97]]  # C3 zero; C1C2C3 order
    altered += [good[:-1], good + b"\0", good[:97], good[:96], b"", good[:97] + bytes(sm2.MAX_PLAINTEXT + 1)]
    for ciphertext in altered:
        with pytest.raises(MulianError) as caught:
            sm2.decrypt(PRIVATE, ciphertext)
        assert caught.value.kind is CIPHERTEXT_INVALID
    with pytest.raises(MulianError):
        sm2.decrypt((9).to_bytes(32), good)
    for length in (0, sm2.MAX_PLAINTEXT + 1):
        with pytest.raises(ValueError, match="1 to 65536"):
            sm2.encrypt(PUBLIC, bytes(length))


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1:]


def test_every_flipped_bit_of_a_ciphertext_is_refused(scale: Scale) -> None:
    good = sm2.encrypt(PUBLIC, b"key")
    for bit in range(0, len(good) * 8, scale.of(13, 1)):
        broken = bytearray(good)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(MulianError) as caught:
            sm2.decrypt(PRIVATE, bytes(broken))
        assert caught.value.kind is CIPHERTEXT_INVALID


def test_no_nonce_repeats_when_random_is_seeded(implementation: str) -> None:
    """The known fault of gmssl: its nonces come from ``random``."""
    seen = set()
    for _ in range(4):
        random.seed(20261121)
        seen.add(sm2.sign(PRIVATE, b"the same message")[:32])
        seen.add(sm2.encrypt(PUBLIC, b"the same message")[1:33])
        seen.add(sm2.generate()[0])
    assert len(seen) == 12


def test_a_key_stream_of_zeros_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """GB/T 32918.4 step A5: one byte of plaintext meets it once in 256 tries."""
    drawn, streams = [], iter([b"\0", b"\0", b"\7"])
    monkeypatch.setattr(sm2_points, "_stream", lambda *_: drawn.append(1) or next(streams))
    assert sm2_points.encrypt(PUBLIC, b"x")[-1] == ord("x") ^ 7
    assert len(drawn) == 3


@settings(max_examples=examples(20), deadline=None)
@given(st.binary(min_size=1, max_size=200))
def test_round_trip_and_asn1_form(plaintext: bytes) -> None:
    sealed = sm2.encrypt(PUBLIC, plaintext)
    assert len(sealed) == 97 + len(plaintext)
    assert sm2.ciphertext_from_der(sm2.ciphertext_to_der(sealed)) == sealed
    assert sm2.decrypt(PRIVATE, sealed) == plaintext


@given(st.binary(max_size=40))
def test_asn1_readers_raise_their_own_errors(data: bytes) -> None:
    for text in (data, b"\x30" + bytes((len(data),)) + data):
        with pytest.raises(MulianError) as caught:
            sm2.ciphertext_from_der(text)
        assert caught.value.kind is CIPHERTEXT_INVALID
        with pytest.raises(der.DerError):
            sm2.signature_from_der(text)
    wide = der.encode(der.SEQUENCE, der.integer(1 << 256), der.integer(1))
    with pytest.raises(der.DerError):
        sm2.signature_from_der(wide)


@given(st.integers(0, 1 << 300), st.integers(0, 300))
def test_der_is_its_own_inverse(number: int, length: int) -> None:
    reader = der.Reader(der.encode(der.SEQUENCE, der.integer(number), der.encode(der.OCTET_STRING, bytes(length))))
    inner = reader.inside()
    assert inner.integer() == number and inner.element(der.OCTET_STRING) == bytes(length)
    inner.end()
    reader.end()


@pytest.mark.parametrize("bad", [
    "3080", "308101ff", "30820001ff", "3003020200", "300302028001", "30040202007f", "1f01",
])
def test_der_is_strict(bad: str) -> None:
    with pytest.raises(der.DerError):
        inner = der.Reader(bytes.fromhex(bad)).inside()
        inner.integer()


@pytest.fixture
def chosen_anew() -> Iterator[None]:
    """Let the test choose the implementation again, and everybody after it."""
    sm2._library.cache_clear()
    yield
    sm2._library.cache_clear()


def test_libcrypto_that_answers_wrongly_is_not_used(chosen_anew: None, monkeypatch: pytest.MonkeyPatch) -> None:
    lies = {"verify": lambda *_: True, "decrypt": lambda *_: b"?", "public_of": lambda *_: PUBLIC[::-1]}
    for name, lie in lies.items():
        with monkeypatch.context() as patch:
            patch.setattr(Libcrypto, name, lie)
            assert sm2.engine() == "gmssl-points"
        sm2._library.cache_clear()
    assert sm2.engine() == "libcrypto" and secrets.compare_digest(sm2.public_of(PRIVATE), PUBLIC)


@pytest.mark.parametrize("function", ["EVP_PKEY_CTX_new", "EVP_MD_CTX_new"])
def test_a_context_that_libcrypto_does_not_give_is_an_error(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Libcrypto()
    monkeypatch.setattr(library._lib, function, lambda *_: None)
    with pytest.raises(LibcryptoError, match=function):
        library.encrypt(PUBLIC, b"x") if "PKEY" in function else library.sign(PRIVATE, b"x", sm2.DEFAULT_ID)
