"""Time stamps of RFC 3161: asking for one over a SHA-256 digest, and checking the answer against one known certificate.

The token is a CMS SignedData (RFC 5652) around a TSTInfo. Checked here: what was stamped, our nonce, and the signature
by the authority's own certificate, which an operator has brought in; no chain is built, no list of revocations read.
RSA (PKCS #1 v1.5) and ECDSA with SHA-256, -384 or -512, as ``openssl ts`` and the public authorities make them.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from crypto.sm.der import INTEGER, NULL, OCTET_STRING, SEQUENCE, DerError, Reader, encode, integer, oid

_BOOLEAN_TRUE = b"\x01\x01\xff"
_TIME, _SET, _CONTEXT_0, _CONTEXT_1 = 0x18, 0x31, 0xA0, 0xA1
_SIGNED_DATA, _TST_INFO = oid("1.2.840.113549.1.7.2"), oid("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE, _MESSAGE_DIGEST = oid("1.2.840.113549.1.9.3"), oid("1.2.840.113549.1.9.4")
_SHA256 = oid("2.16.840.1.101.3.4.2.1")
_HASHES: dict[bytes, hashes.HashAlgorithm] = {
    _SHA256: hashes.SHA256(), oid("2.16.840.1.101.3.4.2.2"): hashes.SHA384(),
    oid("2.16.840.1.101.3.4.2.3"): hashes.SHA512(),
}
_GRANTED = (0, 1)


class StampError(ValueError):
    """An answer that is no valid time stamp; the text says why."""


@dataclass(frozen=True)
class Stamp:
    """A valid time stamp: its token (DER, as ``openssl ts -token_in`` reads it), the authority's time and number."""

    token: bytes
    time: datetime
    serial: int


def request(digest: bytes, nonce: int) -> bytes:
    """Return the TimeStampReq over a SHA-256 digest; the authority is asked to send its certificate along."""
    return encode(SEQUENCE, integer(1), _imprint(digest), integer(nonce), _BOOLEAN_TRUE)


def read(answer: bytes, digest: bytes, nonce: int, certificate: bytes) -> Stamp:
    """Check a TimeStampResp against what was asked and the authority's certificate (PEM or DER); raise StampError."""
    try:
        body = Reader(answer).inside()
        status = body.inside().integer()
        if status not in _GRANTED:
            raise StampError(f"status {status}")
        token = body.raw()
        body.end()
        info, signer = _opened(token)
        time, serial = _stamped(info, digest, nonce)
        _check_signature(info, signer, _authority(certificate, time))
    except DerError as error:
        raise StampError(str(error)) from error
    return Stamp(token, time, serial)


def _imprint(digest: bytes) -> bytes:
    algorithm = encode(SEQUENCE, _SHA256, encode(NULL))
    return encode(SEQUENCE, algorithm, encode(OCTET_STRING, digest))


def _opened(token: bytes) -> tuple[bytes, Reader]:
    """Return the TSTInfo and the one SignerInfo of a token."""
    content = Reader(token).inside()
    _expect(content.raw(), _SIGNED_DATA, "not signed data")
    data = content.inside(_CONTEXT_0).inside()
    data.integer()
    data.element(_SET)
    wrapped = data.inside()
    _expect(wrapped.raw(), _TST_INFO, "not a time stamp")
    info = wrapped.inside(_CONTEXT_0).element(OCTET_STRING)
    for tag in (_CONTEXT_0, _CONTEXT_1):  # certificates and lists: ours is known
        if data.peek() == tag:
            data.any()
    signers = data.inside(_SET)
    signer = signers.inside()
    signers.end()
    return info, signer


def _stamped(info: bytes, digest: bytes, nonce: int) -> tuple[datetime, int]:
    """Return time and serial number of a TSTInfo about our digest and nonce."""
    body = Reader(info).inside()
    if body.integer() != 1:
        raise StampError("version")
    body.any()  # the policy
    given = body.inside()
    algorithm = given.inside()
    same = algorithm.raw() == _SHA256 and given.element(OCTET_STRING) == digest
    if not same:
        raise StampError("another digest was stamped")
    serial, time = body.integer(), _time(body.element(_TIME))
    while body.peek() not in (None, INTEGER):  # accuracy, ordering
        body.any()
    if body.peek() is None or body.integer() != nonce:
        raise StampError("another request was answered")
    return time, serial


def _time(text: bytes) -> datetime:
    """A GeneralizedTime in UTC, with fractions of a second or without (RFC 3161, 2.4.2)."""
    whole, _, fraction = text.decode("ascii", "replace").removesuffix("Z").partition(".")
    if not text.endswith(b"Z") or len(whole) != 14 or not whole.isdecimal() or (fraction and not fraction.isdecimal()):
        raise StampError("time")
    try:
        micros = int((fraction + "000000")[:6])
        return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC, microsecond=micros)
    except ValueError as error:
        raise StampError("time") from error


def _authority(certificate: bytes, at: datetime) -> x509.Certificate:
    """The certificate, which must be one for time stamps and valid at a time."""
    try:
        pem = certificate.lstrip().startswith(b"-----")
        found = x509.load_pem_x509_certificate(certificate) if pem else x509.load_der_x509_certificate(certificate)
        usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise StampError("the certificate is not one of a time stamp authority") from error
    if ExtendedKeyUsageOID.TIME_STAMPING not in usage:
        raise StampError("the certificate is not one of a time stamp authority")
    if not found.not_valid_before_utc <= at <= found.not_valid_after_utc:
        raise StampError("the certificate is not valid at this time")
    return found


def _check_signature(info: bytes, signer: Reader, authority: x509.Certificate) -> None:
    signer.integer()
    signer.any()  # whose certificate it names: the key decides
    algorithm = _HASHES.get(signer.inside().raw())
    if algorithm is None:
        raise StampError("digest algorithm")
    attributes = encode(_SET, signer.element(_CONTEXT_0))
    _check_attributes(attributes, info, algorithm)
    signer.any()  # the signature's algorithm: that of the key
    signature, key = signer.element(OCTET_STRING), authority.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, attributes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, attributes, ec.ECDSA(algorithm))
        else:
            raise StampError("kind of key")
    except InvalidSignature as error:
        raise StampError("the signature is not the authority's") from error


def _check_attributes(attributes: bytes, info: bytes, algorithm: hashes.HashAlgorithm) -> None:
    found: dict[bytes, bytes] = {}
    reader = Reader(attributes).inside(_SET)
    while reader.peek() is not None:
        attribute = reader.inside()
        name = attribute.raw()
        if name in found:
            raise StampError("an attribute twice")
        found[name] = attribute.element(_SET)
    if found.get(_CONTENT_TYPE) != _TST_INFO:
        raise StampError("content type")
    if found.get(_MESSAGE_DIGEST) != encode(OCTET_STRING, hashlib.new(algorithm.name, info).digest()):
        raise StampError("the signature is about another time stamp")


def _expect(found: bytes, wanted: bytes, why: str) -> None:
    if found != wanted:
        raise StampError(why)
