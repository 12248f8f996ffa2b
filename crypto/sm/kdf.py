"""Key derivation on HMAC-SM3: HKDF (RFC 5869) and PBKDF2 (RFC 8018). The digest is a parameter only because the
published vectors are those of SHA-256; callers leave it alone."""

import hashlib
import hmac

_SM3 = "sm3"


def hkdf(secret: bytes, *, salt: bytes = b"", info: bytes = b"", length: int = 32, digest: str = _SM3) -> bytes:
    """Return ``length`` bytes derived from a secret of full entropy (not from a passphrase).

    ``info`` separates uses of one secret. Raises ValueError beyond 255 digests.
    """
    return hkdf_expand(hkdf_extract(salt, secret, digest=digest), info, length, digest=digest)


def hkdf_extract(salt: bytes, secret: bytes, *, digest: str = _SM3) -> bytes:
    """Return the pseudorandom key of RFC 5869 section 2.2; an empty salt stands for zeros."""
    return hmac.digest(salt or bytes(hashlib.new(digest).digest_size), secret, digest)


def hkdf_expand(pseudorandom: bytes, info: bytes, length: int, *, digest: str = _SM3) -> bytes:
    """Return the output of RFC 5869 section 2.3."""
    size = hashlib.new(digest).digest_size
    if not 0 < length <= 255 * size:
        raise ValueError("HKDF gives 1 to 255 digests")
    block, out = b"", b""
    for counter in range(1, -(-length // size) + 1):
        block = hmac.digest(pseudorandom, block + info + bytes((counter,)), digest)
        out += block
    return out[:length]


def pbkdf2(passphrase: bytes, salt: bytes, iterations: int, length: int, *, digest: str = _SM3) -> bytes:
    """Return ``length`` bytes derived from a passphrase; ``iterations`` is its cost."""
    return hashlib.pbkdf2_hmac(digest, passphrase, salt, iterations, length)
