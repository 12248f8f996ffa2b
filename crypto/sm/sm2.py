"""SM2 digital signatures (GB/T 32918.2-2016, GB/T 32918.5-2017 curve, SM3) in raw 64-byte form.

>>> private, public = generate()
>>> verify(public, b"message", sign(private, b"message"))
"""

import functools
import secrets

from crypto.errors import KEY_INVALID, SIGNATURE_INVALID
from crypto.sm import sm2_points
from crypto.sm.libcrypto import Libcrypto, LibcryptoError

DEFAULT_ID = b"1234567812345678"  # GM/T 0009 section 10: the default identity
_MAX_ID = 8191  # the bit length of the identity is a 16-bit number
_KNOWN_PRIVATE = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
_KNOWN_PUBLIC = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_KNOWN_SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
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
        return _raw_of(library.sign(private, message, user_id))
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


def engine() -> str:
    """Return which implementation signs: "libcrypto" or "gmssl-points" (slow; doctor warns)."""
    return "gmssl-points" if _library() is None else "libcrypto"


@functools.cache
def _library() -> Libcrypto | None:
    """Return libcrypto when it is present and reproduces GB/T 32918.5 annex A, else None."""
    try:
        library = Libcrypto()
        good = library.public_of(_KNOWN_PRIVATE) == _KNOWN_PUBLIC
        good = good and library.verify(_KNOWN_PUBLIC, b"message digest", _der_of(_KNOWN_SIGNATURE), DEFAULT_ID)
        good = good and not library.verify(_KNOWN_PUBLIC, b"message digesu", _der_of(_KNOWN_SIGNATURE), DEFAULT_ID)
        fresh = _raw_of(library.sign(_KNOWN_PRIVATE, b"message digest", DEFAULT_ID))
        good = good and library.verify(_KNOWN_PUBLIC, b"message digest", _der_of(fresh), DEFAULT_ID)
        return library if good else None
    except (LibcryptoError, ValueError):
        return None


def selftest() -> bool:
    """Tell whether the chosen implementation verifies the standard's signature and refuses a changed one."""
    r, s = int.from_bytes(_KNOWN_SIGNATURE[:32]), int.from_bytes(_KNOWN_SIGNATURE[32:])
    right = _valid(_KNOWN_PUBLIC, b"message digest", r, s, DEFAULT_ID)
    return right and not _valid(_KNOWN_PUBLIC, b"message digest", r, s ^ 1, DEFAULT_ID)


def _valid(public: bytes, message: bytes, r: int, s: int, user_id: bytes) -> bool:
    library = _library()
    if library is None:
        return sm2_points.verify(public, message, r, s, user_id)
    try:
        return library.verify(public, message, _der_of(r.to_bytes(32) + s.to_bytes(32)), user_id)
    except LibcryptoError:
        return False


def _der_of(raw: bytes) -> bytes:
    body = b"".join(_der_integer(raw[at:at + 32]) for at in (0, 32))
    return bytes((0x30, len(body))) + body


def _der_integer(value: bytes) -> bytes:
    stripped = value.lstrip(b"\0") or b"\0"
    if stripped[0] & 0x80:
        stripped = b"\0" + stripped
    return bytes((2, len(stripped))) + stripped


def _raw_of(der: bytes) -> bytes:
    """Return r ‖ s of a DER signature as libcrypto writes it (two integers, short lengths)."""
    parts = []
    at = 2
    for _ in range(2):
        length = der[at + 1]
        parts.append(int.from_bytes(der[at + 2:at + 2 + length]).to_bytes(32))
        at += 2 + length
    if der[0] != 0x30 or at != len(der):
        raise ValueError("malformed DER signature")
    return b"".join(parts)
