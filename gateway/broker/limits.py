"""What a grant allows: frequency, count and volume, as workers and broker both read it."""

from datetime import date, datetime
from typing import NamedTuple

from kernel import clock

CALLS, BYTES = "calls", "bytes"
DAY, MONTH = "day", "month"
EXACT_UP_TO = 1000


class Limits(NamedTuple):
    """0 means no limit of that kind. ``rate``: calls per 1,000 s with ``burst``; days and months are Beijing's."""

    calls_day: int = 0
    calls_month: int = 0
    bytes_day: int = 0
    bytes_month: int = 0
    rate: int = 0
    burst: int = 0

    @property
    def counted(self) -> bool:
        """True when calls are counted or slowed."""
        return bool(self.calls_day or self.calls_month or self.rate)

    @property
    def weighed(self) -> bool:
        """True when the bytes of answers are counted."""
        return bool(self.bytes_day or self.bytes_month)

    def quota(self, measure: str) -> tuple[int, int]:
        """Return (a day's, a month's) units of a measure."""
        return (self.calls_day, self.calls_month) if measure == CALLS else (self.bytes_day, self.bytes_month)


NONE = Limits()


def chunk_of(measure: str, quota: tuple[int, int]) -> int:
    """Return how many units are debited at once: single calls up to 1,000, else a hundredth of the smaller quota."""
    smallest = min(units for units in quota if units)
    return 1 if measure == CALLS and smallest <= EXACT_UP_TO else max(1, smallest // 100)


def lease_of(limits: Limits) -> int:
    """Return how many calls a worker may take ahead: few enough to stay near the exact quota and rate."""
    quotas = [units // 1000 for units in limits.quota(CALLS) if units]
    return max(1, min(64, *quotas, limits.rate // 20_000 if limits.rate else 64))


def ends(span: str, now: datetime) -> datetime:
    """Return when the current Beijing day or month is over."""
    day = clock.business_day(now)
    return clock.day_bounds(day)[1] if span == DAY else clock.month_bounds(day.year, day.month)[1]


def start_of(span: str, day: date) -> date:
    """Return the first day of the span that ``day`` lies in."""
    return day if span == DAY else day.replace(day=1)
