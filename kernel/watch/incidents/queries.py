"""Every SELECT of incidents."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from kernel.identity.actor import Actor
from kernel.watch.incidents.models import WatchIncident, WatchIncidentLine
from kernel.watch.models import WatchAlarm


def newest(session: Session, group_key: str) -> WatchIncident | None:
    """The newest incident of a group, open or closed."""
    return session.scalars(
        select(WatchIncident).where(WatchIncident.group_key == group_key)
        .order_by(WatchIncident.opened_at.desc()).limit(1)
    ).first()


def still_open(session: Session) -> Sequence[WatchIncident]:
    """Incidents that last, oldest first."""
    return session.scalars(
        select(WatchIncident).where(WatchIncident.closed_at.is_(None)).order_by(WatchIncident.opened_at)
    ).all()


def listing(actor: Actor, *, open_only: bool) -> Select[WatchIncident]:
    """Incidents of the actor's departments (installation-wide ones are everybody's), newest first."""
    rows = select(WatchIncident)
    if actor.scope != "all":
        rows = rows.where(
            or_(WatchIncident.department_id == actor.department_id, WatchIncident.department_id.is_(None))
        )
    if open_only:
        rows = rows.where(WatchIncident.closed_at.is_(None))
    return rows.order_by(WatchIncident.opened_at.desc(), WatchIncident.id.desc())


def between(session: Session, start: datetime, end: datetime) -> Sequence[WatchIncident]:
    """Incidents that touch [start, end), by time."""
    return session.scalars(
        select(WatchIncident)
        .where(WatchIncident.began_at < end,
               or_(WatchIncident.closed_at.is_(None), WatchIncident.closed_at > start))
        .order_by(WatchIncident.began_at, WatchIncident.id)
    ).all()


def alarms(session: Session, incident_id: uuid.UUID) -> Sequence[WatchAlarm]:
    """Alarms of an incident by time."""
    return session.scalars(
        select(WatchAlarm).where(WatchAlarm.incident_id == incident_id).order_by(WatchAlarm.opened_at, WatchAlarm.id)
    ).all()


def open_alarms(session: Session, incident_id: uuid.UUID) -> int:
    """How many of its alarms last."""
    return session.scalar(
        select(func.count()).select_from(WatchAlarm)
        .where(WatchAlarm.incident_id == incident_id, WatchAlarm.closed_at.is_(None))
    ) or 0


def lines(session: Session, incident_id: uuid.UUID) -> Sequence[WatchIncidentLine]:
    """The timeline in order."""
    return session.scalars(
        select(WatchIncidentLine).where(WatchIncidentLine.incident_id == incident_id).order_by(WatchIncidentLine.seq)
    ).all()


def last_seq(session: Session, incident_id: uuid.UUID) -> int:
    """Number of the newest line; 0 before the first."""
    return session.scalar(
        select(func.max(WatchIncidentLine.seq)).where(WatchIncidentLine.incident_id == incident_id)
    ) or 0
