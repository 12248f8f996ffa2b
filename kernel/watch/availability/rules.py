"""Periods and their arithmetic. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from kernel import clock
from kernel.watch.rules import outage_time

Interval = tuple[datetime, datetime]
_PERIOD = re.compile(r"(\d{4})-(W(\d{2})|Q([1-4])|(\d{2}))")


@dataclass(frozen=True)
class Period:
    """A half-open period: an ISO week 2026-W47, a month 2026-11 or a quarter 2026-Q4, in Beijing's days."""

    name: str
    start: datetime
    end: datetime


def period_of(text: str) -> Period:
    """Parse a period; raises ValueError."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise ValueError(f"not a period: {text}")
    year, week, quarter, month = int(match[1]), match[3], match[4], match[5]
    if quarter:
        return Period(text, *clock.quarter_bounds(year, int(quarter)))
    if month:
        return Period(text, *clock.month_bounds(year, int(month)))
    first = date.fromisocalendar(year, int(week), 1)
    return Period(text, clock.day_bounds(first)[0], clock.day_bounds(first + timedelta(days=6))[1])


def current_week(now: datetime) -> str:
    """The ISO week of an instant, in Beijing."""
    year, week, _ = clock.business_day(now).isocalendar()
    return f"{year}-W{week:02d}"


@dataclass(frozen=True)
class Figure:
    """Microseconds: of the period, of outages that count, of outages in planned windows; and outages by number."""

    total: int
    down: int
    planned: int
    outages: int

    @property
    def share(self) -> Decimal | None:
        """(T − D)/T in percent to five places, rounded down: nothing passes a limit by rounding."""
        if self.total <= 0:
            return None
        exact = Decimal(100 * (self.total - self.down)) / Decimal(self.total)
        return exact.quantize(Decimal("0.00001"), rounding=ROUND_DOWN)


def figure(outages: Iterable[Interval], planned: Iterable[Interval], start: datetime, end: datetime) -> Figure:
    """Outages of [start, end) as a union; the part in planned windows does not count."""
    cut, windows = list(outages), list(planned)
    both = [(max(a, c), min(b, d)) for a, b in cut for c, d in windows if a < d and c < b]
    whole, spared = outage_time(cut, start, end), outage_time(both, start, end)
    touching = sum(1 for a, b in cut if a < end and b > start)
    return Figure(_micros(end - start), _micros(whole - spared), _micros(spared), touching)


def together(figures: Iterable[Figure]) -> Figure:
    """A department's figure: the times of its things added up."""
    found = list(figures)
    return Figure(
        sum(one.total for one in found), sum(one.down for one in found), sum(one.planned for one in found),
        sum(one.outages for one in found),
    )


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
