"""Sums of blocks, how they add up, and which of them make up a period. Pure.

Times are Unix seconds. A minute is UTC's, a day and a quarter are Beijing's (8 hours ahead, so that a day begins on
a minute, and days make up quarters).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from kernel import clock

Grain = Literal["minute", "day", "quarter"]
MINUTE, DAY = 60, 86_400
_OFFSET = 8 * 3600
MICROS = 1_000_000


@dataclass
class Sums:
    """Sums of blocks; block 0 is never counted.

    ``peak`` is the largest number of transactions in a minute, ``peak_at`` the first such minute (None without
    blocks). ``intervals``: seconds → blocks. ``departments``: id → [transactions, records].
    """

    blocks: int = 0
    empty: int = 0
    transactions: int = 0
    failed: int = 0
    gas_used: int = 0
    missed: int = 0
    first_block: int | None = None
    last_block: int | None = None
    peak: int = 0
    peak_at: int | None = None
    failures: Counter[str] = field(default_factory=Counter)
    intervals: Counter[int] = field(default_factory=Counter)
    sealers: Counter[str] = field(default_factory=Counter)
    departments: dict[str, list[int]] = field(default_factory=dict)

    def add(self, other: "Sums") -> None:
        """Add the sums of other blocks; a minute must not lie in both."""
        for name in ("blocks", "empty", "transactions", "failed", "gas_used", "missed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.first_block = min((one for one in (self.first_block, other.first_block) if one is not None), default=None)
        self.last_block = max((one for one in (self.last_block, other.last_block) if one is not None), default=None)
        if other.peak_at is not None and (
            self.peak_at is None or (other.peak, -other.peak_at) > (self.peak, -self.peak_at)
        ):
            self.peak, self.peak_at = other.peak, other.peak_at
        self.failures.update(other.failures)
        self.intervals.update(other.intervals)
        self.sealers.update(other.sealers)
        for department, (transactions, records) in other.departments.items():
            self.attribute(department, transactions, records)

    def attribute(self, department: str, transactions: int, records: int) -> None:
        """Count records of a department."""
        kept = self.departments.setdefault(department, [0, 0])
        kept[0] += transactions
        kept[1] += records


def total(parts: Iterable[Sums]) -> Sums:
    """Return the sum of parts."""
    result = Sums()
    for part in parts:
        result.add(part)
    return result


def start_of(grain: Grain, second: int) -> int:
    """Return when the minute, day or quarter of an instant began."""
    if grain == "minute":
        return second // MINUTE * MINUTE
    if grain == "day":
        return (second + _OFFSET) // DAY * DAY - _OFFSET
    year, quarter = clock.quarter_of(clock.from_micros(second * MICROS))
    return clock.to_micros(clock.quarter_bounds(year, quarter)[0]) // MICROS


def end_of(grain: Grain, second: int) -> int:
    """Return when the minute, day or quarter of an instant ends (it belongs to the next)."""
    if grain == "minute":
        return start_of(grain, second) + MINUTE
    if grain == "day":
        return start_of(grain, second) + DAY
    year, quarter = clock.quarter_of(clock.from_micros(second * MICROS))
    return clock.to_micros(clock.quarter_bounds(year, quarter)[1]) // MICROS


def group(sums: Iterable[tuple[int, Sums]], grain: Grain) -> dict[int, Sums]:
    """Put sums that begin at a second together by grain."""
    found: dict[int, Sums] = {}
    for second, part in sums:
        found.setdefault(start_of(grain, second), Sums()).add(part)
    return found


def pieces(start: int, end: int) -> Iterator[tuple[Literal["rows", "minute", "day"], int, int]]:
    """Split [start, end) into what whole days, whole minutes and single rows must give."""
    if start >= end:
        return
    inner = [-(-start // MINUTE) * MINUTE, end // MINUTE * MINUTE]
    if inner[0] >= inner[1]:
        yield "rows", start, end
        return
    if start < inner[0]:
        yield "rows", start, inner[0]
    yield from _minutes_and_days(inner[0], inner[1])
    if inner[1] < end:
        yield "rows", inner[1], end


def _minutes_and_days(start: int, end: int) -> Iterator[tuple[Literal["rows", "minute", "day"], int, int]]:
    first = start if start_of("day", start) == start else end_of("day", start)
    last = start_of("day", end)
    if first >= last:
        yield "minute", start, end
        return
    if start < first:
        yield "minute", start, first
    yield "day", first, last
    if last < end:
        yield "minute", last, end


@dataclass(frozen=True)
class Intervals:
    """Block intervals in milliseconds; None without one. ``p50`` and ``p99`` are nearest rank."""

    count: int
    mean: int | None
    p50: int | None
    p99: int | None
    longest: int | None


def intervals(counts: Counter[int]) -> Intervals:
    """Return the figures of seconds → blocks."""
    count = sum(counts.values())
    if not count:
        return Intervals(0, None, None, None, None)
    whole = sum(seconds * times for seconds, times in counts.items())
    return Intervals(
        count, whole * 1000 // count, _rank(counts, count, 50), _rank(counts, count, 99), max(counts) * 1000
    )


def _rank(counts: Counter[int], count: int, percent: int) -> int:
    wanted = -(-count * percent // 100)
    for seconds in sorted(counts):
        wanted -= counts[seconds]
        if wanted <= 0:
            return seconds * 1000
    raise AssertionError("a rank lies within its counts")


def to_row(grain: Grain, start: int, sums: Sums) -> dict[str, Any]:
    """Return the table's row."""
    numbers = ("blocks", "empty", "transactions", "failed", "gas_used", "missed", "first_block", "last_block", "peak")
    return {name: getattr(sums, name) for name in numbers} | {
        "grain": grain, "start": clock.from_micros(start * MICROS),
        "peak_at": clock.from_micros((sums.peak_at or 0) * MICROS), "failures": dict(sums.failures),
        "intervals": {str(seconds): blocks for seconds, blocks in sums.intervals.items()},
        "sealers": dict(sums.sealers), "departments": sums.departments,
    }


def from_row(row: Any) -> tuple[int, Sums]:
    """Return (start, sums) of a table's row."""
    numbers = ("blocks", "empty", "transactions", "failed", "gas_used", "missed", "first_block", "last_block", "peak")
    return clock.to_micros(row.start) // MICROS, Sums(
        **{name: getattr(row, name) for name in numbers}, peak_at=clock.to_micros(row.peak_at) // MICROS,
        failures=Counter(row.failures), sealers=Counter(row.sealers),
        intervals=Counter({int(seconds): blocks for seconds, blocks in row.intervals.items()}),
        departments={department: list(counts) for department, counts in row.departments.items()},
    )
