"""Use cases: load, reckon, replace a year."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete
from sqlalchemy.orm import Session

from kernel import clock
from kernel.audit.service import record
from kernel.calendar import queries
from kernel.calendar.models import WorkCalendarDay, WorkCalendarYear
from kernel.calendar.rules import Kind, WorkCalendar, check_days
from kernel.identity.actor import Actor, require

EDIT = "kernel.calendar.edit"
DayRow = tuple[date, Kind, str]


def load(session: Session) -> WorkCalendar:
    """Return the calendar as it stands."""
    exceptions = {row.day: _kind(row.kind) for row in queries.days(session)}
    return WorkCalendar(exceptions, frozenset(row.year for row in queries.years(session)))


def due_on(session: Session, start: date, workdays: int) -> date:
    """Return the due day; raise ``kernel.calendar.outside`` rather than guess (``rules.WorkCalendar.add``)."""
    return load(session).add(start, workdays)


def replace_year(
    session: Session, actor: Actor, *, year: int, source: str, days: Sequence[DayRow]
) -> WorkCalendarYear:
    """Set a year from its notice, replacing what stood there. Raises ``kernel.calendar.day_invalid``."""
    require(actor, EDIT)
    check_days(year, days)
    row = _store(session, year, source, days)
    record(
        session,
        actor,
        action="kernel.calendar.replace",
        object_type="work_calendar_year",
        object_id=str(year),
        detail={"source": source, "days": [list(day) for day in days], "version": row.version},
    )
    return row


def _store(session: Session, year: int, source: str, days: Sequence[DayRow]) -> WorkCalendarYear:
    row = session.get(WorkCalendarYear, year)
    if row is None:
        row = WorkCalendarYear(year=year, source=source, loaded_at=clock.now(), version=1)
        session.add(row)
    else:
        row.source, row.loaded_at, row.version = source, clock.now(), row.version + 1
        session.execute(delete(WorkCalendarDay).where(WorkCalendarDay.year == year))
    session.flush([row])
    session.add_all(WorkCalendarDay(day=day, year=year, kind=kind, name=name) for day, kind, name in days)
    session.flush()
    return row


def _kind(text: str) -> Kind:
    return "holiday" if text == "holiday" else "workday"
