"""Work calendar over HTTP."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import Path, Query, Request, Response

from kernel import clock
from kernel.calendar import queries, service
from kernel.calendar.models import WorkCalendarDay, WorkCalendarYear
from kernel.calendar.schemas import CalendarDay, CalendarYear, CalendarYearIn, CalendarYears, DueDate
from kernel.http import Actor_, Session_, check_if_match, needs, router, set_etag

api = router(prefix="/calendar", tags=["calendar"])
Year = Annotated[int, Path(ge=2000, le=2100)]


@api.get("/years", **needs(None))
def list_years(session: Session_) -> CalendarYears:
    """Return every loaded year with its exceptions."""
    calendar = service.load(session)
    items = [_out(row, queries.days(session, row.year)) for row in queries.years(session)]
    left = calendar.days_left(clock.business_day(clock.now()))
    return CalendarYears(items=items, end=calendar.end, days_left=left)


@api.put("/years/{year}", **needs("kernel.calendar.edit"))
def replace_year(
    request: Request, response: Response, session: Session_, actor: Actor_, year: Year, body: CalendarYearIn
) -> CalendarYear:
    """Set a year from its notice; an existing year needs If-Match."""
    known = session.get(WorkCalendarYear, year)
    if known is not None:
        check_if_match(request, known.version)
    rows = [(item.day, item.kind, item.name) for item in body.days]
    row = service.replace_year(session, actor, year=year, source=body.source, days=rows)
    set_etag(response, row.version)
    return _out(row, queries.days(session, year))


@api.get("/due", **needs(None))
def due(session: Session_, start: date, workdays: Annotated[int, Query(ge=-250, le=250)]) -> DueDate:
    """Return the due day of a number of working days after (negative: before) a day."""
    return DueDate(start=start, workdays=workdays, due=service.due_on(session, start, workdays))


def _out(row: WorkCalendarYear, days: Sequence[WorkCalendarDay]) -> CalendarYear:
    items = [CalendarDay.model_validate(day) for day in days]
    return CalendarYear(year=row.year, source=row.source, version=row.version, days=items)
