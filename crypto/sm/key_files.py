"""Files of SM2 keys, PEM or DER: PKCS#8 (RFC 5958, also under a passphrase), SEC 1 (RFC 5915) and SPKI (RFC 5480).

Sealed files are PBES2 (RFC 8018). We write PBKDF2 with HMAC-SM3 and SM4-CBC (GM/T 0091); besides those we read what
OpenSSL writes: HMAC-SHA-256 and AES-CBC.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from crypto.errors import KEY_FILE_INVALID, KEY_FILE_PASSPHRASE
from crypto.sm import der, kdf, sm2, sm2_points, sm4
from kernel.errors import MulianError

ITERATIONS = 200_000
_MAX_ITERATIONS = 10_000_000  # a file from outside must not hold a process for minutes
_PBES2, _PBKDF2 = der.oid("1.2.840.113549.1.5.13"), der.oid("1.2.840.113549.1.5.12")
_HMAC_SM3, _SM4_CBC = der.oid("1.2.156.10197.1.401.2"), der.oid("1.2.156.10197.1.104.2")
_DIGESTS = {
    _HMAC_SM3: "sm3", der.oid("1.2.156.10197.1.401.3.1"): "sm3",  # GM/T 0006; OpenSSL's own number
    der.oid("1.2.840.113549.2.9"): "sha256",
}
# OpenSSL 3.0 calls SEC 1 files of this curve "SM2 PRIVATE KEY"
_PRIVATE_LABELS = ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY", "SM2 PRIVATE KEY")
_Unchain = Callable[[bytes, bytes, bytes], bytes]
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s([A-Za-z0-9+/=\s]+?)-----END \1-----")


def _aes_cbc(key: bytes, initial: bytes, blocks: bytes) -> bytes:
    return Cipher(AES(key), CBC(initial)).decryptor().update(blocks)


_CIPHERS: dict[bytes, tuple[int, _Unchain]] = {
    _SM4_CBC: (16, sm4.cbc_decrypt),
    der.oid("2.16.840.1.101.3.4.1.2"): (16, _aes_cbc),
    der.oid("2.16.840.1.101.3.4.1.42"): (32, _aes_cbc),
}


def public_to_pem(public: bytes) -> str:
    """Return a 65-byte public point as a PEM file (SPKI); raise ``crypto.key_file.invalid``."""
    if not sm2_points.on_curve(public):
        raise KEY_FILE_INVALID(reason="the point is not on the curve")
    return pem("PUBLIC KEY", der.encode(der.SEQUENCE, der.SM2_ALGORITHM, der.encode(der.BIT_STRING, b"\0", public)))


def private_to_pem(private: bytes, passphrase: str | None = None, *, iterations: int = ITERATIONS) -> str:
    """Return a private scalar as a PEM file (PKCS#8), sealed by a passphrase where one is given.

    Raises ``crypto.key.invalid`` for a scalar out of range.
    """
    public = der.encode(0xA1, der.encode(der.BIT_STRING, b"\0", sm2.public_of(private)))
    inner = der.encode(der.SEQUENCE, der.integer(1), der.encode(der.OCTET_STRING, private), public)
    clear = der.encode(der.SEQUENCE, der.integer(0), der.SM2_ALGORITHM, der.encode(der.OCTET_STRING, inner))
    if passphrase is None:
        return pem("PRIVATE KEY", clear)
    salt, initial = os.urandom(16), os.urandom(16)
    key = kdf.pbkdf2(passphrase.encode(), salt, iterations, 16)
    fill = 16 - len(clear) % 16
    sealed = sm4.cbc_encrypt(key, initial, clear + bytes((fill,)) * fill)
    prf = der.encode(der.SEQUENCE, _HMAC_SM3, der.encode(der.NULL))
    cost = der.encode(der.SEQUENCE, der.encode(der.OCTET_STRING, salt), der.integer(iterations), prf)
    scheme = der.encode(
        der.SEQUENCE, der.encode(der.SEQUENCE, _PBKDF2, cost),
        der.encode(der.SEQUENCE, _SM4_CBC, der.encode(der.OCTET_STRING, initial)),
    )
    algorithm = der.encode(der.SEQUENCE, _PBES2, scheme)
    return pem("ENCRYPTED PRIVATE KEY", der.encode(der.SEQUENCE, algorithm, der.encode(der.OCTET_STRING, sealed)))


def load_public(data: bytes) -> bytes:
    """Return the 65-byte point of an SPKI file, PEM or DER; raise ``crypto.key_file.invalid``."""
    try:
        reader = der.Reader(_unpacked(data, "PUBLIC KEY"))
        public = subject_public_key(reader)
        reader.end()
    except der.DerError as error:
        raise KEY_FILE_INVALID(reason=str(error)) from error
    return public


def load_private(data: bytes, passphrase: str | None = None) -> tuple[bytes, bytes]:
    """Return scalar and public point of a private key file, PEM or DER, PKCS#8 or SEC 1.

    Raises ``crypto.key_file.invalid``; ``crypto.key_file.passphrase`` when a sealed file does not open, also when no
    passphrase was given. A public key inside must belong to the private one.
    """
    try:
        return _private(_unpacked(data, *_PRIVATE_LABELS), passphrase)
    except der.DerError as error:
        raise KEY_FILE_INVALID(reason=str(error)) from error


def subject_public_key(reader: der.Reader) -> bytes:
    """Read a SubjectPublicKeyInfo and return its point on the curve; raise DerError."""
    info = reader.inside()
    if info.raw() != der.SM2_ALGORITHM:
        raise der.DerError("not a key on the SM2 curve")
    public = info.bits()
    info.end()
    if not sm2_points.on_curve(public):
        raise der.DerError("the point is not on the curve")
    return public


def pem(label: str, content: bytes) -> str:
    """Return DER as a PEM block."""
    text = base64.b64encode(content).decode()
    lines = "\n".join(text[at:at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def _unpacked(data: bytes, *labels: str) -> bytes:
    """Return the DER of the first block with one of the labels; what is no PEM is taken for DER."""
    if not data.lstrip().startswith(b"-----"):
        return data
    for label, body in _PEM.findall(data):
        if label.decode() in labels:
            try:
                return base64.b64decode(re.sub(rb"\s", b"", body), validate=True)
            except binascii.Error as error:
                raise der.DerError("not base64") from error
    raise der.DerError("no PEM block of a key")


def _private(encoded: bytes, passphrase: str | None) -> tuple[bytes, bytes]:
    """Tell the three forms apart by what the outer sequence starts with."""
    outer = der.Reader(encoded)
    body = outer.inside()
    outer.end()
    if body.peek() == der.SEQUENCE:
        return _private(_unsealed(body, passphrase), None)
    if body.integer() == 1:
        return _scalar(encoded, named=False)
    if body.raw() != der.SM2_ALGORITHM:
        raise der.DerError("not a key on the SM2 curve")
    return _scalar(body.element(der.OCTET_STRING), named=True)


def _scalar(encoded: bytes, *, named: bool) -> tuple[bytes, bytes]:
    """Read ECPrivateKey. ``named``: PKCS#8 around it has said the curve already."""
    body = der.Reader(encoded).inside()
    if body.integer() != 1:
        raise der.DerError("unknown version of a private key")
    private, claimed = body.element(der.OCTET_STRING), None
    if body.peek() == 0xA0:
        named = body.element(0xA0) == der.SM2_CURVE
    if body.peek() == 0xA1:
        claimed = body.inside(0xA1).bits()
    body.end()
    if not named:
        raise der.DerError("not a key on the SM2 curve")
    try:
        public = sm2.public_of(private)
    except MulianError as error:
        raise der.DerError("the private number is out of range") from error
    if claimed not in (None, public):
        raise der.DerError("private and public key do not belong together")
    return private, public


def _unsealed(body: der.Reader, passphrase: str | None) -> bytes:
    """Open PBES2; the padding and the form of what comes out tell a wrong passphrase."""
    algorithm = body.inside()
    if algorithm.raw() != _PBES2:
        raise der.DerError("sealed by another scheme than PBES2")
    scheme = algorithm.inside()
    derivation, encryption = scheme.inside(), scheme.inside()
    if derivation.raw() != _PBKDF2:
        raise der.DerError("key derivation is not PBKDF2")
    cost = derivation.inside()
    salt, iterations = cost.element(der.OCTET_STRING), cost.integer()
    if cost.peek() == der.INTEGER:
        cost.integer()
    digest = _DIGESTS.get(cost.inside().raw()) if cost.peek() == der.SEQUENCE else None
    cipher = _CIPHERS.get(encryption.raw())
    initial, sealed = encryption.element(der.OCTET_STRING), body.element(der.OCTET_STRING)
    if digest is None or cipher is None or len(initial) != 16 or not sealed or len(sealed) % 16:
        raise der.DerError("sealed by a digest or cipher that is not read here")
    if not 0 < iterations <= _MAX_ITERATIONS:
        raise der.DerError("iterations out of range")
    if passphrase is None:
        raise KEY_FILE_PASSPHRASE()
    size, unchain = cipher
    clear = unchain(kdf.pbkdf2(passphrase.encode(), salt, iterations, size, digest=digest), initial, sealed)
    fill = clear[-1]
    if not 0 < fill <= 16 or clear[-fill:] != bytes((fill,)) * fill or clear[0] != der.SEQUENCE:
        raise KEY_FILE_PASSPHRASE()
    return clear[:-fill]
