"""Working-day arithmetic. Pure: the table comes in, dates go out; days are Beijing calendar days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from kernel.calendar.errors import DAY_INVALID, OUTSIDE

Kind = Literal["holiday", "workday"]
_ONE = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class WorkCalendar:
    """``exceptions`` maps days that differ from their weekday; ``years`` are those with a loaded notice."""

    exceptions: Mapping[date, Kind]
    years: frozenset[int]

    def is_workday(self, day: date) -> bool:
        """Tell whether ``day`` is worked; raise ``kernel.calendar.outside`` for a year without a notice."""
        if day.year not in self.years:
            raise OUTSIDE(year=day.year, day=day.isoformat())
        exception = self.exceptions.get(day)
        return exception == "workday" if exception else day.weekday() < _SATURDAY

    def add(self, start: date, workdays: int) -> date:
        """Return the ``workdays``-th working day after ``start`` (before it where negative); 0 is ``start``.

        ``start`` itself never counts (民法典 201: the day of the event is not counted). The answer is refused
        with ``kernel.calendar.outside`` where it would need a year that is not loaded.
        """
        step = _ONE if workdays > 0 else -_ONE
        day, left = start, abs(workdays)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Return how many working days lie in (start, end]; negative where ``end`` is earlier."""
        if end < start:
            return -self.between(end, start)
        days = (end - start).days
        return sum(self.is_workday(start + _ONE * offset) for offset in range(1, days + 1))

    @property
    def end(self) -> date | None:
        """The last day that can be reckoned, or None for an empty calendar."""
        return date(max(self.years), 12, 31) if self.years else None

    def days_left(self, today: date) -> int:
        """Return how many days remain before the calendar ends (the alarm goes off at 60)."""
        return (self.end - today).days if self.end else 0


def natural(start: date, days: int) -> date:
    """Return ``start`` plus calendar days; such due dates do not move for holidays."""
    return start + timedelta(days=days)


def check_days(year: int, days: Iterable[tuple[date, Kind, str]]) -> None:
    """Refuse a table whose rows lie in another year, repeat a day, or make a weekday a make-up day."""
    seen: set[date] = set()
    for day, kind, _ in days:
        word = "放假" if kind == "holiday" else "上班"
        if day.year != year:
            raise _invalid(day, word, f"不在 {year} 年内", f"not in {year}")
        if day in seen:
            raise _invalid(day, word, "重复登记", "given twice")
        if kind == "workday" and day.weekday() < _SATURDAY:
            raise _invalid(day, word, "周一至周五本为工作日", "weekdays are worked anyway")
        seen.add(day)


def _invalid(day: date, kind: str, reason: str, reason_en: str) -> Exception:
    return DAY_INVALID(day=day.isoformat(), kind=kind, reason=reason, reason_en=reason_en)
