"""Key files and certificates: what OpenSSL wrote is read, what we write reads back, rubbish is refused."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.errors import CERTIFICATE_INVALID, KEY_FILE_INVALID, KEY_FILE_PASSPHRASE
from crypto.sm import certificates, der, key_files, sm2
from kernel.errors import MulianError
from tests.crypto import openssl_files as files
from tests.support.scale import examples

AT = datetime(2030, 1, 1, tzinfo=UTC)


def der_of(pem: str) -> bytes:
    """Return the DER inside a PEM file."""
    return key_files._unpacked(pem.encode(), pem.split("-----")[1].removeprefix("BEGIN "))


def test_files_of_openssl_are_read() -> None:
    private, public = key_files.load_private(files.CA_KEY.encode())
    assert key_files.load_public(files.CA_PUBLIC.encode()) == public == sm2.public_of(private)
    for sealed in (files.CA_KEY_SM4, files.CA_KEY_AES):
        assert key_files.load_private(sealed.encode(), "secret") == (private, public)
        assert key_files.load_private(der_of(sealed), "secret") == (private, public)
    leaf = key_files.load_private(files.LEAF_KEY.encode())
    assert key_files.load_private(files.LEAF_KEY_SEC1.encode()) == leaf != (private, public)
    assert key_files.load_private(der_of(files.LEAF_KEY_SEC1)) == leaf
    around = "Bag Attributes\n" + files.CA_PUBLIC + files.LEAF_KEY
    with pytest.raises(MulianError):
        key_files.load_private(around.encode())  # text before a block: taken for DER and refused
    assert key_files.load_private((files.CA_PUBLIC + files.LEAF_KEY).encode()) == leaf


def test_what_we_write_reads_back() -> None:
    private, public = sm2.generate()
    assert key_files.load_public(key_files.public_to_pem(public).encode()) == public
    assert key_files.load_private(key_files.private_to_pem(private).encode()) == (private, public)
    sealed = key_files.private_to_pem(private, "口令 pass", iterations=1_000)
    assert key_files.load_private(sealed.encode(), "口令 pass") == (private, public)
    assert private not in der_of(sealed)
    assert sealed != key_files.private_to_pem(private, "口令 pass", iterations=1_000)
    with pytest.raises(MulianError):
        key_files.public_to_pem(public[:-1] + bytes((public[-1] ^ 1,)))
    with pytest.raises(MulianError):
        key_files.private_to_pem(bytes(32))


@pytest.mark.parametrize("passphrase", [None, "", "Secret", "secret "])
def test_a_wrong_passphrase_is_told_from_a_damaged_file(passphrase: str | None) -> None:
    for sealed in (files.CA_KEY_SM4, files.CA_KEY_AES):
        with pytest.raises(MulianError) as caught:
            key_files.load_private(sealed.encode(), passphrase)
        assert caught.value.kind is KEY_FILE_PASSPHRASE


def test_foreign_and_inconsistent_keys_are_refused() -> None:
    private, other = sm2.generate()[0], sm2.generate()[1]
    inner = der.encode(
        der.SEQUENCE, der.integer(1), der.encode(der.OCTET_STRING, private),
        der.encode(0xA1, der.encode(der.BIT_STRING, b"\0", other)),
    )
    swapped = der.encode(der.SEQUENCE, der.integer(0), der.SM2_ALGORITHM, der.encode(der.OCTET_STRING, inner))
    zero = der_of(key_files.private_to_pem(private)).replace(private, bytes(32))
    expected = {
        files.FOREIGN_KEY.encode(): "SM2 curve", swapped: "belong together", zero: "out of range", inner: "SM2 curve",
        b"": "truncated", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----": "PEM",
        files.CA_PUBLIC.encode(): "PEM", der_of(files.CA_KEY) + b"\0": "trailing",
    }
    for data, reason in expected.items():
        with pytest.raises(MulianError) as caught:
            key_files.load_private(data)
        assert caught.value.kind is KEY_FILE_INVALID and reason in str(caught.value.params["reason"]), data
    with pytest.raises(MulianError):
        key_files.load_public(files.CA_KEY.encode())


@pytest.mark.filterwarnings("ignore")  # cryptography warns of names and serial numbers that it finds odd
@settings(max_examples=examples(200))
@given(st.data())
def test_damaged_files_never_end_in_another_error(data: st.DataObject) -> None:
    good = data.draw(st.sampled_from([files.CA_KEY, files.LEAF_KEY_SEC1, files.CA_PUBLIC, files.AUTHORITY, files.LEAF]))
    broken = bytearray(der_of(good))
    at = data.draw(st.integers(0, len(broken) - 1))
    broken[at] ^= data.draw(st.integers(1, 255))
    for load in (key_files.load_private, key_files.load_public, certificates.load):
        try:
            load(bytes(broken[:data.draw(st.one_of(st.just(len(broken)), st.integers(0, len(broken))))]))
        except MulianError as error:
            assert error.kind in (KEY_FILE_INVALID, KEY_FILE_PASSPHRASE, CERTIFICATE_INVALID)


def test_a_hostile_pem_file_is_read_in_a_moment() -> None:
    """A pattern that tries every place for every blank would take minutes."""
    started = time.process_time()
    with pytest.raises(MulianError):
        key_files.load_private(b"-----BEGIN PRIVATE KEY-----" + b"\n" * 200_000 + b"!")
    assert time.process_time() - started < 2


def test_certificates_and_their_chain() -> None:
    authority = certificates.load(files.AUTHORITY.encode())
    leaf = certificates.load(files.LEAF.encode())
    assert leaf.subject == "CN=ml.xicheng.example,C=CN" and leaf.issuer == authority.subject and leaf.serial == 4660
    assert leaf.public == key_files.load_private(files.LEAF_KEY.encode())[1]
    assert authority.public == key_files.load_public(files.CA_PUBLIC.encode())
    assert authority.authority and not leaf.authority
    assert certificates.load(leaf.encoded) == leaf
    for chain in ([leaf], [leaf, authority], [authority]):
        certificates.check_chain(chain, [authority], AT)


def test_certificates_that_must_not_pass() -> None:
    authority, leaf = (certificates.load(text.encode()) for text in (files.AUTHORITY, files.LEAF))
    at = leaf.encoded.rfind(leaf.signed[-20:])
    changed = certificates.load(leaf.encoded[:at + 5] + bytes((leaf.encoded[at + 5] ^ 1,)) + leaf.encoded[at + 6:])
    early, late = datetime(2020, 1, 1, tzinfo=UTC), datetime(2127, 1, 1, tzinfo=UTC)
    attempts = [
        ([], [authority], AT), ([leaf], [], AT), ([leaf, authority], [], AT), ([changed], [authority], AT),
        ([leaf], [authority], early), ([leaf], [authority], late), ([authority, leaf], [leaf], late),
        ([replace(leaf, not_after=early)], [authority], AT), ([replace(leaf, not_before=late)], [authority], AT),
        ([leaf], [replace(authority, not_after=early)], AT), ([leaf], [replace(authority, not_before=late)], AT),
    ]
    for chain, trusted, when in attempts:
        with pytest.raises(MulianError) as caught:
            certificates.check_chain(chain, trusted, when)
        assert caught.value.kind is CERTIFICATE_INVALID


@pytest.mark.parametrize(("at", "replaced", "reason"), [
    (b"\x30\x0e\x06\x03\x55\x1d\x0f", b"\x30\x0e\x06\x03\x55\x1d\x7f", "2.5.29.127"),  # critical key usage
    (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", "version"),
    (b"\x06\x03\x55\x04\x06\x13", b"\x06\x03\x55\x04\x06\x03", "BitString"),  # the country as bits
])
def test_certificates_that_cannot_be_judged(at: bytes, replaced: bytes, reason: str) -> None:
    """An extension that is critical and unknown here, and what cryptography answers in its own ways."""
    encoded = der_of(files.AUTHORITY)
    assert at in encoded
    with pytest.raises(MulianError, match=reason) as caught:
        certificates.load(encoded.replace(at, replaced))
    assert caught.value.kind is CERTIFICATE_INVALID


def test_an_authority_issues_to_no_longer_chain_than_it_may() -> None:
    short, key = certificates.load(files.SHORT_AUTHORITY.encode()), key_files.load_private(files.CA_KEY.encode())[0]
    assert short.path_length == 0 and certificates.load(files.AUTHORITY.encode()).path_length is None

    def issued(subject: str, issuer: certificates.Certificate) -> certificates.Certificate:
        signed = subject.encode()
        return replace(
            short, subject=subject, issuer=issuer.subject, encoded=signed, signed=signed,
            signature=sm2.sign(key, signed),
        )

    own = issued(short.subject, short)  # self-issued, as when an authority changes its key: does not count
    middle = issued("CN=middle", short)
    for chain in ([issued("CN=leaf", short)], [issued("CN=leaf", own), own]):
        certificates.check_chain(chain, [short], AT)
    certificates.check_chain([issued("CN=leaf", middle), middle], [replace(short, path_length=1)], AT)
    for chain in ([issued("CN=leaf", middle), middle], [issued("CN=leaf", middle), middle, short]):
        with pytest.raises(MulianError, match="so long a chain"):
            certificates.check_chain(chain, [short], AT)


def test_a_leaf_issues_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    leaf = certificates.load(files.LEAF.encode())
    private = key_files.load_private(files.LEAF_KEY.encode())[0]
    forged = certificates.Certificate(
        subject="CN=forged", issuer=leaf.subject, serial=1, not_before=leaf.not_before, not_after=leaf.not_after,
        public=leaf.public, authority=False, encoded=b"forged", signed=b"signed",
        signature=sm2.sign(private, b"signed"),
    )
    with pytest.raises(MulianError, match="may not issue"):
        certificates.check_chain([forged, leaf], [certificates.load(files.AUTHORITY.encode())], AT)


@pytest.mark.parametrize("data", [b"", b"rubbish", files.FOREIGN.encode(), files.CA_PUBLIC.encode()])
def test_what_is_no_sm2_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(MulianError) as caught:
        certificates.load(data)
    assert caught.value.kind is CERTIFICATE_INVALID
