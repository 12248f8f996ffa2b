"""The two forms of a column of envelopes: what differs between them in SQL and between a stored value and its envelope.

Binary: the envelope itself. Text: ``mlc1.<key id, 8 hex digits>.<base64url>``, ASCII, compared byte by byte. The header
has 6 bytes, which are 8 characters from the 15th on; the nonce's 12 are the 16 that follow. Everything above (fences,
rotations, look-ups) works on envelopes and asks a form for the rest.

``value`` is SQL: a column or ``NEW.column``. ``dialect``: "sqlite" or "postgresql".
"""

import base64
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Text, func
from sqlalchemy.types import TypeEngine

from crypto.envelope import rules as envelope
from crypto.errors import ENVELOPE_INVALID
from kernel.errors import MulianError

UNREADABLE = b""  # instead of a stored text that is no envelope: no length of nothing is one, so its row fails alone
_nonce = itemgetter(slice(envelope.NONCE_AT, envelope.BODY_AT))
_BYTE_ORDER = {"postgresql": 'COLLATE "C"', "sqlite": "COLLATE BINARY"}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_ANY = "[A-Za-z0-9_-]"
# what a last character may be where it has 2 bits of the envelope, or 4: the rest of its bits are nought
_TWO, _FOUR = "[AQgw]", "[AEIMQUYcgkosw048]"
_START = "TR[E-Pk-v]"  # magic and version, an algorithm that is known


class Form(ABC):
    """What one form of envelopes is to a database."""

    type: TypeEngine[Any]
    nonce_width: int

    @abstractmethod
    def broken(self, value: str, dialect: str) -> str:
        """Return the condition under which a value that is not NULL has not the form of an envelope."""

    @abstractmethod
    def key_id(self, value: str, dialect: str) -> str:
        """Return the expression of the key id: an older key's is smaller."""

    @abstractmethod
    def limit(self, key_id: int) -> bytes | str:
        """Return a key id to be bound and compared with :meth:`key_id`."""

    @abstractmethod
    def literal(self, key_id: str, dialect: str) -> str:
        """Return a key id (8 hex digits) written out, to be compared with :meth:`key_id`."""

    @abstractmethod
    def nonce(self, value: str, dialect: str) -> str:
        """Return the expression of the nonce, the row's compare-and-swap token."""

    @abstractmethod
    def taken(self, piece: str, dialect: str) -> str:
        """Return the expression that makes bytes (:meth:`raw`, :meth:`nonces`) what the column holds."""

    @abstractmethod
    def sent(self, value: ColumnElement[Any]) -> ColumnElement[bytes]:
        """Return PostgreSQL's expression of a stored value in bytes."""

    @abstractmethod
    def received(self, values: list[bytes]) -> list[bytes]:
        """Return the envelopes of what :meth:`sent` gave."""

    @abstractmethod
    def envelopes(self, values: Iterable[Any]) -> list[bytes]:
        """Return the envelopes of values that a driver gave, :data:`UNREADABLE` for texts that are none."""

    @abstractmethod
    def raw(self, envelopes: Sequence[bytes]) -> Sequence[bytes]:
        """Return what a column holds of envelopes, in bytes."""

    @abstractmethod
    def nonces(self, envelopes: Sequence[bytes]) -> bytes:
        """Return the nonces of envelopes as the column holds them, one behind the other."""


class _Binary(Form):
    type = LargeBinary()
    nonce_width = 12

    def broken(self, value: str, dialect: str) -> str:
        if dialect == "sqlite":
            return f"typeof({value}) <> 'blob' OR length({value}) < 34 OR substr({value}, 1, 1) <> x'4d'"
        return f"length({value}) < 34 OR get_byte({value}, 0) <> 77"

    def key_id(self, value: str, dialect: str) -> str:
        return f"substr({value}, 3, 4)"

    def limit(self, key_id: int) -> bytes:
        return key_id.to_bytes(4)

    def literal(self, key_id: str, dialect: str) -> str:
        return f"x'{key_id}'" if dialect == "sqlite" else f"'\\x{key_id}'::bytea"

    def nonce(self, value: str, dialect: str) -> str:
        return f"substr({value}, 7, 12)"

    def taken(self, piece: str, dialect: str) -> str:
        return piece

    def sent(self, value: ColumnElement[Any]) -> ColumnElement[bytes]:
        return value

    def received(self, values: list[bytes]) -> list[bytes]:
        return values

    def envelopes(self, values: Iterable[Any]) -> list[bytes]:
        return list(values)

    def raw(self, envelopes: Sequence[bytes]) -> Sequence[bytes]:
        return envelopes

    def nonces(self, envelopes: Sequence[bytes]) -> bytes:
        return b"".join(map(_nonce, envelopes))


class _Text(Form):
    type = Text()
    nonce_width = 16

    def broken(self, value: str, dialect: str) -> str:
        """As strict as ``envelope.from_text``: a text whose inner header differs would open under another key."""
        return _broken_sqlite(value) if dialect == "sqlite" else _broken_postgresql(value)

    def key_id(self, value: str, dialect: str) -> str:
        return f"(substr({value}, 6, 8) {_BYTE_ORDER[dialect]})"

    def limit(self, key_id: int) -> str:
        return f"{key_id:08x}"

    def literal(self, key_id: str, dialect: str) -> str:
        return f"'{key_id}'"

    def nonce(self, value: str, dialect: str) -> str:
        return f"(substr({value}, 23, 16) {_BYTE_ORDER[dialect]})"

    def taken(self, piece: str, dialect: str) -> str:
        return f"CAST({piece} AS TEXT)" if dialect == "sqlite" else f"convert_from({piece}, 'UTF8')"

    def sent(self, value: ColumnElement[Any]) -> ColumnElement[bytes]:
        return func.convert_to(value, "UTF8", type_=LargeBinary)

    def received(self, values: list[bytes]) -> list[bytes]:
        return [_read(value.decode()) for value in values]

    def envelopes(self, values: Iterable[Any]) -> list[bytes]:
        return list(map(_read, values))

    def raw(self, envelopes: Sequence[bytes]) -> Sequence[bytes]:
        return [envelope.to_text(data).encode() for data in envelopes]

    def nonces(self, envelopes: Sequence[bytes]) -> bytes:
        return base64.urlsafe_b64encode(b"".join(map(_nonce, envelopes)))  # 12 bytes are 16 characters


BINARY, TEXT = _Binary(), _Text()


def read(stored: bytes | str | None) -> bytes | None:
    """Return the envelope of a value as a driver gave it, for readers who do not have the table's model.

    A text is one of the text form or :data:`UNREADABLE`; bytes are an envelope, whose form is not looked at here.
    """
    return TEXT.envelopes([stored])[0] if isinstance(stored, str) else stored


def _read(value: Any) -> bytes:
    """SQLite holds bytes in a column of texts too: they are no envelope."""
    if not isinstance(value, str):
        return UNREADABLE
    try:
        return envelope.from_text(value)
    except MulianError as error:
        if error.kind is not ENVELOPE_INVALID:
            raise
        return UNREADABLE


def _broken_sqlite(value: str) -> str:
    """A NUL ends a text for GLOB and length, not for whoever reads it: the bytes are counted."""
    size, at = f"length({value}) - 14", (2, 3, 4, 5, 6, 7)
    bits = [f"(instr('{_LETTERS}', substr({value}, {15 + place}, 1)) - 1)" for place in at]
    inner = " | ".join(
        f"(({bit} & {3 if place == 2 else 63}) << {6 * (7 - place)})" for place, bit in zip(at, bits, strict=True))
    return (
        f"typeof({value}) <> 'text' OR {size} < 46 OR length(CAST({value} AS BLOB)) <> length({value}) "
        f"OR {value} NOT GLOB 'mlc1.{'[0-9a-f]' * 8}.{_START}*' OR substr({value}, 15) GLOB '*[^A-Za-z0-9_-]*' "
        f"OR CASE ({size}) % 4 WHEN 1 THEN 1 WHEN 2 THEN {value} NOT GLOB '*{_TWO}' "
        f"WHEN 3 THEN {value} NOT GLOB '*{_FOUR}' ELSE 0 END "
        f"OR printf('%08x', {inner}) <> substr({value}, 6, 8)"
    )


def _broken_postgresql(value: str) -> str:
    """CASE: base64 is decoded of what is base64 only, anything else would raise another error."""
    last = f"({_ANY}{_TWO}|{_ANY}{{2}}{_FOUR}|{_ANY}{{4}})"
    form = f"^mlc1[.][0-9a-f]{{8}}[.]{_START}{_ANY}({_ANY}{{4}}){{10,}}{last}$"
    inner = f"encode(substr(decode(translate(substr({value}, 15, 8), '-_', '+/'), 'base64'), 3, 4), 'hex')"
    exact = _BYTE_ORDER["postgresql"]
    return f"(CASE WHEN {value} {exact} ~ '{form}' THEN {inner} <> substr({value}, 6, 8) {exact} ELSE true END)"
