"""Adding up views and downloads, and taking over the gateway's calls, one row an entry and day."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from catalog.usage import port, queries
from catalog.usage.models import UsageDay
from kernel import clock

Key = tuple[uuid.UUID, str, str]
"""(entry, day, what is counted)."""


def add(session: Session, counts: Mapping[Key, int]) -> int:
    """Add counted views and downloads to their days; entries that are gone are left out. How many rows."""
    known = queries.existing(session, (entry_id for entry_id, _, _ in counts))
    rows: dict[tuple[uuid.UUID, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(queries.COUNTED, 0))
    for (entry_id, day, what), number in counts.items():
        if entry_id in known:
            rows[entry_id, day][what] += number
    return _write(session, rows)


def take_calls(session: Session, first: date, last: date) -> int:
    """Make the calls of these days (Beijing) what the gateway says they were; how many rows."""
    start, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    found = port.calls(session, start, end)
    known = queries.existing(session, (one.entry_id for one in found))
    days = (UsageDay.day >= first.isoformat(), UsageDay.day <= last.isoformat())
    # a call log only grows, but an interface may have moved to another entry
    session.execute(update(UsageDay).where(*days, UsageDay.calls > 0).values(calls=0, failed=0))
    rows: dict[tuple[uuid.UUID, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(queries.COUNTED, 0))
    for one in found:
        if one.entry_id in known:
            rows[one.entry_id, one.day]["calls"] += one.calls
            rows[one.entry_id, one.day]["failed"] += one.failed
    return _write(session, rows)


def _write(session: Session, rows: Mapping[tuple[uuid.UUID, str], dict[str, int]]) -> int:
    values = [{"entry_id": entry_id, "day": day, **counts} for (entry_id, day), counts in sorted(rows.items())]
    if not values:
        return 0
    insert: Any = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = insert(UsageDay)
    sums = {name: getattr(UsageDay, name) + getattr(statement.excluded, name) for name in queries.COUNTED}
    session.execute(statement.on_conflict_do_update(index_elements=["entry_id", "day"], set_=sums), values)
    return len(values)


def series(rows: Sequence[UsageDay], since: date, until: date) -> list[dict[str, Any]]:
    """A point for every day of the period, zero where nothing was counted."""
    held = {row.day: row for row in rows}
    points: list[dict[str, Any]] = []
    for ordinal in range(since.toordinal(), until.toordinal() + 1):
        day = date.fromordinal(ordinal).isoformat()
        row = held.get(day)
        points.append({"day": day, **{name: getattr(row, name) if row else 0 for name in queries.COUNTED}})
    return points
