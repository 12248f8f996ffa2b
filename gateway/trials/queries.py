"""Reads of trials."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from gateway.apps.models import App
from gateway.trials.models import Trial
from kernel.identity.actor import Actor


def of_interface(session: Session, actor: Actor, interface_id: uuid.UUID, *, whole: bool) -> Sequence[Trial]:
    """Return the newest trials of an interface; without ``whole`` those of own applications only."""
    query = select(Trial).where(Trial.interface_id == interface_id).order_by(Trial.made_at.desc(), Trial.id.desc())
    if not whole and actor.scope != "all":
        own = select(App.id).where(App.department_id == actor.department_id)
        query = query.where(Trial.app_id.in_(own))
    return session.scalars(query.limit(50)).all()


def purge(session: Session, now: datetime) -> int:
    """Delete the trials whose time is over; return how many."""
    done = session.execute(delete(Trial).where(Trial.expires_at <= now))
    assert isinstance(done, CursorResult)
    return done.rowcount
