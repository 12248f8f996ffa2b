"""Three states of a cell: as exported, as it stands now, as the officer returned it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from catalog.imports import cells
from catalog.imports.mapping import Row, converter
from catalog.imports.values import text_of
from kernel import clock


@dataclass(frozen=True)
class Clash:
    """A cell that the officer and somebody else changed to different values; each value as it is stored."""

    field: str
    base: Any
    current: Any
    mine: Any


@dataclass
class Merged:
    """What a returned row changes: ``values`` for sure, ``clashes`` if the officer insists. ``old``: as now."""

    values: dict[str, Any] = field(default_factory=dict)
    old: dict[str, Any] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)
    held_parent: str | None = None

    def __bool__(self) -> bool:
        return bool(self.values or self.clashes)

    @property
    def data(self) -> dict[str, Any]:
        """As the staged row keeps it."""
        kept: dict[str, Any] = {"values": self.values, "old": self.old}
        if self.clashes:
            kept["clashes"] = {one.field: one.mine for one in self.clashes}
        if self.held_parent is not None:
            kept["held_parent"] = self.held_parent
        return kept


def plain(value: Any) -> Any:
    """A stored value as JSON keeps it."""
    return clock.iso(value) if isinstance(value, datetime) else value


def row(
    kind: str, fields: Sequence[str], read: Row, existing: Mapping[str, Any], base: Mapping[str, Any] | None
) -> Merged:
    """Merge a returned row: cells equal to the export are nobody's edit, an emptied cell clears its field."""
    merged = Merged()
    if kind == "duty" and existing.get("parent_id"):
        merged.held_parent = str(existing["parent_id"])
    for name in read.places:
        if name == "theme" and kind == "data_entry":
            _theme(merged, read, existing, base)
        elif name in fields:
            _cell(merged, kind, name, read.data.get(name), existing, base)
    return merged


def same(kind: str, name: str, stored: Any, read: Any) -> bool:
    """Whether a cell says what an export of ``stored`` would be read as: then nobody edited it."""
    if cells.unchanged(stored, read):
        return True
    try:
        again = plain(converter(kind, name)(cells.exported(text_of(kind, name, stored))))
    except cells.BadCell:
        return False
    return bool(again == read or (again in (None, []) and read in (None, [])))


def _cell(
    merged: Merged, kind: str, name: str, mine: Any, existing: Mapping[str, Any], base: Mapping[str, Any] | None
) -> None:
    current = plain(existing.get(name))
    if same(kind, name, current, mine):
        return
    if base is not None and name in base:
        if same(kind, name, base[name], mine):
            return
        if base[name] != current:
            merged.clashes.append(Clash(name, base[name], current, mine))
            return
    merged.values[name], merged.old[name] = mine, current


def _theme(merged: Merged, read: Row, existing: Mapping[str, Any], base: Mapping[str, Any] | None) -> None:
    """One cell holds the theme, or the text of a theme outside the list."""
    mine, current = (held.get("theme") or held.get("theme_text") for held in (read.data, existing))
    if cells.unchanged(current, mine):
        return
    if base is not None:
        before = base.get("theme") or base.get("theme_text")
        if cells.unchanged(before, mine):
            return
        if before != current:
            # a theme outside the list can be typed again; a clash offers themes only
            merged.clashes.append(Clash("theme", before, current, read.data.get("theme")))
            return
    for name in ("theme", "theme_text"):
        if existing.get(name) != read.data.get(name):
            merged.values[name], merged.old[name] = read.data.get(name), existing.get(name)
