"""The only source of time. Instants are aware UTC datetimes with microseconds; business days are Beijing's."""

import time
from datetime import UTC, date, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def now() -> datetime:
    """Return the current instant, aware, UTC."""
    return datetime.now(UTC)


def now_micros() -> int:
    """Return the current instant as microseconds since the epoch: the cheap form for hot paths."""
    return time.time_ns() // 1000


def to_micros(instant: datetime) -> int:
    """Return microseconds since the epoch; refuse a naive value, whose zone nobody knows."""
    if instant.tzinfo is None:
        raise ValueError("naive datetime: instants carry a time zone")
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC instant of ``micros`` microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=micros)


def iso(instant: datetime) -> str:
    """Return RFC 3339 in UTC with six decimals, the one form used on the wire and in hashes."""
    if instant.tzinfo is None:
        raise ValueError("naive datetime: instants carry a time zone")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """Parse RFC 3339; raise ValueError when the zone is missing."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"instant without zone: {text!r}")
    return instant.astimezone(UTC)


def business_day(instant: datetime) -> date:
    """Return the Beijing calendar day of an instant."""
    if instant.tzinfo is None:
        raise ValueError("naive datetime: instants carry a time zone")
    return instant.astimezone(BEIJING).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the half-open interval [start, end) of a Beijing day as UTC instants."""
    start = datetime(day.year, day.month, day.day, tzinfo=BEIJING)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)


def month_bounds(year: int, month: int) -> tuple[datetime, datetime]:
    """Return the half-open interval of a Beijing month as UTC instants."""
    start = datetime(year, month, 1, tzinfo=BEIJING)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=BEIJING)
    return start.astimezone(UTC), end.astimezone(UTC)


def quarter_bounds(year: int, quarter: int) -> tuple[datetime, datetime]:
    """Return the half-open interval of a Beijing quarter (1–4) as UTC instants."""
    if quarter not in (1, 2, 3, 4):
        raise ValueError(f"quarter {quarter} is not 1..4")
    first = 3 * quarter - 2
    return month_bounds(year, first)[0], month_bounds(year, first + 2)[1]


def quarter_of(instant: datetime) -> tuple[int, int]:
    """Return (year, quarter) of an instant in Beijing."""
    day = business_day(instant)
    return day.year, (day.month + 2) // 3
