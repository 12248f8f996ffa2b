"""The SELECTs of OAI-PMH: last changes of entries, tombstones too, in the order of the feed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from catalog.feed.models import FeedChange, FeedRecord
from catalog.nodes.models import DataEntry
from catalog.oai.protocol import Span
from catalog.public.queries import public
from kernel import clock
from kernel.identity.models import Department

SET = "org:"


def _shown() -> ColumnElement[bool]:
    """A tombstone, or an entry that is public now; one between the two waits for the sealer."""
    alive = select(DataEntry.id).where(DataEntry.id == FeedRecord.entry_id, public()).exists()
    return or_(FeedRecord.public.is_(False), alive)


def _within(span: Span) -> list[ColumnElement[bool]]:
    found = [_shown()]
    if span.low is not None:
        found.append(FeedRecord.at >= span.low)
    if span.high is not None:
        found.append(FeedRecord.at < span.high)
    if span.spec is not None:
        code = func.coalesce(Department.uscc, Department.code)
        found.append(FeedRecord.department_id.in_(select(Department.id).where(code == span.spec.removeprefix(SET))))
    return found


def _with_code() -> Select[FeedRecord, str]:
    code = func.coalesce(Department.uscc, Department.code)
    return select(FeedRecord, code).join(Department, Department.id == FeedRecord.department_id)


def total(session: Session, span: Span) -> int:
    """How many records a list has."""
    return session.scalar(select(func.count()).select_from(FeedRecord).where(*_within(span))) or 0


def page(session: Session, span: Span, after: int, limit: int) -> list[tuple[FeedRecord, str]]:
    """Records after a place in the feed with the code of their department."""
    query = _with_code().where(FeedRecord.seq > after, *_within(span)).order_by(FeedRecord.seq).limit(limit)
    rows = session.execute(query)
    return [(record, code) for record, code in rows]


def told(session: Session, seq: int, at: int) -> bool:
    """Whether the feed has a change of this number and stamp."""
    stamp = session.scalar(select(FeedChange.at).where(FeedChange.seq == seq))
    return stamp is not None and clock.to_micros(stamp) == at


def one(session: Session, entry_id: Any) -> tuple[FeedRecord, str] | None:
    """The record of an entry."""
    row = session.execute(_with_code().where(FeedRecord.entry_id == entry_id, _shown())).first()
    return (row[0], row[1]) if row else None


def sets(session: Session) -> list[tuple[str, str]]:
    """Code and name of every department that has or had public entries."""
    query = select(func.coalesce(Department.uscc, Department.code), Department.name).where(
        Department.id.in_(select(FeedRecord.department_id))
    )
    return [(code, name) for code, name in session.execute(query.order_by(Department.code))]


def earliest(session: Session) -> datetime | None:
    """The oldest datestamp that any record can have."""
    return session.scalar(select(func.min(FeedRecord.first_at)))
