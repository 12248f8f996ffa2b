"""X.509 certificates with SM2 keys (GM/T 0015, RFC 5280): read, and checked against their issuer.

``cryptography`` reads the structure; it knows neither the curve nor the signature, which are ours. Revocation is not
looked at: a list of the issuing authority would have to be brought in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from crypto.errors import CERTIFICATE_INVALID
from crypto.sm import der, key_files, sm2
from kernel.errors import MulianError

_SM2_WITH_SM3 = "1.2.156.10197.1.501"
_UNREADABLE = (  # what cryptography raises at damaged certificates; TypeError at names of a wrong type
    ValueError, TypeError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True)
class Certificate:
    """What callers need of a certificate. ``public`` is the 65-byte point; names are RFC 4514 text."""

    subject: str
    issuer: str
    serial: int
    not_before: datetime
    not_after: datetime
    public: bytes
    authority: bool
    encoded: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    path_length: int | None = None  # how many authorities may stand between it and a leaf


def load(data: bytes) -> Certificate:
    """Read one certificate, PEM or DER; raise ``crypto.certificate.invalid`` where it is not one of SM2."""
    try:
        pem = data.lstrip().startswith(b"-----")
        found = x509.load_pem_x509_certificate(data) if pem else x509.load_der_x509_certificate(data)
        if found.signature_algorithm_oid.dotted_string != _SM2_WITH_SM3:
            raise CERTIFICATE_INVALID(reason="not signed by SM2 with SM3")
        _refuse_unknown(found)
        authority, path_length = _may_issue(found)
        body = der.Reader(found.tbs_certificate_bytes).inside()
        for _ in range(6 if body.peek() == 0xA0 else 5):  # version, serial, algorithm, issuer, validity, subject
            body.any()
        return Certificate(
            subject=found.subject.rfc4514_string(), issuer=found.issuer.rfc4514_string(), serial=found.serial_number,
            not_before=found.not_valid_before_utc, not_after=found.not_valid_after_utc,
            public=key_files.subject_public_key(body), authority=authority, path_length=path_length,
            encoded=found.public_bytes(Encoding.DER), signed=found.tbs_certificate_bytes,
            signature=sm2.signature_from_der(found.signature),
        )
    except _UNREADABLE as error:
        raise CERTIFICATE_INVALID(reason=str(error)) from error


def check_chain(chain: Sequence[Certificate], trusted: Sequence[Certificate], at: datetime) -> None:
    """Return when ``chain`` (leaf first) leads to a trusted authority and all of it is valid at ``at``; else raise
    ``crypto.certificate.invalid``. The last of the chain may itself be the trusted one. Path lengths are kept to."""
    if not chain:
        raise CERTIFICATE_INVALID(reason="empty chain")
    anchors = {item.encoded for item in trusted}
    for place, item in enumerate(chain):
        if not item.not_before <= at <= item.not_after:
            raise CERTIFICATE_INVALID(reason=f"{item.subject} is not valid at this time")
        if item.encoded in anchors:
            return
        later = chain[place + 1:place + 2]
        issuer = next((one for one in (*later, *trusted) if one.subject == item.issuer and _signed_by(item, one)), None)
        if issuer is None:
            raise CERTIFICATE_INVALID(reason=f"{item.subject} is not signed by {item.issuer}")
        if not issuer.authority:
            raise CERTIFICATE_INVALID(reason=f"{issuer.subject} may not issue certificates")
        # RFC 5280 section 6.1.4: self-issued ones do not count
        between = sum(one.subject != one.issuer for one in chain[1:place + 1])
        if issuer.path_length is not None and between > issuer.path_length:
            raise CERTIFICATE_INVALID(reason=f"{issuer.subject} may not issue to so long a chain")
        if issuer.encoded in anchors:
            if not issuer.not_before <= at <= issuer.not_after:
                raise CERTIFICATE_INVALID(reason=f"{issuer.subject} is not valid at this time")
            return
    raise CERTIFICATE_INVALID(reason="no trusted authority at the end of the chain")


def _signed_by(item: Certificate, issuer: Certificate) -> bool:
    try:
        sm2.verify(issuer.public, item.signed, item.signature)
    except MulianError:
        return False
    return True


def _refuse_unknown(found: x509.Certificate) -> None:
    """Refuse a critical extension that nothing here looks at (RFC 5280 section 4.2)."""
    for extension in found.extensions:
        if extension.critical and not isinstance(extension.value, x509.BasicConstraints | x509.KeyUsage):
            raise CERTIFICATE_INVALID(reason=f"critical extension {extension.oid.dotted_string} is not understood")


def _may_issue(found: x509.Certificate) -> tuple[bool, int | None]:
    """Return whether basic constraints say CA and key usage, where present, allows signing; and the path length."""
    try:
        basic = found.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False, None
    try:
        signs = found.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        signs = True
    return basic.ca and signs, basic.path_length
