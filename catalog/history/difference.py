"""What changed in the directory between two instants."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy.orm import Session

from catalog.history import keeping, queries
from catalog.history.queries import Pair
from catalog.history.rules import ChildChanges, FieldChange, child_changes, field_changes
from catalog.nodes.kinds import KINDS
from catalog.nodes.queries import slices
from kernel.identity.actor import Actor

KINDS_OF_CHANGE: Final = {"added": "新增", "changed": "变更", "moved": "部门调整", "withdrawn": "撤销"}


@dataclass(frozen=True)
class Side:
    """A node at one of the two instants."""

    version: int
    code: str
    name: str
    department_id: uuid.UUID
    org_name: str
    profile: str
    child_hashes: tuple[str, ...]


@dataclass(frozen=True)
class Changed:
    """A node that is not the same at both instants. ``changes``: one of added and withdrawn, or changed, moved, both."""

    kind: str
    node_id: uuid.UUID
    changes: tuple[str, ...]
    before: Side | None
    after: Side | None
    fields: tuple[FieldChange, ...]

    @property
    def side(self) -> Side:
        """The later side that exists."""
        side = self.after or self.before
        assert side is not None
        return side

    def concerns(self, department_id: uuid.UUID) -> bool:
        """Whether the node was the department's at either instant."""
        return any(side is not None and side.department_id == department_id for side in (self.before, self.after))


@dataclass(frozen=True)
class Narrow:
    """What narrows a difference; None does not."""

    kind: str | None = None
    department_id: uuid.UUID | None = None
    change: str | None = None


def between(
    session: Session, actor: Actor, first: datetime, second: datetime, narrow: Narrow | None = None
) -> list[Changed]:
    """Nodes that differ between two instants, by level and code. A node changed there and back does not differ."""
    narrow = narrow or Narrow()
    found = [
        changed
        for some in _slices(queries.pairs(session, actor, first, second, narrow.kind))
        for changed in _compared(session, some)
        if (narrow.department_id is None or changed.concerns(narrow.department_id))
        and (narrow.change is None or narrow.change in changed.changes)
    ]
    order = list(KINDS)
    return sorted(found, key=lambda one: (order.index(one.kind), one.side.code, one.node_id))


def _slices(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    for start in range(0, len(pairs), 4000):
        yield pairs[start : start + 4000]


def _compared(session: Session, pairs: Sequence[Pair]) -> Iterator[Changed]:
    wanted = [version_id for pair in pairs for version_id in (pair.old, pair.new) if version_id is not None]
    rows = queries.contents(session, wanted)
    for pair in pairs:
        before, after = (_read(rows, pair.old), _read(rows, pair.new))
        changed = _compare(pair, before, after)
        if changed.changes:
            yield changed


def _read(rows: dict[uuid.UUID, Any], version_id: uuid.UUID | None) -> tuple[Side, dict[str, Any]] | None:
    if version_id is None:
        return None
    row = rows[version_id]
    content = orjson.loads(row.content)
    side = Side(
        row.version, row.code, content["fields"]["name"], row.department_id, content["org_name"],
        content["profile"], tuple(content["children"]),
    )
    return side, content


def _compare(
    pair: Pair, before: tuple[Side, dict[str, Any]] | None, after: tuple[Side, dict[str, Any]] | None
) -> Changed:
    old, new = before[0] if before else None, after[0] if after else None
    fields: tuple[FieldChange, ...] = ()
    changes: list[str] = []
    if before is not None and after is not None:
        fields = tuple(field_changes(before[1], after[1]))
        changes += ["changed"] if fields else []
        changes += ["moved"] if before[0].department_id != after[0].department_id else []
    else:
        changes.append("added" if old is None else "withdrawn")
    return Changed(pair.kind, pair.node_id, tuple(changes), old, new, fields)


def summary(rows: Sequence[Changed]) -> dict[uuid.UUID, dict[str, dict[str, int]]]:
    """Department → level → {added, changed, withdrawn, moved_in, moved_out}."""
    found: dict[uuid.UUID, dict[str, dict[str, int]]] = {}

    def count(department_id: uuid.UUID, kind: str, what: str) -> None:
        levels = found.setdefault(department_id, {})
        cells = levels.setdefault(kind, dict.fromkeys(("added", "changed", "withdrawn", "moved_in", "moved_out"), 0))
        cells[what] += 1

    for row in rows:
        for change in row.changes:
            if change == "moved" and row.before is not None and row.after is not None:
                count(row.before.department_id, row.kind, "moved_out")
                count(row.after.department_id, row.kind, "moved_in")
            else:
                count(row.side.department_id, row.kind, change)
    return found


def children_between(session: Session, rows: Sequence[Changed]) -> dict[uuid.UUID, ChildChanges | None]:
    """Node id → which of its items or columns came, went and changed; None where a side was not kept."""
    found: dict[uuid.UUID, ChildChanges | None] = {}
    touched = [row for row in rows if any(field.field == "children" for field in row.fields)]
    for kind in {row.kind for row in touched}:
        of_kind = {row.node_id: row for row in touched if row.kind == kind}
        for some in slices(list(of_kind)):
            _children_of_kind(session, kind, [of_kind[node_id] for node_id in some], found)
    return found


def _children_of_kind(
    session: Session, kind: str, rows: Sequence[Changed], found: dict[uuid.UUID, ChildChanges | None]
) -> None:
    sides = {
        (row.node_id, side.version): (side.profile, side.child_hashes)
        for row in rows for side in (row.before, row.after) if side is not None
    }
    held = keeping.children_of(session, kind, sides)
    for row in rows:
        assert row.before is not None and row.after is not None
        old, new = held[row.node_id, row.before.version], held[row.node_id, row.after.version]
        found[row.node_id] = None if old is None or new is None else child_changes(old, new)
