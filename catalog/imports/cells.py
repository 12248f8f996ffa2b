"""From a cell to a value, pure. A cell is what the reader gives: text, bool, int, {"n": repr} or {"d": ISO}."""

import difflib
import re
from datetime import date, datetime, timedelta
from typing import Any, Final

from catalog.codes.lists import BareNumber, Numbers, UnknownLabel, code_list, parse
from kernel import clock
from kernel.text import CONTROL

_DATE: Final = re.compile(
    r"^\s*(\d{4})\s*[-./年]\s*(\d{1,2})(?:\s*[-./月]\s*(\d{1,2})?)?\s*日?"
    r"(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?)?\s*$"
)
_FORMULA: Final = re.compile("'*[=+\\-@\t\r＝＋－＠]")
_CELL_LIMIT: Final = 32_767
_SEPARATORS: Final = re.compile(r"[,，、;；\s]+")
_SERIAL: Final = range(18_264, 73_415)
"""Excel serials of 1950 to 2100: a bare number outside is no date."""


class BadCell(ValueError):
    """The cell cannot be read; ``code`` names the finding, ``arg`` and ``fix`` fill its text."""

    def __init__(self, code: str, arg: str = "", fix: str = "") -> None:
        super().__init__(code)
        self.code, self.arg, self.fix = code, arg, fix


def shown(cell: Any) -> str:
    """What stood in the cell, as text for people."""
    if cell is None:
        return ""
    if isinstance(cell, dict):
        return str(cell.get("n", cell.get("d", "")))
    if isinstance(cell, bool):
        return "是" if cell else "否"
    return str(cell)


def text(cell: Any) -> str | None:
    """Trimmed text, None when empty; an apostrophe that our own export put before a formula sign is taken off."""
    value = shown(cell).replace("\r\n", "\n").replace("\r", "\n").strip()
    if value.startswith("'") and _FORMULA.match(value):
        value = value[1:]
    return value or None


def exported(value: str) -> str:
    """What an export writes for a stored text: legal, never a formula, within a cell's 32,767 characters."""
    # a renderer would fail at control characters, or write a broken file
    plain = CONTROL.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    # a text that has apostrophes of its own gets one more, so that taking one off gives it back
    return f"'{plain}"[:_CELL_LIMIT] if _FORMULA.match(plain) else plain[:_CELL_LIMIT]


def unchanged(stored: Any, read: Any) -> bool:
    """Whether a cell still says what an export of ``stored`` would have written: then nobody edited it."""
    if isinstance(stored, str):
        return bool(text(exported(stored)) == read)
    return bool(stored == read) or (read is None and stored in ([], False))


def code(cell: Any) -> str | None:
    """Text of a code; a number of more than 15 digits has already lost its last ones."""
    if isinstance(cell, dict) and "n" in cell and abs(float(cell["n"])) >= 1e15:
        raise BadCell("precision_lost")
    return text(cell)


def first_word(value: str) -> str:
    """The code in "code name", as a drop-down writes it."""
    return value.split(maxsplit=1)[0] if value.strip() else value


def words(cell: Any) -> list[str]:
    """A list in one cell, without repetitions."""
    return list(dict.fromkeys(word for word in _SEPARATORS.split(text(cell) or "") if word))


def integer(cell: Any) -> int | None:
    """A whole number; thousands separators are accepted."""
    value = text(cell)
    if value is None:
        return None
    plain = value.replace(",", "").replace("，", "")
    if not re.fullmatch(r"-?\d{1,15}", plain):
        raise BadCell("number")
    return int(plain)


def token(cell: Any, key: str, numbers: Numbers | str | None) -> str | None:
    """A token of a code list, from its label."""
    value = text(cell)
    if value is None:
        return None
    try:
        return parse(key, value, numbers)
    except BareNumber as error:
        raise BadCell("bare_number") from error
    except UnknownLabel as error:
        labels = "、".join(known.zh for known in code_list(key).tokens[:12])
        raise BadCell("label_unknown", code_list(key).zh, labels) from error


def level(cell: Any) -> int | None:
    """A data level 1–6, from its label or its number."""
    value = text(cell)
    if value is not None and value.isdecimal():
        # GB/T 43697 numbers the levels itself, so here a bare number has one meaning
        if not 1 <= int(value) <= 6:
            raise BadCell("label_unknown", code_list("data_level").zh, "1–6")
        return int(value)
    found = token(cell, "data_level", None)
    return None if found is None else int(found)


def yes(cell: Any) -> bool | None:
    """是 or 否."""
    if isinstance(cell, bool):
        return cell
    found = token(cell, "yes_no", None)
    return None if found is None else found == "yes"


def instant(cell: Any) -> datetime | None:
    """An instant; what has no zone is Beijing time. 2026.3, 2026年3月, serials and date cells are read."""
    if cell in (None, ""):
        return None
    if isinstance(cell, int) and not isinstance(cell, bool) and cell in _SERIAL:
        return _beijing(datetime(1899, 12, 30) + timedelta(days=cell))
    raw = cell["d"] if isinstance(cell, dict) and "d" in cell else text(cell)
    if raw is None:
        return None
    match = _DATE.match(raw)
    if match is None:
        raise BadCell("date")
    year, month, day, hour, minute, second = (int(part) if part else 0 for part in match.groups()[:6])
    try:
        micro = int((match.group(7) or "0").ljust(6, "0"))
        return _beijing(datetime(year, month, day or 1, hour, minute, second, micro))
    except ValueError as error:
        raise BadCell("date") from error


def _beijing(naive: datetime) -> datetime:
    return naive.replace(tzinfo=clock.BEIJING)


def day(cell: Any) -> str | None:
    """A day as 2026-03-01."""
    found = instant(cell)
    return None if found is None else date(found.year, found.month, found.day).isoformat()


def nearest(value: str, key: str) -> str:
    """The label of a code list that is most like ``value``, or an empty string."""
    labels = [known.zh for known in code_list(key).tokens]
    close = difflib.get_close_matches(value.strip(), labels, n=1, cutoff=0.4)
    return close[0] if close else ""
