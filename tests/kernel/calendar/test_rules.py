"""Working days: the worked examples of the contracts, and what must be refused."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.calendar.rules import WorkCalendar, check_days, natural
from kernel.calendar.seeds import shipped
from kernel.errors import MulianError


def _calendar() -> WorkCalendar:
    notices = shipped()
    exceptions = {day: kind for notice in notices for day, kind, _ in notice.days}
    return WorkCalendar(exceptions, frozenset(notice.year for notice in notices))


@pytest.mark.requirement("S1-18")
@pytest.mark.parametrize(
    ("start", "workdays", "due"),
    [
        ("2026-09-28", 3, "2026-10-08"),
        ("2026-09-30", 3, "2026-10-10"),
        ("2026-04-30", 5, "2026-05-11"),
        ("2026-02-12", 3, "2026-02-24"),
        ("2026-11-20", 7, "2026-12-01"),
        ("2026-12-30", 1, "2026-12-31"),
        ("2026-10-08", -3, "2026-09-28"),
        ("2026-10-03", 0, "2026-10-03"),
    ],
)
def test_workday_due(start: str, workdays: int, due: str) -> None:
    assert _calendar().add(date.fromisoformat(start), workdays) == date.fromisoformat(due)


@pytest.mark.requirement("S1-18")
@pytest.mark.parametrize(("start", "workdays"), [("2026-12-30", 3), ("2026-01-05", -2), ("2031-06-01", 1)])
def test_workday_due_beyond_the_calendar_is_refused(start: str, workdays: int) -> None:
    with pytest.raises(MulianError) as caught:
        _calendar().add(date.fromisoformat(start), workdays)
    assert caught.value.code == "kernel.calendar.outside"


def test_2026_has_248_working_days() -> None:
    # 365 days, 104 weekend days, 19 weekdays off, 6 make-up days
    assert _calendar().between(date(2025, 12, 31), date(2026, 12, 31)) == 248


def test_natural_days_do_not_move() -> None:
    assert natural(date(2026, 9, 28), 7) == date(2026, 10, 5)


def test_end_and_days_left() -> None:
    calendar = _calendar()
    assert calendar.end == date(2026, 12, 31)
    assert calendar.days_left(date(2026, 11, 1)) == 60
    assert WorkCalendar({}, frozenset()).end is None


@given(st.dates(date(2026, 3, 1), date(2026, 10, 31)), st.integers(1, 30))
def test_adding_and_counting_agree(start: date, workdays: int) -> None:
    calendar = _calendar()
    due = calendar.add(start, workdays)
    assert calendar.is_workday(due)
    assert calendar.between(start, due) == workdays
    assert calendar.between(due, start) == -workdays


@pytest.mark.parametrize(
    "rows",
    [
        [(date(2027, 1, 1), "holiday", "x")],
        [(date(2026, 10, 1), "holiday", "x"), (date(2026, 10, 1), "holiday", "x")],
        [(date(2026, 10, 9), "workday", "Friday")],
    ],
)
def test_wrong_tables_are_refused(rows: list[tuple[date, str, str]]) -> None:
    with pytest.raises(MulianError) as caught:
        check_days(2026, rows)  # type: ignore[arg-type]
    assert caught.value.code == "kernel.calendar.day_invalid"


def test_shipped_notice_is_well_formed() -> None:
    for notice in shipped():
        check_days(notice.year, notice.days)
        assert sum(kind == "holiday" for _, kind, _ in notice.days) == 33
        assert all(b - a >= timedelta(0) for (a, *_), (b, *_) in zip(notice.days, notice.days[1:], strict=False))
