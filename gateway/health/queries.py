"""Every SELECT of gateway health."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.nodes.models import DataItem
from gateway.apps import queries as app_queries
from gateway.broker.limits import CALLS, DAY
from gateway.broker.models import QuotaUse
from gateway.grants.models import Grant
from gateway.health.models import HealthCheck
from gateway.health.rules import Item
from gateway.snapshot.places import PRODUCTION


def checks_of(session: Session, interface_id: uuid.UUID) -> Sequence[HealthCheck]:
    """Checks of an interface."""
    return session.scalars(
        select(HealthCheck).where(HealthCheck.interface_id == interface_id).order_by(HealthCheck.kind)
    ).all()


def check(session: Session, interface_id: uuid.UUID, kind: str) -> HealthCheck | None:
    """One check of an interface."""
    return session.scalar(
        select(HealthCheck).where(HealthCheck.interface_id == interface_id, HealthCheck.kind == kind)
    )


def enabled(session: Session) -> dict[uuid.UUID, list[HealthCheck]]:
    """Checks that are switched on, by interface."""
    found: dict[uuid.UUID, list[HealthCheck]] = defaultdict(list)
    for row in session.scalars(select(HealthCheck).where(HealthCheck.enabled).order_by(HealthCheck.kind)):
        found[row.interface_id].append(row)
    return found


def items(session: Session, entries: set[uuid.UUID]) -> dict[uuid.UUID, list[Item]]:
    """Data items of entries."""
    found: dict[uuid.UUID, list[Item]] = defaultdict(list)
    rows = session.scalars(select(DataItem).where(DataItem.entry_id.in_(entries)).order_by(DataItem.number))
    for row in rows:
        found[row.entry_id].append(Item(str(row.id), row.name, row.sensitive, row.share_type))
    return found


def quota_use(session: Session, day: date) -> list[tuple[str, int, int]]:
    """(grant number, debited, quota) of active grants with a daily quota."""
    rows = session.execute(
        select(Grant.number, QuotaUse.debited, Grant.quota_day)
        .join(QuotaUse, QuotaUse.grant_id == Grant.id)
        .where(
            Grant.state == "active", Grant.quota_day > 0, QuotaUse.measure == CALLS, QuotaUse.span == DAY,
            QuotaUse.start == day,
        )
    )
    return [(number, debited, quota) for number, debited, quota in rows]


def grants_ending(session: Session, before: datetime) -> list[tuple[str, datetime]]:
    """(number, end) of active grants that end before an instant."""
    rows = session.execute(
        select(Grant.number, Grant.expires_at).where(Grant.state == "active", Grant.expires_at < before)
    )
    return [(number, at) for number, at in rows]


def key_ages(session: Session, now: datetime) -> dict[str, Decimal | int]:
    """Days since the newest live secret of each active application was issued."""
    return {
        app.app_key: (now - max(one.created_at for one in live)).days
        for app, live in app_queries.live(session, PRODUCTION) if live
    }
