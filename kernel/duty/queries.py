"""Every SELECT of the roster."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from kernel.duty.models import DutyShift
from kernel.identity.models import User


def on_duty(session: Session, at: datetime) -> Sequence[Row[DutyShift, str]]:
    """(shift, name) of active users on duty at an instant."""
    return session.execute(
        select(DutyShift, User.display_name)
        .join(User, User.id == DutyShift.user_id)
        .where(DutyShift.starts_at <= at, DutyShift.ends_at > at, User.active)
        .order_by(DutyShift.position, DutyShift.starts_at, DutyShift.id)
    ).all()


def shifts_between(
    session: Session, start: datetime, end: datetime, position: int | None = None
) -> Sequence[DutyShift]:
    """Shifts that touch [start, end), in order."""
    statement = select(DutyShift).where(DutyShift.starts_at < end, DutyShift.ends_at > start)
    if position is not None:
        statement = statement.where(DutyShift.position == position)
    return session.scalars(statement.order_by(DutyShift.starts_at, DutyShift.position, DutyShift.id)).all()


def overlapping(session: Session, start: datetime, end: datetime, position: int) -> bool:
    """Whether the position is taken in any part of [start, end)."""
    return bool(shifts_between(session, start, end, position))
