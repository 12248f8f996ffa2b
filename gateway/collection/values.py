"""What a source gave, as a value of a declared type. Pure; a value that does not fit is a :class:`Bad`.

Sources give texts, numbers, dates and the forms of a workbook's cell: {"n": text of a number}, {"d": ISO date}.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from kernel import clock

_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})-|/([0-9]{1,2})/|年([0-9]{1,2})月)([0-9]{1,2})日?|([0-9]{8})")
_TIME = re.compile(r"([0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2})[ T]([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)")
_TRUE, _FALSE = {"true", "1", "是", "y", "yes"}, {"false", "0", "否", "n", "no"}
_MOST_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Bad:
    """A value that its column does not take; ``rule`` is a key of ``contract.RULES``."""

    rule: str


TYPE = Bad("type")
PRECISION = Bad("precision")


def text(value: Any) -> Any:
    """Return a text without blanks around it, None for none; a number that may have lost digits is Bad."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else PRECISION
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict) and len(value) == 1:
        given = value.get("d")
        return given if isinstance(given, str) else PRECISION if "n" in value else TYPE
    return str(value) if isinstance(value, uuid.UUID) else TYPE


def integer(value: Any) -> Any:
    """Return a whole number of 64 bits."""
    if isinstance(value, bool):
        return TYPE
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else TYPE
    found = decimal(value)
    if found is None or isinstance(found, Bad):
        return found
    number = Decimal(found)
    return integer(int(number)) if number == number.to_integral_value() else TYPE


def decimal(value: Any) -> Any:
    """Return a decimal number as plain text, exactly as it was given: 1.50 stays 1.50."""
    if isinstance(value, bool):
        return TYPE
    if isinstance(value, dict) and "n" in value:
        value = value["n"]
    given = repr(value) if isinstance(value, float) else text(value)
    if given is None or isinstance(given, Bad):
        return given
    try:
        number = Decimal(given.replace(",", "")) if len(given) <= _MOST_DIGITS else None
    except InvalidOperation:
        return TYPE
    if number is None or not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        return TYPE
    return format(number, "f")


def boolean(value: Any) -> Any:
    """Return true or false of true/false, 1/0, 是/否, Y/N."""
    if isinstance(value, bool):
        return value
    given = text(value)
    if given is None or isinstance(given, Bad):
        return given
    lowered = given.lower()
    return True if lowered in _TRUE else False if lowered in _FALSE else TYPE


def day(value: Any) -> Any:
    """Return a date of 2026-01-31, 2026/1/31, 20260131 or 2026年1月31日; of an instant its day in Beijing."""
    if isinstance(value, datetime):
        return clock.business_day(value) if value.tzinfo else value.date()
    if isinstance(value, date):
        return value
    given = text(value)
    if given is None or isinstance(given, Bad):
        return given
    found = _DATE.fullmatch(given.partition("T")[0].partition(" ")[0])
    if found is None:
        return TYPE
    whole = found[6]
    parts = (whole[:4], whole[4:6], whole[6:]) if whole else (found[1], found[2] or found[3] or found[4], found[5])
    try:
        return date(*map(int, parts))
    except ValueError:
        return TYPE


def instant(value: Any) -> Any:
    """Return an aware instant; one without a zone is Beijing's."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=clock.BEIJING)
    given = text(value)
    if given is None or isinstance(given, Bad):
        return given
    try:
        return clock.parse(given)
    except ValueError:
        found = _TIME.fullmatch(given)
    first = day(found[1]) if found else day(given)
    if isinstance(first, Bad):
        return first
    try:
        hours = datetime.strptime(found[2][:8].ljust(8, "0") if found[2].count(":") > 1 else found[2] + ":00",
                                  "%H:%M:%S") if found else datetime.min
    except ValueError:
        return TYPE
    return datetime.combine(first, hours.time(), clock.BEIJING)


CONVERT: dict[str, Callable[[Any], Any]] = {
    "text": text, "integer": integer, "decimal": decimal, "boolean": boolean, "date": day, "instant": instant,
}
