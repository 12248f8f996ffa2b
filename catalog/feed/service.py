"""The sealer of the feed: compares what is public with what was last told, and tells the difference.

Triggers queue every entry that once was published whenever its row, its department or its systems change, in the
transaction of the change; so nothing depends on whoever changes remembering to say so. The sealer runs after
those commits, alone (leader lease), and gives numbers without gaps in the order of its own commits: a reader who
saw n has seen everything up to n.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.feed import queries
from catalog.feed.content import PublicEntry
from catalog.feed.errors import SLOW
from catalog.feed.models import FeedChange, FeedDirty, FeedRecord
from catalog.nodes.queries import slices
from kernel import clock

BATCH = 500
MARGIN = timedelta(seconds=5)
"""Stamps lie this far ahead, so that a change becomes visible before its stamp and never after it."""

_RESERVE = timedelta(seconds=1)
"""What must be left of the margin for the commit itself."""

_STEP = timedelta(microseconds=1)


@dataclass(frozen=True)
class Told:
    """What one round did."""

    looked_at: int
    changes: int


@dataclass(frozen=True)
class _Change:
    entry_id: uuid.UUID
    entry: PublicEntry | None
    digest: str | None
    known: FeedRecord | None


def seal(session: Session) -> Told:
    """Tell up to BATCH waiting entries; call again while ``looked_at`` is BATCH.

    Raises ``catalog.feed.slow`` when the round took so long that its stamps would be older than its commit.
    """
    waiting = queries.dirty(session, BATCH)
    ids = list(dict.fromkeys(entry_id for _, entry_id in waiting))
    changed = _differences(session, ids)
    queries.clean(session, [number for number, _ in waiting])
    if changed:
        _tell(session, changed)
    return Told(len(waiting), len(changed))


def _differences(session: Session, ids: Sequence[uuid.UUID]) -> list[_Change]:
    found = []
    for some in slices(ids):
        now, told = queries.public_contents(session, some), queries.records(session, some)
        for entry_id in some:
            entry, known = now.get(entry_id), told.get(entry_id)
            digest = entry.digest() if entry else None
            if digest != (known.digest if known else None):
                found.append(_Change(entry_id, entry, digest, known))
    return found


def _tell(session: Session, changed: Sequence[_Change]) -> None:
    seq, last = queries.head(session)
    epoch, now = queries.epoch(session), clock.now()
    seq = max(seq, epoch.after_seq)
    start = max(now + MARGIN, epoch.started_at + _STEP, last + _STEP if last else now)
    stamps = [start + number * _STEP for number in range(len(changed))]
    rows = [_row(one, seq + number, at) for number, (one, at) in enumerate(zip(changed, stamps, strict=True), start=1)]
    session.execute(insert(FeedChange), [
        {name: row[name] for name in ("seq", "entry_id", "op", "code", "version", "digest", "at")} for row in rows
    ])
    _remember(session, changed, rows)
    session.flush()
    if clock.now() - now > MARGIN - _RESERVE:
        raise SLOW()


def _row(one: _Change, seq: int, at: datetime) -> dict[str, Any]:
    known = one.known
    told = one.entry or known
    assert told is not None  # a difference has at least one side
    department = one.entry.org.id if one.entry else known.department_id if known else None
    return {
        "seq": seq, "entry_id": one.entry_id, "op": "upsert" if one.entry else "withdraw", "code": told.code,
        "version": told.version, "digest": one.digest, "at": at, "public": one.entry is not None,
        "department_id": department, "first_at": known.first_at if known else at,
    }


def _remember(session: Session, changed: Sequence[_Change], rows: Sequence[dict[str, Any]]) -> None:
    names = ("entry_id", "seq", "public", "code", "department_id", "version", "digest", "first_at", "at")
    states = [{name: row[name] for name in names} for row in rows]
    fresh = [state for one, state in zip(changed, states, strict=True) if one.known is None]
    held = [state for one, state in zip(changed, states, strict=True) if one.known is not None]
    if fresh:
        session.execute(insert(FeedRecord), fresh)
    if held:
        session.execute(update(FeedRecord), held)
    session.expire_all()


def sweep(session: Session, after: uuid.UUID | None, limit: int = BATCH) -> tuple[list[uuid.UUID], uuid.UUID | None]:
    """Compare a slice of everything with what was told, and queue what differs without waiting to be queued.

    Returns the ids that were queued and where to go on (None at the end). With sound triggers none is found.
    """
    ids = _slice(session, after, limit)
    queued = set(session.scalars(select(FeedDirty.entry_id).where(FeedDirty.entry_id.in_(ids)))) if ids else set()
    missed = [one.entry_id for one in _differences(session, ids) if one.entry_id not in queued]
    if missed:
        session.execute(insert(FeedDirty), [{"entry_id": one} for one in missed])
    return missed, ids[-1] if len(ids) == limit else None


def _slice(session: Session, after: uuid.UUID | None, limit: int) -> list[uuid.UUID]:
    both = queries.public_ids().union(select(FeedRecord.entry_id)).subquery()
    query = select(both.c[0]).order_by(both.c[0]).limit(limit)
    return list(session.scalars(query.where(both.c[0] > after) if after else query))
