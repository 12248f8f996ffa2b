"""Every SELECT of usage."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from catalog.nodes.models import DataEntry
from catalog.nodes.queries import slices, visible
from catalog.usage.models import UsageDay
from kernel.identity.actor import Actor
from kernel.identity.models import Department

COUNTED = ("views", "downloads", "calls", "failed")
By = Literal["views", "downloads", "calls"]


def days_of(session: Session, entry_id: uuid.UUID, since: str, until: str) -> list[UsageDay]:
    """The kept days of an entry, oldest first."""
    query = select(UsageDay).where(UsageDay.entry_id == entry_id, UsageDay.day >= since, UsageDay.day <= until)
    return list(session.scalars(query.order_by(UsageDay.day)))


def totals(session: Session, entry_id: uuid.UUID) -> dict[str, int]:
    """All that was ever counted of an entry."""
    sums = [func.coalesce(func.sum(getattr(UsageDay, name)), 0) for name in COUNTED]
    row = session.execute(select(*sums).where(UsageDay.entry_id == entry_id)).one()
    return {name: int(value) for name, value in zip(COUNTED, row, strict=True)}


def daily(
    session: Session, actor: Actor, department_id: uuid.UUID | None, since: str, until: str
) -> list[tuple[Any, ...]]:
    """(day, views, downloads, calls, failed) over the entries that the actor sees."""
    sums = [func.sum(getattr(UsageDay, name)) for name in COUNTED]
    query = select(UsageDay.day, *sums).join(DataEntry, DataEntry.id == UsageDay.entry_id)
    query = query.where(UsageDay.day >= since, UsageDay.day <= until, visible(actor, DataEntry))
    if department_id is not None:
        query = query.where(DataEntry.department_id == department_id)
    return [tuple(row) for row in session.execute(query.group_by(UsageDay.day).order_by(UsageDay.day))]


def top(actor: Actor, by: By, department_id: uuid.UUID | None, since: str, until: str) -> Select[Any]:
    """Entries that the actor sees by how much they were used; those that were not used are left out."""
    sums = {name: func.sum(getattr(UsageDay, name)).label(name) for name in COUNTED}
    query = (
        select(DataEntry.id, DataEntry.code, DataEntry.name, Department.name.label("department"), *sums.values())
        .join(DataEntry, DataEntry.id == UsageDay.entry_id)
        .join(Department, Department.id == DataEntry.department_id)
        .where(UsageDay.day >= since, UsageDay.day <= until, visible(actor, DataEntry))
        .group_by(DataEntry.id, DataEntry.code, DataEntry.name, Department.name)
        .having(sums[by] > 0)
    )
    if department_id is not None:
        query = query.where(DataEntry.department_id == department_id)
    return query.order_by(sums[by].desc(), DataEntry.code)


def existing(session: Session, entry_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these entries there are."""
    found: set[uuid.UUID] = set()
    wanted: Sequence[uuid.UUID] = list(dict.fromkeys(entry_ids))
    for some in slices(wanted):
        found.update(session.scalars(select(DataEntry.id).where(DataEntry.id.in_(some))))
    return found
