"""Pure rules of history: which instant a text means, and what differs between two versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from catalog.codes.lists import code_list
from catalog.history.errors import FUTURE, ORDER, WHEN
from catalog.nodes.rules import LABELS, LISTED
from kernel import clock

_LAST = timedelta(microseconds=1)
_SIDES: Final = {"children": "数据项/字段", "org_name": "部门名称", "org": "部门代码", "number": "序号"}


@dataclass(frozen=True)
class FieldChange:
    """One field that differs; values as in the content of a version."""

    field: str
    label: str
    before: Any
    after: Any


@dataclass(frozen=True)
class ChildChanges:
    """Names of the items or columns that came, went and changed; None where a side was not kept."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def instant(text: str, now: datetime) -> datetime:
    """The instant that ``text`` means: a date is the end of that Beijing day (today: now), an instant is itself.

    Raises ``catalog.history.when`` and ``catalog.history.future``.
    """
    text = text.strip()
    try:
        if len(text) == len("2026-11-01"):
            start, end = clock.day_bounds(date.fromisoformat(text))
            if start > now:
                raise FUTURE(text=text)
            return min(end - _LAST, now)
        found = clock.parse(text.replace(" ", "+"))  # a plus sign in a query string arrives as a space
    except (ValueError, OverflowError) as error:
        raise WHEN(text=text) from error
    if found > now:
        raise FUTURE(text=text)
    return found


def span(first: str, second: str, now: datetime) -> tuple[datetime, datetime]:
    """Two instants in order; raises ``catalog.history.order`` when the first is not before the second."""
    found = instant(first, now), instant(second, now)
    if found[0] >= found[1]:
        raise ORDER()
    return found


def field_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """Fields that differ between two contents of versions, by name; the department only when it was renamed."""
    old, new = before["fields"], after["fields"]
    found = [
        FieldChange(name, label(name), old.get(name), new.get(name))
        for name in sorted({*old, *new}) if old.get(name) != new.get(name)
    ]
    if before["org"] == after["org"] and before["org_name"] != after["org_name"]:
        found.append(FieldChange("org_name", label("org_name"), before["org_name"], after["org_name"]))
    if children_differ(before, after):
        found.append(FieldChange("children", label("children"), len(before["children"]), len(after["children"])))
    return found


def children_differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether two contents have other children; hashes of two profiles say nothing about each other, numbers do."""
    if before["profile"] != after["profile"]:
        return len(before["children"]) != len(after["children"])
    return bool(before["children"] != after["children"])


def child_changes(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> ChildChanges:
    """What came, went and changed between two lists of children; a child is itself by its id."""
    old = {child["id"]: child for child in before}
    new = {child["id"]: child for child in after}
    return ChildChanges(
        tuple(child["name"] for key, child in new.items() if key not in old),
        tuple(child["name"] for key, child in old.items() if key not in new),
        tuple(child["name"] for key, child in new.items() if key in old and old[key] != child),
    )


def label(field: str) -> str:
    """The name of a field as officers know it."""
    return _SIDES.get(field) or LABELS.get(field, field)


def shown(kind: str, field: str, value: Any) -> str:
    """A value as officers read it: tokens by their labels, lists joined, nothing for None."""
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    listed = LISTED.get(kind, {}).get(field)
    if listed is not None:
        return code_list(listed).label(str(value))
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
