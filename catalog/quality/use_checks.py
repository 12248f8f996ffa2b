"""时效性 and 可访问性: whether published entries are updated as promised and can be got at. Pure."""

from datetime import timedelta
from typing import Final

from catalog.quality.subject import Outcome, Rule, Subject, Wrong

CYCLE_DAYS: Final[dict[str, int]] = {
    "realtime": 1, "daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "semiannual": 184, "annual": 366,
}
"""Days within which an entry of a cycle must have been updated; 不定期 and 其他 promise nothing."""

MEASURED: Final = ("实测", "measured")


def _timely(subject: Subject, source: str) -> Outcome:
    """``source``: measured, reported, unchanged where an answer that nothing changed is the last word, or silent where
    there is none at all; silence is late.
    """
    row = subject.row
    days = CYCLE_DAYS.get(row["update_cycle"] or "")
    updated, answered = row["data_updated_at"], subject.around.confirmed.get(row["id"])
    own = "silent" if updated is None else "measured" if row["data_update_source"] in MEASURED else "reported"
    if answered is not None and (updated is None or answered > updated):
        own, updated = "unchanged", answered
    if not subject.live or days is None or own != source:
        return Outcome(0)
    late = updated is None or subject.around.now - updated > timedelta(days=days)
    return Outcome(1, [Wrong("data_updated_at", updated)] if late else ())


def _measured(subject: Subject) -> Outcome:
    return _timely(subject, "measured")


def _reported(subject: Subject) -> Outcome:
    return _timely(subject, "reported")


def _unchanged(subject: Subject) -> Outcome:
    return _timely(subject, "unchanged")


def _silent(subject: Subject) -> Outcome:
    return _timely(subject, "silent")


def _attached(subject: Subject) -> Outcome:
    if not subject.live:
        return Outcome(0)
    key, around = subject.row["id"], subject.around
    return Outcome(1, () if key in around.served or key in around.tables else [Wrong("attached", None)])


_ENTRY: Final = ("data_entry",)
_UPDATE: Final = ("更新数据，或核对更新周期", "Update the data or correct the cycle")
RULES: Final = (
    Rule("timely.measured", "timely", _ENTRY, "按期更新（实测）", "Updated in time (measured)",
         "有更新周期、更新时间为实测的已发布数据目录", *_UPDATE, _measured),
    Rule("timely.reported", "timely", _ENTRY, "按期更新（填报）", "Updated in time (reported)",
         "有更新周期、更新时间为填报的已发布数据目录", *_UPDATE, _reported),
    Rule("timely.unchanged", "timely", _ENTRY, "按期答复（本周期无变化）", "Answered in time (nothing changed)",
         "有更新周期、最近一次为确认无变化的已发布数据目录", "更新数据，或再次核对并确认无变化", "Update the data or confirm again",
         _unchanged),
    Rule("timely.silent", "timely", _ENTRY, "按期更新（从未登记更新）", "Updated in time (never noted)",
         "有更新周期、从未登记更新时间的已发布数据目录", "更新数据并登记更新时间，或确认本周期无变化", "Update the data and note when, or confirm it", _silent),
    Rule("accessible.attached", "accessible", _ENTRY, "已挂接接口或库表", "Has an interface or a table",
         "已发布的数据目录", "发布接口，或把数据项关联到字段", "Publish an interface or link items to columns", _attached),
)
