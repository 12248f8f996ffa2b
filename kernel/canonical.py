"""Canonical JSON: RFC 8785 without floats, the one byte form of everything that is hashed or signed."""

import json
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kernel import clock

MAX_INTEGER = 2**53 - 1
# json.dumps would build an encoder for every string
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def dumps(value: Any) -> bytes:
    """Return the canonical UTF-8 bytes of ``value``.

    Accepts dict (string keys), list, tuple, str, bool, None, int within ±(2**53−1), and turns Decimal, UUID,
    aware datetime and date into strings. Floats, lone surrogates and other types raise ValueError: a digest
    must not depend on how a platform prints a float.
    """
    return _encode(value).encode("utf-8")


def loads(data: bytes) -> Any:
    """Parse JSON and require that ``data`` is already canonical; other bytes raise ValueError."""
    value = json.loads(data, parse_float=_refuse_float, parse_constant=_refuse_float)
    if dumps(value) != data:
        raise ValueError("not in canonical form (RFC 8785)")
    return value


def _encode(value: Any) -> str:
    if isinstance(value, str):
        return _string(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ValueError("integer beyond 2**53-1")
        return str(int(value))
    if isinstance(value, dict):
        return _object(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(_encode(item) for item in value) + "]"
    return _string(_scalar_text(value))


def _scalar_text(value: Any) -> str:
    if isinstance(value, datetime):
        return clock.iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, uuid.UUID):
        return str(value)
    raise ValueError(f"{type(value).__name__} has no canonical form")


def _object(value: dict[Any, Any]) -> str:
    for key in value:
        if not isinstance(key, str):
            raise ValueError("object keys are strings")
    # RFC 8785 section 3.2.3: keys are ordered by UTF-16 code units, not by code points; ASCII orders alike in both
    keys = sorted(value)
    if not all(map(str.isascii, keys)):
        keys.sort(key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{_string(key)}:{_encode(value[key])}" for key in keys) + "}"


def _string(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("lone surrogate in text") from error
    # json's own escapes without ensure_ascii are exactly those of RFC 8785 section 3.2.2.2
    return _ENCODER.encode(text)


def _refuse_float(text: str) -> Any:
    raise ValueError(f"float {text} has no canonical form")
