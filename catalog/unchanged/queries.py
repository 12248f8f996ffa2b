"""Every SELECT of answers that nothing changed."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from catalog.nodes.kinds import LIVE
from catalog.nodes.models import DataEntry
from catalog.nodes.queries import slices
from catalog.unchanged.models import UnchangedConfirmation
from catalog.unchanged.rules import CYCLES, bounds, period_of
from kernel import clock
from kernel.identity.models import Department

Row = UnchangedConfirmation


def latest(
    session: Session, *, department_id: uuid.UUID | None = None, entry_id: uuid.UUID | None = None,
    until: datetime | None = None,
) -> dict[uuid.UUID, datetime]:
    """Entry → its last answer that stands; of a department's entries, of one entry, or of all; not after ``until``."""
    query = select(Row.entry_id, func.max(Row.at)).where(Row.revoked_at.is_(None)).group_by(Row.entry_id)
    if department_id is not None:
        own = select(DataEntry.id).where(DataEntry.department_id == department_id)
        query = query.where(Row.entry_id.in_(own))
    if entry_id is not None:
        query = query.where(Row.entry_id == entry_id)
    if until is not None:
        query = query.where(Row.at <= until)
    return dict(session.execute(query).tuples().all())


def entries(session: Session, ids: Sequence[uuid.UUID]) -> list[DataEntry]:
    """Entries by code."""
    found: list[DataEntry] = []
    for some in slices(ids):
        found += session.scalars(select(DataEntry).where(DataEntry.id.in_(some)))
    return sorted(found, key=lambda entry: entry.code)


def answered(session: Session, ids: Sequence[uuid.UUID], day: date) -> dict[uuid.UUID, tuple[uuid.UUID | None, str]]:
    """Entry → id and noted name of who confirmed the period around a day, whatever its cycle."""
    periods = [period_of(cycle, day) for cycle in CYCLES]
    found: dict[uuid.UUID, tuple[uuid.UUID | None, str]] = {}
    for some in slices(ids):
        query = select(Row.entry_id, Row.confirmed_by, Row.confirmed_name, DataEntry.update_cycle, Row.period).join(
            DataEntry, DataEntry.id == Row.entry_id
        )
        rows = session.execute(query.where(
            Row.entry_id.in_(some), Row.period.in_(periods), Row.revoked_at.is_(None)
        ))
        found.update(
            (entry_id, (user_id, name)) for entry_id, user_id, name, cycle, period in rows
            if cycle in CYCLES and period == period_of(cycle, day)
        )
    return found


def of_entry(session: Session, entry_id: uuid.UUID) -> list[UnchangedConfirmation]:
    """The answers for an entry, the newest first, those taken back among them."""
    return list(session.scalars(select(Row).where(Row.entry_id == entry_id).order_by(Row.at.desc(), Row.id)))


def due(day: date, *, only: Sequence[uuid.UUID] | None, cycle: str | None) -> Select[DataEntry, str]:
    """(entry, department) of published entries without update or answer in the period around a day.

    ``only``: departments, None for all. The shortest cycle first.
    """
    waits = []
    for one in CYCLES if cycle is None else (cycle,):
        start = clock.day_bounds(bounds(one, day)[0])[0]
        held = select(Row.id).where(
            Row.entry_id == DataEntry.id, Row.period == period_of(one, day), Row.revoked_at.is_(None)
        ).exists()
        waits.append(and_(
            DataEntry.update_cycle == one, ~held,
            or_(DataEntry.data_updated_at.is_(None), DataEntry.data_updated_at < start),
        ))
    query = select(DataEntry, Department.name).join(
        Department, Department.id == DataEntry.department_id
    )
    query = query.where(DataEntry.status.in_(LIVE), or_(*waits))
    if only is not None:
        query = query.where(DataEntry.department_id.in_(only))
    return query.order_by(Department.sort, DataEntry.code)


def count(session: Session, query: Select[DataEntry, str]) -> int:
    """How many rows a query has."""
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
