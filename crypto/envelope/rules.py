"""Envelope v1, encode and parse; pure.

offset 0: 0x4D · 1: version in the high nibble, algorithm in the low one (+8 = padded) · 2: key id, u32 big endian
· 6: nonce (12), also the row's compare-and-swap token · 18: ciphertext (n) · 18+n: tag (16).
Additional data: bytes 0..5 ‖ the row tag (8 bytes), so a value moved to another row does not open. The version also
says how a row's key becomes its tag: version 1 is rule 1 of :mod:`crypto.envelope.row_keys`.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from crypto.envelope import row_keys
from crypto.envelope.row_keys import RowKey
from crypto.errors import ENVELOPE_INVALID
from crypto.sm import sm4

MAGIC = 0x4D
VERSION = 1
GCM, CCM, GCM_DETERMINISTIC = 1, 2, 3
PADDED = 8
HEADER = 6
NONCE_AT = 6
BODY_AT = 18
OVERHEAD = 34
ROW_TAG = 8
MAX_KEY_ID = 2**32 - 1
_ALGORITHMS = {GCM, CCM, GCM_DETERMINISTIC}
_TEXT = re.compile(r"mlc1\.([0-9a-f]{8})\.([A-Za-z0-9_-]+)")
_ROW_TAG_LABEL = b"mlc1 aad"


@dataclass(frozen=True)
class Envelope:
    """A parsed envelope: ``sealed`` is ciphertext ‖ tag."""

    algorithm: int
    padded: bool
    key_id: int
    nonce: bytes
    sealed: bytes


def header(key_id: int, algorithm: int = GCM, *, padded: bool = False) -> bytes:
    """Return bytes 0..5 of an envelope."""
    if not 0 < key_id <= MAX_KEY_ID or algorithm not in _ALGORITHMS:
        raise ENVELOPE_INVALID(reason="key id or algorithm out of range")
    return bytes((MAGIC, VERSION << 4 | algorithm | (PADDED if padded else 0))) + key_id.to_bytes(4)


def encode(envelope: Envelope) -> bytes:
    """Return the bytes of an envelope."""
    head = header(envelope.key_id, envelope.algorithm, padded=envelope.padded)
    if len(envelope.nonce) != sm4.NONCE_LENGTH or len(envelope.sealed) < sm4.TAG_LENGTH:
        raise ENVELOPE_INVALID(reason="nonce or tag of a wrong length")
    return head + envelope.nonce + envelope.sealed


def parse(data: bytes) -> Envelope:
    """Parse an envelope; raise ``crypto.envelope.invalid`` with the reason."""
    _require(data)
    low = data[1] & 0x0F
    return Envelope(
        algorithm=low & ~PADDED, padded=bool(low & PADDED), key_id=int.from_bytes(data[2:6]),
        nonce=data[NONCE_AT:BODY_AT], sealed=data[BODY_AT:],
    )


def defect(data: bytes) -> str | None:
    """Return why ``data`` is no envelope, or None when its form is right (its tag is not looked at)."""
    if len(data) < OVERHEAD:
        return f"{len(data)} bytes, at least {OVERHEAD} are needed"
    if data[0] != MAGIC:
        return "wrong first byte"
    if data[1] >> 4 != VERSION:
        return f"version {data[1] >> 4}"
    if data[1] & 0x0F & ~PADDED not in _ALGORITHMS:
        return f"algorithm {data[1] & 0x0F}"
    if data[2:6] == bytes(4):
        return "key id 0"
    return None


def is_padded(head: bytes) -> bool:
    """Tell whether the clear text behind a checked header is padded."""
    return bool(head[1] & PADDED)


def key_id_of(data: bytes) -> int:
    """Return the key id of an envelope whose form has been checked."""
    return int.from_bytes(data[2:6])


def to_text(data: bytes) -> str:
    """Return the text form ``mlc1.<key id, 8 hex>.<base64url>``, ordered by key id in COLLATE "C"."""
    _require(data)
    return _to_text(data)


def from_text(text: str) -> bytes:
    """Return the envelope of a text form; a key id that differs from the inner one is an error."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ENVELOPE_INVALID(reason="not the form mlc1.<key>.<base64url>")
    body = match[2]
    try:
        data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except binascii.Error as error:
        raise ENVELOPE_INVALID(reason="not base64url") from error
    _require(data)
    if _to_text(data) != text:  # also where the last character has bits of nothing
        raise ENVELOPE_INVALID(reason="text and inner header differ")
    return data


def _to_text(data: bytes) -> str:
    return f"mlc1.{data[2:HEADER].hex()}.{base64.urlsafe_b64encode(data).rstrip(b'=').decode()}"


def _require(data: bytes) -> None:
    reason = defect(data)
    if reason:
        raise ENVELOPE_INVALID(reason=reason)


def row_tag(row_key: RowKey, key: bytes) -> bytes:
    """Return the 8-byte row tag: an integer key big endian, else CMAC(K_aad, canonical key)[:8].

    ``key`` is the data key; K_aad = CMAC(key, "mlc1 aad"). Integers are signed 64-bit.
    """
    form = row_keys.canonical(row_key)
    return form[row_keys.HEAD:] if isinstance(row_key, int) else sm4.cmac(row_tag_key(key), form)[:ROW_TAG]


def row_tag_key(key: bytes) -> bytes:
    """Return K_aad of a data key: under it row keys that are no integers become tags."""
    return sm4.cmac(key, _ROW_TAG_LABEL)


def seal(
    key: bytes, key_id: int, tag: bytes, plaintext: bytes, nonce: bytes, algorithm: int = GCM, *, padded: bool = False,
) -> bytes:
    """Return the envelope of one field. ``nonce`` is fresh random bytes (12) unless a test fixes it.

    ``padded`` marks a plaintext that the caller has padded with :func:`pad`. Raises ValueError for another nonce.
    """
    head = header(key_id, algorithm, padded=padded)
    encrypt = sm4.ccm_encrypt if algorithm == CCM else sm4.gcm_encrypt
    sealed = encrypt(key, nonce, plaintext, head + tag)
    return encode(Envelope(algorithm, padded, key_id, nonce, sealed))


def unseal(key: bytes, tag: bytes, data: bytes) -> bytes:
    """Return the clear text of one envelope; raise ``sm4.TagMismatch`` or ``crypto.envelope.invalid``."""
    envelope = parse(data)
    decrypt = sm4.ccm_decrypt if envelope.algorithm == CCM else sm4.gcm_decrypt
    plaintext = decrypt(key, envelope.nonce, envelope.sealed, data[:HEADER] + tag)
    return unpad(plaintext) if envelope.padded else plaintext


def pad(plaintext: bytes) -> bytes:
    """Pad to a multiple of 16 (ISO/IEC 7816-4), for scopes that hide lengths."""
    return plaintext + b"\x80" + bytes(-(len(plaintext) + 1) % 16)


def unpad(padded: bytes) -> bytes:
    """Undo :func:`pad`; raise ``crypto.envelope.invalid`` where there is no padding."""
    stripped = padded.rstrip(b"\0")
    if not stripped.endswith(b"\x80") or len(padded) % 16 or len(padded) - len(stripped) >= 16:
        raise ENVELOPE_INVALID(reason="padding")
    return stripped[:-1]
