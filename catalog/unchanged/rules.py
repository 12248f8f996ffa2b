"""Periods of an update cycle, and when an entry may be answered for. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from catalog.codes.lists import code_list
from catalog.nodes.kinds import LIVE
from catalog.review.rules import STATUS_LABELS
from kernel import clock

CYCLES: Final = ("weekly", "monthly", "quarterly", "semiannual", "annual")
"""Cycles with a period to answer for. 实时 and 每日 show by themselves whether data moves; the rest promise nothing."""

_MONTHS: Final = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}
Reason = tuple[str, str]


def bounds(cycle: str, day: date) -> tuple[date, date]:
    """First day of the period around a day, and first day after it."""
    if cycle == "weekly":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    months = _MONTHS[cycle]
    start = (day.month - 1) // months * months + 1
    after = start + months
    return date(day.year, start, 1), date(day.year + (after > 12), (after - 1) % 12 + 1, 1)


def period_of(cycle: str, day: date) -> str:
    """The name of the period around a day: 2026-W47, 2026-11, 2026-Q4, 2026-H2, 2026."""
    if cycle == "weekly":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    marks = {
        "monthly": f"-{day.month:02d}", "quarterly": f"-Q{(day.month + 2) // 3}",
        "semiannual": f"-H{(day.month + 5) // 6}", "annual": "",
    }
    return f"{day.year}{marks[cycle]}"


def period_zh(period: str) -> str:
    """A period as officers say it."""
    year, _, rest = period.partition("-")
    if not rest:
        return f"{year}年"
    words = {"Q": f"第{rest[1:]}季度", "H": "上半年" if rest == "H1" else "下半年", "W": f"第{rest[1:].lstrip('0')}周"}
    return f"{year}年" + words.get(rest[0], f"{rest.lstrip('0')}月")


def refusal(row: Mapping[str, Any], day: date, answered: str | None) -> Reason | None:
    """Why an entry cannot be answered for now, Chinese and English, or None.

    ``answered``: who confirmed this period already. An update in the period contradicts the answer.
    """
    cycle, updated = row["update_cycle"], row["data_updated_at"]
    if row["status"] not in LIVE:
        return f"当前为「{STATUS_LABELS.get(row['status'], row['status'])}」，未发布", f"is {row['status']}, not published"
    if cycle not in CYCLES:
        word = code_list("update_cycle").label(cycle) if cycle else None
        return f"更新周期为「{word or '未填'}」，不需确认", f"has the cycle {cycle or '(none)'}, which needs no answer"
    if updated is not None and clock.business_day(updated) >= bounds(cycle, day)[0]:
        on = clock.business_day(updated).isoformat()
        return f"本周期已登记更新（{on}）", f"was updated in this period ({on})"
    if answered is not None:
        return f"本周期已由{answered}确认", f"was confirmed for this period by {answered}"
    return None
