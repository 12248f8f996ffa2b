"""Reads of demands."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from catalog.demands.models import Demand, DemandItem
from catalog.nodes.models import DataEntry, DataItem
from kernel.identity.actor import Actor


def visible(actor: Actor, *, status: str | None = None) -> Select[Demand]:
    """Return the demands an actor sees: own department's, and those that ask for its data; newest first."""
    query = select(Demand).order_by(Demand.submitted_at.desc(), Demand.id.desc())
    if actor.kind != "system" and actor.scope != "all":
        query = query.where((Demand.department_id == actor.department_id) | (Demand.provider_id == actor.department_id))
    return query.where(Demand.status == status) if status else query


def items_of(session: Session, demand_id: uuid.UUID) -> Sequence[DemandItem]:
    """Return the items of a demand, by name."""
    return session.scalars(select(DemandItem).where(DemandItem.demand_id == demand_id).order_by(DemandItem.name)).all()


def entry(session: Session, entry_id: uuid.UUID) -> DataEntry | None:
    """Return an entry."""
    return session.get(DataEntry, entry_id)


def entry_items(session: Session, entry_id: uuid.UUID, item_ids: Sequence[uuid.UUID]) -> Sequence[DataItem]:
    """Return those of the items that belong to the entry."""
    return session.scalars(
        select(DataItem).where(DataItem.entry_id == entry_id, DataItem.id.in_(item_ids)).order_by(DataItem.number)
    ).all()


def items_by_name(session: Session, entry_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """Return the items of an entry by name."""
    return dict(session.execute(select(DataItem.name, DataItem.id).where(DataItem.entry_id == entry_id)).tuples().all())


def item_names(session: Session, entry_id: uuid.UUID) -> set[str]:
    """Return the names of all items of an entry."""
    return set(session.scalars(select(DataItem.name).where(DataItem.entry_id == entry_id)))


def last_number(session: Session, prefix: str) -> str | None:
    """Return the highest number with a prefix."""
    return session.scalar(select(func.max(Demand.number)).where(Demand.number.like(prefix + "%")))


def waiting(session: Session, entry_id: uuid.UUID) -> Sequence[Demand]:
    """Return approved demands of an entry that have no grant yet."""
    return session.scalars(
        select(Demand).where(Demand.entry_id == entry_id, Demand.status == "provisioning").order_by(Demand.submitted_at)
    ).all()


def undecided(session: Session, limit: int) -> Sequence[Demand]:
    """Return demands that somebody must decide, oldest first."""
    return session.scalars(select(Demand).where(Demand.stage != "").order_by(Demand.submitted_at).limit(limit)).all()
