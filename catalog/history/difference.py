"""What changed in the directory between two instants."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy.orm import Session

from catalog.history import keeping, queries
from catalog.history.queries import Pair, Ref
from catalog.history.rules import ChildChanges, FieldChange, child_changes, children_differ, field_changes
from catalog.nodes.kinds import KINDS
from catalog.nodes.queries import slices
from kernel.identity.actor import Actor

KINDS_OF_CHANGE: Final = {"added": "新增", "changed": "变更", "moved": "部门调整", "withdrawn": "撤销"}


@dataclass(frozen=True)
class Difference:
    """A node that is not the same at both instants. ``changes``: added, or withdrawn, or changed, moved, or both."""

    kind: str
    node_id: uuid.UUID
    changes: tuple[str, ...]
    old: Ref | None
    new: Ref | None

    @property
    def last(self) -> Ref:
        """The later version that exists."""
        last = self.new or self.old
        assert last is not None
        return last

    def concerns(self, department_id: uuid.UUID) -> bool:
        """Whether the node was the department's at either instant."""
        return any(side is not None and side.department_id == department_id for side in (self.old, self.new))


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
    """A difference with its contents: names of that time, and field by field what changed."""

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


@dataclass(frozen=True)
class Narrow:
    """What narrows a difference; None does not."""

    kind: str | None = None
    department_id: uuid.UUID | None = None
    change: str | None = None


def between(
    session: Session, actor: Actor, first: datetime, second: datetime, narrow: Narrow | None = None
) -> list[Difference]:
    """Nodes that differ between two instants, by level and code. A node changed there and back does not differ."""
    narrow = narrow or Narrow()
    found = [
        one
        for pair in queries.pairs(session, actor, first, second, narrow.kind)
        if (one := Difference(pair.kind, pair.node_id, _changes(pair), pair.old, pair.new)).changes
        and (narrow.department_id is None or one.concerns(narrow.department_id))
        and (narrow.change is None or narrow.change in one.changes)
    ]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(found, key=lambda one: (order[one.kind], one.last.code, one.node_id))


def _changes(pair: Pair) -> tuple[str, ...]:
    if pair.old is None or pair.new is None:
        return ("added",) if pair.old is None else ("withdrawn",)
    moved = pair.old.department_id != pair.new.department_id
    changed = _differ(pair.old_content, pair.new_content) or (
        not moved and _org(pair.old_content) != _org(pair.new_content)
    )
    return (*(("changed",) if changed else ()), *(("moved",) if moved else ()))


def _differ(old: str, new: str) -> bool:
    if _content(old) == _content(new):
        return False
    if _profile(old) == _profile(new):
        return True
    before, after = orjson.loads(old), orjson.loads(new)
    return before["fields"] != after["fields"] or children_differ(before, after)


def _content(text: str) -> str:
    """Children and fields as canonical text, the same exactly when their values are: no string value can hold an
    unescaped quote, and ``id`` is the first key after them.
    """
    return text[: text.index(',"id":"')]


def _profile(text: str) -> str:
    return text[text.index(',"profile":"') : text.index(',"valid_from":')]


def _org(text: str) -> str:
    return text[text.index(',"org":"') : text.index(',"prev_hash":')]


def detailed(session: Session, rows: Sequence[Difference]) -> list[Changed]:
    """Differences with their contents, in the same order."""
    found: list[Changed] = []
    for start in range(0, len(rows), 1000):
        some = rows[start : start + 1000]
        held = queries.contents(session, [ref.id for row in some for ref in (row.old, row.new) if ref is not None])
        found += [_detailed(row, _read(held, row.old), _read(held, row.new)) for row in some]
    return found


def _read(held: dict[uuid.UUID, str], ref: Ref | None) -> tuple[Side, dict[str, Any]] | None:
    if ref is None:
        return None
    content = orjson.loads(held[ref.id])
    side = Side(
        ref.version, ref.code, content["fields"]["name"], ref.department_id, content["org_name"],
        content["profile"], tuple(content["children"]),
    )
    return side, content


def _detailed(
    row: Difference, before: tuple[Side, dict[str, Any]] | None, after: tuple[Side, dict[str, Any]] | None
) -> Changed:
    fields = field_changes(before[1], after[1]) if before is not None and after is not None else []
    return Changed(
        row.kind, row.node_id, row.changes, before[0] if before else None, after[0] if after else None, tuple(fields)
    )


def summary(rows: Sequence[Difference]) -> dict[uuid.UUID, dict[str, dict[str, int]]]:
    """Department → level → {added, changed, withdrawn, moved_in, moved_out}."""
    found: dict[uuid.UUID, dict[str, dict[str, int]]] = {}

    def count(department_id: uuid.UUID, kind: str, what: str) -> None:
        levels = found.setdefault(department_id, {})
        cells = levels.setdefault(kind, dict.fromkeys(("added", "changed", "withdrawn", "moved_in", "moved_out"), 0))
        cells[what] += 1

    for row in rows:
        for change in row.changes:
            if change == "moved" and row.old is not None and row.new is not None:
                count(row.old.department_id, row.kind, "moved_out")
                count(row.new.department_id, row.kind, "moved_in")
            else:
                count(row.last.department_id, row.kind, change)
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
