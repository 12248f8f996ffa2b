"""Profiles ``mulian-sm3-v1`` and ``mulian-sm2-v1``: HMAC-SM3, or SM2, over what the gateway reads, nothing decoded.

String to sign, nine lines joined by LF, no line feed at the end::

    mulian-sm3-v1 (or mulian-sm2-v1)
    METHOD
    path as sent (percent-encoding untouched)
    query pieces as sent, split at "&", sorted by byte value, joined by "&"
    lower-case hex SM3 of the body (of the empty string when there is none)
    timestamp (Unix seconds)
    nonce (16 to 64 of A-Z a-z 0-9 - _)
    AppKey
    key version

Signing raw pieces leaves no room for two readings of "+" or of an escape.
"""

import hmac
import re
from functools import lru_cache

from crypto.sm import sm2
from kernel.digest import HmacSm3, sm3_hex
from kernel.errors import MulianError

PROFILE, SM2_PROFILE = "mulian-sm3-v1", "mulian-sm2-v1"
EMPTY_BODY = sm3_hex(b"").encode()
# accepted clock difference in seconds: a slow clock or a slow network is common, a fast clock is not
PAST_SECONDS, FUTURE_SECONDS = 300, 30
HEADER_KEY = b"x-mulian-key"
HEADER_VERSION = b"x-mulian-key-version"
HEADER_TIMESTAMP = b"x-mulian-timestamp"
HEADER_NONCE = b"x-mulian-nonce"
HEADER_SIGNATURE = b"x-mulian-signature"
# base64 of what the caller signed, looked at in the test environment only
HEADER_GIVEN = b"x-mulian-string-to-sign"
HEADERS = frozenset({
    HEADER_KEY, HEADER_VERSION, HEADER_TIMESTAMP, HEADER_NONCE, HEADER_SIGNATURE, HEADER_GIVEN,
})
# what is new in each request
ONCE = frozenset({HEADER_TIMESTAMP, HEADER_NONCE, HEADER_SIGNATURE})
_NONCE = re.compile(rb"[A-Za-z0-9_-]{16,64}")
# HMAC-SM3, or r ‖ s of SM2
_SIGNATURE = re.compile(rb"[0-9a-f]{64}(?:[0-9a-f]{64})?")


def canonical_query(query: bytes) -> bytes:
    """Return the query's raw pieces in byte order."""
    return b"&".join(sorted(query.split(b"&"))) if b"&" in query else query


def string_to_sign(
    method: bytes, path: bytes, query: bytes, body: bytes, timestamp: bytes, nonce: bytes, key: bytes, version: bytes,
    profile: str = PROFILE,
) -> bytes:
    """Return the bytes that are signed; ``body`` is the whole body."""
    digest = sm3_hex(body).encode() if body else EMPTY_BODY
    return b"\n".join((
        profile.encode(), method, path, canonical_query(query), digest, timestamp, nonce, key, version,
    ))


def sign(secret: bytes, text: bytes) -> bytes:
    """Return the signature of a string to sign: 64 lower-case hex digits of HMAC-SM3."""
    return _prepared(secret).mac(text).hex().encode()


@lru_cache(maxsize=8192)
def _prepared(secret: bytes) -> HmacSm3:
    """Keys of the applications that called last."""
    return HmacSm3(secret)


def matches(secret: bytes, text: bytes, signature: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(sign(secret, text), signature)


def sm2_matches(public: bytes, text: bytes, signature: bytes) -> bool:
    """Tell whether ``signature`` (hex of r ‖ s) is that of ``public`` (65 bytes) under the default identity."""
    try:
        sm2.verify(public, text, bytes.fromhex(signature.decode()))
    except MulianError:
        return False
    return True


def shape_fault(timestamp: bytes, nonce: bytes, signature: bytes) -> str:
    """Return which field is malformed, or ""."""
    if not (timestamp.isdigit() and len(timestamp) <= 11):
        return "timestamp"
    if not _NONCE.fullmatch(nonce):
        return "nonce"
    return "" if _SIGNATURE.fullmatch(signature) else "signature"


def timestamp_fault(timestamp: int, now: float) -> str:
    """Return "old" or "future" for an instant (Unix seconds) outside [now − 300, now + 30], else ""."""
    if timestamp < now - PAST_SECONDS:
        return "old"
    return "future" if timestamp > now + FUTURE_SECONDS else ""
