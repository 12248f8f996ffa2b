"""Reads of needs."""

import uuid

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from catalog.demands.models import Demand
from catalog.needs.models import Need
from catalog.nodes.models import DataEntry
from kernel.identity.actor import Actor


def visible(actor: Actor, *, state: str | None = None, bureau: bool = False) -> Select[Need]:
    """Return the needs an actor sees, newest first: the own department's, and all of them for who answers."""
    query = select(Need).order_by(Need.submitted_at.desc(), Need.id.desc())
    if actor.kind != "system" and actor.scope != "all" and not bureau:
        query = query.where(Need.department_id == actor.department_id)
    return query.where(Need.state == state) if state else query


def entry(session: Session, entry_id: uuid.UUID) -> DataEntry | None:
    """Return an entry."""
    return session.get(DataEntry, entry_id)


def last_number(session: Session, prefix: str) -> str | None:
    """Return the highest number with a prefix."""
    return session.scalar(select(func.max(Need.number)).where(Need.number.like(prefix + "%")))


def demands_of(session: Session, need_id: uuid.UUID) -> int:
    """Return how many demands a need has led to."""
    return session.scalar(select(func.count()).select_from(Demand).where(Demand.need_id == need_id)) or 0
