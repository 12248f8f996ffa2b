"""SM2 signatures (GB/T 32918.2-2016) in raw 64-byte form and encryption (GB/T 32918.4-2016) as C1 ‖ C3 ‖ C2.

The curve is that of GB/T 32918.5-2017, the digest SM3. Encryption is for keys and short secrets.

>>> private, public = generate()
>>> verify(public, b"message", sign(private, b"message"))
>>> decrypt(private, encrypt(public, b"data key"))
b'data key'
"""

import functools
import secrets

from crypto.errors import CIPHERTEXT_INVALID, KEY_INVALID, SIGNATURE_INVALID
from crypto.sm import der, sm2_points
from crypto.sm.libcrypto import Libcrypto, LibcryptoError

DEFAULT_ID = b"1234567812345678"  # GM/T 0009 section 10: the default identity
_OVERHEAD = 65 + 32  # C1 and C3
_MAX_ID = 8190  # bytes: the identity's length in bits is a 16-bit number, and OpenSSL stops one byte earlier
MAX_PLAINTEXT = 64 * 1024  # bytes; longer data belong under an SM4 key that SM2 carries
_KNOWN_PRIVATE = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
_KNOWN_PUBLIC = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_KNOWN_SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)

# GB/T 32918.5-2017 annex C: "encryption standard" under the same key
_KNOWN_PLAINTEXT = b"encryption standard"
_KNOWN_CIPHERTEXT = bytes.fromhex(
    "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
    "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
    "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
    "21886ca989ca9c7d58087307ca93092d651efa"
)


def generate() -> tuple[bytes, bytes]:
    """Return a new key pair: private scalar (32 bytes), public point (65 bytes, 0x04 ‖ x ‖ y)."""
    private = (secrets.randbelow(sm2_points.N - 2) + 1).to_bytes(32)
    return private, public_of(private)


def public_of(private: bytes) -> bytes:
    """Return the public point of a private scalar; raise ``crypto.key.invalid`` when it is out of 1..n-2."""
    if len(private) != 32 or not 0 < int.from_bytes(private) < sm2_points.N - 1:
        raise KEY_INVALID()
    library = _library()
    try:
        return library.public_of(private) if library else sm2_points.public_of(private)
    except LibcryptoError as error:
        raise KEY_INVALID() from error


def sign(private: bytes, message: bytes, user_id: bytes = DEFAULT_ID) -> bytes:
    """Return r ‖ s (64 bytes) over SM3(Z(user_id) ‖ message); raise ``crypto.key.invalid``."""
    if len(private) != 32 or not 0 < int.from_bytes(private) < sm2_points.N - 1 or len(user_id) > _MAX_ID:
        raise KEY_INVALID()
    library = _library()
    if library is None:
        r, s = sm2_points.sign(private, message, user_id)
        return r.to_bytes(32) + s.to_bytes(32)
    try:
        return signature_from_der(library.sign(private, message, user_id))
    except LibcryptoError as error:
        raise KEY_INVALID() from error


def verify(public: bytes, message: bytes, signature: bytes, user_id: bytes = DEFAULT_ID) -> None:
    """Return when r ‖ s is a valid signature by the 65-byte public key; else raise.

    Raises ``crypto.key.invalid`` for a point that is not on the curve, ``crypto.signature.invalid`` otherwise.
    """
    if not sm2_points.on_curve(public) or len(user_id) > _MAX_ID:
        raise KEY_INVALID()
    if len(signature) != 64:
        raise SIGNATURE_INVALID()
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    if not (0 < r < sm2_points.N and 0 < s < sm2_points.N) or not _valid(public, message, r, s, user_id):
        raise SIGNATURE_INVALID()


def encrypt(public: bytes, plaintext: bytes) -> bytes:
    """Return C1 (65 bytes) ‖ C3 (32) ‖ C2 for 1 to 64 Ki bytes under a 65-byte public key.

    Raises ``crypto.key.invalid`` for a point off the curve, ValueError for an empty or too long plaintext.
    """
    if not sm2_points.on_curve(public):
        raise KEY_INVALID()
    if not 0 < len(plaintext) <= MAX_PLAINTEXT:
        raise ValueError("SM2 encrypts 1 to 65536 bytes")
    library = _library()
    if library is None:
        return sm2_points.encrypt(public, plaintext)
    try:
        return ciphertext_from_der(library.encrypt(public, plaintext))
    except LibcryptoError as error:
        raise KEY_INVALID() from error


def decrypt(private: bytes, ciphertext: bytes) -> bytes:
    """Return the clear text of C1 ‖ C3 ‖ C2; C1 must be on the curve and C3 right, compared in constant time.

    Raises ``crypto.key.invalid`` for a scalar out of range, ``crypto.ciphertext.invalid`` for anything else.
    """
    if len(private) != 32 or not 0 < int.from_bytes(private) < sm2_points.N - 1:
        raise KEY_INVALID()
    size = len(ciphertext) - _OVERHEAD
    if not 0 < size <= MAX_PLAINTEXT or not sm2_points.on_curve(ciphertext[:65]):
        raise CIPHERTEXT_INVALID()
    plaintext = _opened(private, ciphertext)
    if plaintext is None:
        raise CIPHERTEXT_INVALID()
    return plaintext


def ciphertext_to_der(ciphertext: bytes) -> bytes:
    """Return the ASN.1 form of GM/T 0009 (x, y, C3, C2) of C1 ‖ C3 ‖ C2."""
    x, y = int.from_bytes(ciphertext[1:33]), int.from_bytes(ciphertext[33:65])
    c3, c2 = (der.encode(der.OCTET_STRING, part) for part in (ciphertext[65:_OVERHEAD], ciphertext[_OVERHEAD:]))
    return der.encode(der.SEQUENCE, der.integer(x), der.integer(y), c3, c2)


def ciphertext_from_der(encoded: bytes) -> bytes:
    """Return C1 ‖ C3 ‖ C2 of the ASN.1 form; raise ``crypto.ciphertext.invalid``."""
    try:
        reader = der.Reader(encoded)
        inner = reader.inside()
        point = b"\x04" + inner.integer().to_bytes(32) + inner.integer().to_bytes(32)
        c3, c2 = inner.element(der.OCTET_STRING), inner.element(der.OCTET_STRING)
        inner.end()
        reader.end()
    except (der.DerError, OverflowError) as error:
        raise CIPHERTEXT_INVALID() from error
    if len(c3) != _OVERHEAD - 65:
        raise CIPHERTEXT_INVALID()
    return point + c3 + c2


def engine() -> str:
    """Return which implementation signs: "libcrypto" or "gmssl-points" (slow; doctor warns)."""
    return "gmssl-points" if _library() is None else "libcrypto"


@functools.cache
def _library() -> Libcrypto | None:
    """Return libcrypto when it is present and reproduces GB/T 32918.5 annex A, else None."""
    try:
        library = Libcrypto()
        good, signature = library.public_of(_KNOWN_PRIVATE) == _KNOWN_PUBLIC, signature_to_der(_KNOWN_SIGNATURE)
        good = good and library.verify(_KNOWN_PUBLIC, b"message digest", signature, DEFAULT_ID)
        good = good and not library.verify(_KNOWN_PUBLIC, b"message digesu", signature, DEFAULT_ID)
        fresh = signature_from_der(library.sign(_KNOWN_PRIVATE, b"message digest", DEFAULT_ID))
        good = good and library.verify(_KNOWN_PUBLIC, b"message digest", signature_to_der(fresh), DEFAULT_ID)
        known = ciphertext_to_der(_KNOWN_CIPHERTEXT)
        good = good and library.decrypt(_KNOWN_PRIVATE, known) == _KNOWN_PLAINTEXT
        good = good and library.decrypt(_KNOWN_PRIVATE, library.encrypt(_KNOWN_PUBLIC, b"\0")) == b"\0"
        return library if good else None
    except (LibcryptoError, ValueError):
        return None


def selftest() -> bool:
    """Tell whether the chosen implementation gives the standard's answers and refuses changed ones."""
    r, s = int.from_bytes(_KNOWN_SIGNATURE[:32]), int.from_bytes(_KNOWN_SIGNATURE[32:])
    good = _valid(_KNOWN_PUBLIC, b"message digest", r, s, DEFAULT_ID)
    good = good and not _valid(_KNOWN_PUBLIC, b"message digest", r, s ^ 1, DEFAULT_ID)
    changed = _KNOWN_CIPHERTEXT[:-1] + bytes((_KNOWN_CIPHERTEXT[-1] ^ 1,))
    good = good and _opened(_KNOWN_PRIVATE, changed) is None
    return good and _opened(_KNOWN_PRIVATE, _KNOWN_CIPHERTEXT) == _KNOWN_PLAINTEXT


def _valid(public: bytes, message: bytes, r: int, s: int, user_id: bytes) -> bool:
    library = _library()
    if library is None:
        return sm2_points.verify(public, message, r, s, user_id)
    try:
        return library.verify(public, message, signature_to_der(r.to_bytes(32) + s.to_bytes(32)), user_id)
    except LibcryptoError:
        return False


def _opened(private: bytes, ciphertext: bytes) -> bytes | None:
    library = _library()
    if library is None:
        return sm2_points.decrypt(private, ciphertext)
    try:
        return library.decrypt(private, ciphertext_to_der(ciphertext))
    except LibcryptoError:
        return None


def signature_to_der(raw: bytes) -> bytes:
    """Return the ASN.1 form (certificates, other systems) of r ‖ s."""
    return der.encode(der.SEQUENCE, *(der.integer(int.from_bytes(raw[at:at + 32])) for at in (0, 32)))


def signature_from_der(encoded: bytes) -> bytes:
    """Return r ‖ s of a DER signature; raise ValueError."""
    reader = der.Reader(encoded)
    inner = reader.inside()
    try:
        raw = inner.integer().to_bytes(32) + inner.integer().to_bytes(32)
    except OverflowError as error:
        raise der.DerError("a number of the signature is too long") from error
    inner.end()
    reader.end()
    return raw
