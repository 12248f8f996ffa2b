"""Debits of daily quota, and the mark of the first start."""

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.broker.models import BrokerStart, QuotaDay
from gateway.snapshot.places import PLACES
from kernel import clock


def debit(session: Session, *, grant_id: uuid.UUID, day: date, want: int, quota: int) -> int:
    """Debit up to ``want`` units and return how many the quota still allowed."""
    row = session.get(QuotaDay, (grant_id, day))
    if row is None:
        row = QuotaDay(grant_id=grant_id, day=day, debited=0)
        session.add(row)
    granted = max(0, min(want, quota - row.debited))
    row.debited += granted
    session.flush()
    return granted


def credit(session: Session, *, grant_id: uuid.UUID, day: date, units: int) -> None:
    """Give back units that were debited and not used."""
    row = session.get(QuotaDay, (grant_id, day))
    if row is not None:
        row.debited = max(0, row.debited - units)


def debited(session: Session, *, grant_id: uuid.UUID, day: date) -> int:
    """Return the units of ``day`` that left the database."""
    found = session.scalar(select(QuotaDay.debited).where(QuotaDay.grant_id == grant_id, QuotaDay.day == day))
    return found or 0


def mark_started(session: Session, environment: str) -> bool:
    """Count a start; return True when a broker of this environment had served before."""
    id_ = PLACES.index(environment) + 1
    row = session.get(BrokerStart, id_)
    if row is None:
        session.add(BrokerStart(id=id_, first_at=clock.now(), starts=1))
        return False
    row.starts += 1
    return True
