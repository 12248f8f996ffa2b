"""Every SELECT of availability."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from kernel import clock
from kernel.identity.actor import Actor
from kernel.identity.models import Department
from kernel.watch import queries
from kernel.watch.models import WatchOutage, WatchSample, WatchTarget


def counted_targets(session: Session, actor: Actor, source: str) -> Sequence[WatchTarget]:
    """Targets of a source that stand for something, by name; those that are switched off among them."""
    rows = queries.targets(actor, None).where(WatchTarget.source == source, WatchTarget.counted)
    return session.scalars(rows).all()


def outages(session: Session, targets: Sequence[uuid.UUID], start: datetime, end: datetime) -> list[WatchOutage]:
    """Outages of targets that touch [start, end)."""
    return list(session.scalars(
        select(WatchOutage)
        .where(WatchOutage.target_id.in_(targets), WatchOutage.started_at < end,
               or_(WatchOutage.ended_at.is_(None), WatchOutage.ended_at > start))
        .order_by(WatchOutage.started_at)
    ))


def covered(session: Session, target_id: uuid.UUID, start: datetime, end: datetime, interval: int) -> int:
    """How many intervals of [start, end) hold a conclusive sample."""
    since = type_coerce(WatchSample.at, BigInteger) - clock.to_micros(start)
    beat = since // (interval * 1_000_000)
    return session.scalar(
        select(func.count(beat.distinct()))
        .where(WatchSample.target_id == target_id, WatchSample.at >= start, WatchSample.at < end,
               WatchSample.outcome != "prober_error")
    ) or 0


def department_names(session: Session, wanted: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Names of departments."""
    rows = session.execute(select(Department.id, Department.name).where(Department.id.in_(wanted)))
    return dict(rows.tuples().all())
