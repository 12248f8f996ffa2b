"""Pure arithmetic of a case's clock. Source: design ops.md, tickets (opened 09:00, paused 09:20–09:50 …)."""

from collections.abc import Iterable
from datetime import datetime, timedelta


def elapsed(
    start: datetime, until: datetime, pauses: Iterable[tuple[datetime, datetime | None]]
) -> timedelta:
    """Running time of [start, until) less the union of the pauses; a pause without end lasts to ``until``."""
    clipped = sorted((max(a, start), min(b or until, until)) for a, b in pauses)
    total, reached = until - start, start
    for begin, end in clipped:
        begin = max(begin, reached)
        if end > begin:
            total -= end - begin
            reached = end
    return max(total, timedelta(0))


def in_time(running: timedelta, due_seconds: int | None) -> bool:
    """Due is inclusive: exactly the allowed time is still in time. No due time is always in time."""
    return due_seconds is None or running <= timedelta(seconds=due_seconds)


def number(prefix: str, year: int, sequence: int) -> str:
    """``SJ2026-00001``: prefix of the type, Beijing year, five digits or more."""
    return f"{prefix}{year}-{sequence:05d}"
