"""Run analysis figures (链运行分析) of any period, from the rollups and, at its edges, from the blocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from chain.indexer import queries, rollups
from chain.indexer.rollups import DAY, MICROS, MINUTE, Intervals, Sums
from kernel import clock

HOUR = 3_600
MAX_POINTS = 1_500


@dataclass(frozen=True)
class Run:
    """Figures of [start, end). Rates are thousandths of a transaction a second; ``intervals`` milliseconds.

    ``mean_tps_milli`` is over the period's seconds, ``peak_tps_milli`` over its busiest minute.
    """

    seconds: int
    sums: Sums
    intervals: Intervals
    mean_tps_milli: int
    peak_tps_milli: int


@dataclass(frozen=True)
class Point:
    """One point of a chart: its sums, and the width in seconds of all points."""

    start: int
    sums: Sums


def parts(session: Session, start: int, end: int) -> Iterator[tuple[int, Sums]]:
    """Yield (second, sums) that make up [start, end) (Unix seconds): whole days, minutes, and rows at the edges."""
    for grain, first, last in rollups.pieces(start, end):
        if grain == "rows":
            yield from sorted(queries.minutes_from_rows(session, first, last).items())
        else:
            yield from queries.rollups(session, grain, first, last)


def run(session: Session, start: datetime, end: datetime) -> Run:
    """Return the figures of [start, end), as far as it is indexed."""
    first, last = _seconds(start, end)
    sums, seconds = rollups.total(part for _, part in parts(session, first, last)), max(0, last - first)
    return Run(
        seconds, sums, rollups.intervals(sums.intervals),
        mean_tps_milli=sums.transactions * 1000 // seconds if seconds else 0, peak_tps_milli=sums.peak * 1000 // MINUTE,
    )


def hash_of(session: Session, number: int) -> str | None:
    """Return the hash of an indexed block."""
    return queries.block_hash(session, number)


def minutes(session: Session, start: datetime, end: datetime) -> list[tuple[int, Sums]]:
    """Return the minutes of [start, end) that hold blocks, each cut at the period's edges."""
    first, last = _seconds(start, end)
    found: dict[int, Sums] = {}
    for grain, low, high in rollups.pieces(first, last):
        if grain == "rows":
            found |= queries.minutes_from_rows(session, low, high)
        else:
            found |= dict(queries.rollups(session, "minute", low, high))
    return sorted(found.items())


def width(start: datetime, end: datetime) -> int:
    """Return how wide the points of a chart of a period are: a minute, an hour, or a day (Beijing's)."""
    seconds = (end - start).total_seconds()
    return MINUTE if seconds <= 6 * HOUR else HOUR if seconds <= 14 * DAY else DAY


def points(session: Session, start: datetime, end: datetime, wide: int) -> list[Point]:
    """Return sums of every minute, hour or day of [start, end) that holds blocks."""
    first, last = _seconds(start, end)
    grain: Literal["minute", "day"] = "day" if wide == DAY else "minute"
    inner = queries.rollups(session, grain, rollups.start_of(grain, first), last)
    if wide != HOUR:
        return [Point(at, sums) for at, sums in inner]
    found: dict[int, Sums] = {}
    for at, sums in inner:
        found.setdefault(at // HOUR * HOUR, Sums()).add(sums)
    return [Point(at, sums) for at, sums in sorted(found.items())]


def _seconds(start: datetime, end: datetime) -> tuple[int, int]:
    """Whole seconds: a block's time has no fraction, so an instant between two counts as the later one."""
    return -(-clock.to_micros(start) // MICROS), -(-clock.to_micros(end) // MICROS)


def intervals_of(sums: Sums) -> Intervals:
    """Return the block intervals of sums, milliseconds."""
    return rollups.intervals(sums.intervals)
