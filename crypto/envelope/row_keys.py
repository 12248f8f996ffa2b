"""Row keys: their kinds, the one byte form that envelopes and certificates bind, their form in JSON; pure.

Byte form, rule 1: 0x01 ‖ kind ‖ body. "i": 8 bytes big endian, signed; "u": 16 bytes; "t": UTF-8, not normalised,
since databases tell such texts apart too. A later rule has another first byte and another version of envelopes.
"""

import enum
import struct
import uuid

from crypto.errors import ROW_KEY_KIND

RowKey = int | uuid.UUID | str
JSONKey = int | str
_RULE = b"\x01"
_INTEGER, _UUID, _TEXT = _RULE + b"i", _RULE + b"u", _RULE + b"t"
HEAD = len(_RULE) + 1


class KeyKind(enum.StrEnum):
    """What the key column of an encrypted table holds."""

    BIGINT = "bigint"
    UUID = "uuid"
    TEXT = "text"


_TYPES: dict[KeyKind, type] = {KeyKind.BIGINT: int, KeyKind.UUID: uuid.UUID, KeyKind.TEXT: str}


def canonical(key: RowKey) -> bytes:
    """Return the byte form of a key: no two keys, of whatever kinds, have the same.

    Raises OverflowError beyond 64 bits, UnicodeEncodeError for half a surrogate pair.
    """
    if isinstance(key, uuid.UUID):
        return _UUID + key.bytes
    if isinstance(key, str):
        return _TEXT + key.encode()
    return _INTEGER + key.to_bytes(8, signed=True)


def check(kind: KeyKind, key: object) -> None:
    """Raise ``crypto.row_key.kind`` for a key that its column would turn into another one, such as 5 into "5"."""
    if not isinstance(key, _TYPES[kind]):
        raise ROW_KEY_KIND(kind=kind, found=type(key).__name__)


def to_json(key: RowKey) -> JSONKey:
    """Return a key as cursors, lists and journals hold it."""
    return str(key) if isinstance(key, uuid.UUID) else key


def from_json(kind: KeyKind, value: JSONKey) -> RowKey:
    """Undo :func:`to_json`."""
    return uuid.UUID(str(value)) if kind is KeyKind.UUID else value


def digested(key: RowKey, value: bytes) -> bytes:
    """Return what a certificate's digest has of one row.

    Integer keys (certificates v1): 8 bytes big endian ‖ value. Others (v2): canonical key and value, each behind
    its length (u32 big endian), so that where one ends is not a matter of opinion.
    """
    if isinstance(key, int):
        return key.to_bytes(8, signed=True) + value
    form = canonical(key)
    return struct.pack(">I", len(form)) + form + struct.pack(">I", len(value)) + value
