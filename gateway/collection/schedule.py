"""When a task runs by itself. Pure; days and times of day are Beijing's.

Forms: {"every_minutes": n}, {"at": "02:30", "days": "all" | "workdays" | "monday" … | "month:5"}.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from kernel import clock

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST_DAYS = 400


def fault(schedule: Mapping[str, Any]) -> str:
    """Return which field of a schedule is wrong, or ""."""
    if "every_minutes" in schedule:
        every = schedule["every_minutes"]
        fits = isinstance(every, int) and not isinstance(every, bool) and 1 <= every <= 7 * 24 * 60
        return "" if fits and len(schedule) == 1 else "every_minutes"
    try:
        time.fromisoformat(str(schedule.get("at")))
    except ValueError:
        return "at"
    days = str(schedule.get("days", "all"))
    if days in ("all", "workdays", *WEEKDAYS):
        return ""
    first, _, number = days.partition(":")
    return "" if first == "month" and number.isascii() and number.isdigit() and 1 <= int(number) <= 28 else "days"


def following(schedule: Mapping[str, Any], after: datetime, is_workday: Callable[[date], bool]) -> datetime | None:
    """Return the first time after an instant; None where no day of the next 400 fits.

    Raises what ``is_workday`` raises for a year that nobody has loaded.
    """
    if "every_minutes" in schedule:
        return after + timedelta(minutes=int(schedule["every_minutes"]))
    at, first = time.fromisoformat(str(schedule["at"])), clock.business_day(after)
    for offset in range(_MOST_DAYS):
        day = first + timedelta(days=offset)
        moment = datetime.combine(day, at, clock.BEIJING)
        if moment > after and _fits(str(schedule.get("days", "all")), day, is_workday):
            return moment.astimezone(after.tzinfo)
    return None


def _fits(days: str, day: date, is_workday: Callable[[date], bool]) -> bool:
    if days == "workdays":
        return is_workday(day)
    if days in WEEKDAYS:
        return day.weekday() == WEEKDAYS.index(days)
    return days == "all" or day.day == int(days.partition(":")[2])
