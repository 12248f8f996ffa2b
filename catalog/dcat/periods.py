"""Reading a period from a text of 数据范围, pure. What is no plain period stays a text: nothing is guessed."""

import re
from datetime import date

_DATE = r"((?:19|20)\d\d)(?:\s*[年./-]\s*(\d{1,2})(?:\s*[月./-]\s*(\d{1,2})\s*日?|\s*月)?|\s*年度?)?"
_PERIOD = re.compile(rf"{_DATE}\s*(?:至|到|—+|–|-|~|～)\s*(?:{_DATE}|今)")
_ONE = re.compile(_DATE)

Point = tuple[str, str]
"""A value and its datatype: xsd:date, xsd:gYearMonth or xsd:gYear."""


def period(text: str | None) -> tuple[Point, Point | None] | None:
    """Start and end of a period; the end is None for 至今. None when the text is not just a period."""
    wanted = (text or "").strip()
    found = _PERIOD.fullmatch(wanted)
    if found:
        start = _point(*found.group(1, 2, 3))
        end = _point(*found.group(4, 5, 6)) if found.group(4) else None
        if start is None or (found.group(4) and end is None) or (end and end[0] < start[0]):
            return None
        return start, end
    single = _ONE.fullmatch(wanted)
    point = _point(*single.group(1, 2, 3)) if single else None
    return (point, point) if point else None


def _point(year: str, month: str | None, day: str | None) -> Point | None:
    try:
        moment = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    if day:
        return moment.isoformat(), "xsd:date"
    return (f"{year}-{moment.month:02d}", "xsd:gYearMonth") if month else (year, "xsd:gYear")
