"""Reads of the work calendar."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.calendar.models import WorkCalendarDay, WorkCalendarYear


def years(session: Session) -> Sequence[WorkCalendarYear]:
    """Return the loaded years in order."""
    return session.scalars(select(WorkCalendarYear).order_by(WorkCalendarYear.year)).all()


def days(session: Session, year: int | None = None) -> Sequence[WorkCalendarDay]:
    """Return the days of a year (or of all) in order."""
    query = select(WorkCalendarDay).order_by(WorkCalendarDay.day)
    return session.scalars(query if year is None else query.where(WorkCalendarDay.year == year)).all()
