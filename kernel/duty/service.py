"""The roster: who is on duty."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import ids
from kernel.audit.service import record
from kernel.duty import queries
from kernel.duty.errors import BACKWARDS, OVERLAP
from kernel.duty.models import DutyShift
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor
from kernel.identity.models import User


@dataclass(frozen=True)
class OnDuty:
    """A person on duty: 1 is called first."""

    user_id: uuid.UUID
    name: str
    position: int
    until: datetime


def who(session: Session, at: datetime) -> list[OnDuty]:
    """Who is on duty at an instant, in calling order; empty where the roster has a gap."""
    return [OnDuty(s.user_id, name, s.position, s.ends_at) for s, name in queries.on_duty(session, at)]


def add_shift(
    session: Session, actor: Actor, *, user_id: uuid.UUID, starts_at: datetime, ends_at: datetime,
    position: int = 1, note: str = "",
) -> DutyShift:
    """Put a person on the roster for [starts_at, ends_at). Raises ``backwards``, ``overlap``, 404 for no user."""
    if ends_at <= starts_at:
        raise BACKWARDS()
    if session.scalar(select(User.id).where(User.id == user_id)) is None:
        raise NOT_FOUND()
    if queries.overlapping(session, starts_at, ends_at, position):
        raise OVERLAP(position=position)
    shift_id = ids.new()
    row = DutyShift(
        id=shift_id, user_id=user_id, position=position, starts_at=starts_at, ends_at=ends_at, note=note, version=1,
        audit_id=_note(session, actor, "add", shift_id, user_id),
    )
    session.add(row)
    session.flush([row])
    return row


def remove_shift(session: Session, actor: Actor, *, shift_id: uuid.UUID) -> None:
    """Take a shift off the roster."""
    row = session.get(DutyShift, shift_id)
    if row is None:
        raise NOT_FOUND()
    _note(session, actor, "remove", row.id, row.user_id)
    session.delete(row)


def gaps(session: Session, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Half-open intervals of [start, end) in which nobody holds position 1."""
    reached, found = start, []
    for shift in queries.shifts_between(session, start, end, position=1):
        if shift.starts_at > reached:
            found.append((reached, shift.starts_at))
        reached = max(reached, shift.ends_at)
    return [*found, (reached, end)] if reached < end else found


def _note(session: Session, actor: Actor, verb: str, shift_id: uuid.UUID, user_id: uuid.UUID) -> uuid.UUID:
    return record(
        session, actor, action=f"kernel.duty.{verb}", object_type="duty_shift", object_id=str(shift_id),
        detail={"user": user_id},
    )


def roster(session: Session, start: datetime, end: datetime) -> Sequence[DutyShift]:
    """Shifts that touch [start, end)."""
    return queries.shifts_between(session, start, end)
