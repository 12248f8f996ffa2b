"""When a rotation may run: hours of Beijing's day, on days that the work calendar decides; pure."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, get_args

from crypto.errors import WINDOW_INVALID
from kernel import clock

Days = Literal["any", "work", "rest"]
_LOOK_AHEAD = 30


def window(days: str, start: str, end: str) -> dict[str, Any]:
    """Return a window as it is kept; an end before its start lies in the next morning.

    Raises ``crypto.window.invalid``.
    """
    try:
        opens, closes = _time(start), _time(end)
    except ValueError as error:
        raise WINDOW_INVALID() from error
    if days not in get_args(Days) or opens == closes:
        raise WINDOW_INVALID()
    return {"days": days, "from": start, "to": end}


def next_start(kept: dict[str, Any] | None, now: datetime, is_workday: Callable[[date], bool]) -> datetime:
    """Return ``now`` inside the window, else when it opens next; a window belongs to the day on which it opens.

    Where no day of the coming month is fit, ``now``: a rotation that never starts is worse than one at noon.
    """
    if kept is None:
        return now
    today = clock.business_day(now)
    for offset in range(-1, _LOOK_AHEAD):
        day = today + timedelta(days=offset)
        if kept["days"] != "any" and is_workday(day) != (kept["days"] == "work"):
            continue
        opens = datetime.combine(day, _time(kept["from"]), clock.BEIJING)
        closes = datetime.combine(day, _time(kept["to"]), clock.BEIJING)
        if closes <= opens:
            closes += timedelta(days=1)
        if now < closes:
            return max(now, opens)
    return now


def _time(text: str) -> time:
    return datetime.strptime(text, "%H:%M").time()
