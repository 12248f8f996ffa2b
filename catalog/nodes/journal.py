"""Every edit leaves what it replaced, so that a second editor is shown what changed since the content he saw.

From the same rows: who made the content that a review decides about.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.nodes import content, queries
from catalog.nodes.content import Content
from catalog.nodes.kinds import NodeKind
from catalog.nodes.models import NodeEdit
from catalog.nodes.rules import LABELS
from kernel import clock, ids
from kernel.identity.actor import Actor
from kernel.identity.names import Names, names_of

CHILDREN = "children"


@dataclass(frozen=True)
class Conflict:
    """An edit that rests on an older revision: what others changed since, and each field of either side.

    ``fields`` are ``{field, label, base, theirs, yours, clash}``; ``clash`` where both changed it to different values.
    """

    seen: int | None
    changes: list[dict[str, Any]]
    fields: list[dict[str, Any]]

    @property
    def clashes(self) -> bool:
        """Whether re-applying would overwrite somebody."""
        return any(one["clash"] for one in self.fields)

    def params(self) -> dict[str, Any]:
        """What the refused editor is shown."""
        return {"seen": self.seen, "changes": self.changes, "fields": self.fields, "reapply": not self.clashes}

    def mine(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values to re-apply: those that this editor himself changed."""
        own = {one["field"] for one in self.fields if one["yours"] != one["base"]}
        return {name: value for name, value in values.items() if name in own}

    @property
    def mine_children(self) -> bool:
        """Whether this editor himself changed the children."""
        return any(one["field"] == CHILDREN and one["yours"] != one["base"] for one in self.fields)


def held(session: Session, kind: NodeKind, node: Any, *, children: bool) -> Content:
    """The content of one node; the children only where they are wanted."""
    row = {name: getattr(node, name) for name in kind.fields}
    leaves = queries.children(session, kind, [node.id])[node.id] if children else []
    change = queries.change(session, node.id)
    own = content.published(kind, row, leaves)
    return content.overlaid(kind, own, change.proposed if change is not None else None, node.status)


def replaced(
    kind: NodeKind, before: Content, values: Mapping[str, Any], children: Sequence[Mapping[str, Any]] | None
) -> dict[str, Any]:
    """What of ``before`` an edit replaces."""
    given = content.jsonable(values)
    found = {name: before.fields.get(name) for name in given if before.fields.get(name) != given[name]}
    if children is not None and [content.child(kind, one) for one in children] != before.children:
        found[CHILDREN] = before.children
    return found


def note(session: Session, actor: Actor, kind: NodeKind, node: Any, action: str, before: Mapping[str, Any]) -> None:
    """Write the line of an edit that has just made ``node.revision``; ``action`` is edit, refresh or discard."""
    session.add(NodeEdit(
        id=ids.new(), node_kind=kind.key, node_id=node.id, revision=node.revision, version=node.version,
        action=action, edited_by=actor.user_id, edited_name=actor.name, edited_at=clock.now(), before=dict(before),
    ))


def conflict(
    session: Session, kind: NodeKind, node: Any, seen: int | None, values: Mapping[str, Any],
    children: Sequence[Mapping[str, Any]] | None,
) -> Conflict:
    """How an edit that saw revision ``seen`` (None: an unknown one) meets what is there now."""
    theirs = held(session, kind, node, children=True)
    lines = _since(session, node.id, seen)
    base = {**theirs.fields, CHILDREN: theirs.children}
    # the oldest line that names a field holds the value that was there at ``seen``
    for line in reversed(lines):
        base |= line.before
    now: dict[str, Any] = {**theirs.fields, CHILDREN: theirs.children}
    yours: dict[str, Any] = content.jsonable({name: values[name] for name in values if name in kind.fields})
    if children is not None:
        yours[CHILDREN] = [content.child(kind, one) for one in children]
    touched = {name for line in lines for name in line.before} | set(yours)
    rows = [
        _row(name, base.get(name), now.get(name), yours[name] if name in yours else base.get(name), seen is None)
        for name in (*kind.fields, CHILDREN) if name in touched
    ]
    names = names_of(session, (line.edited_by for line in lines))
    return Conflict(seen, [_line(line, names) for line in lines], [row for row in rows if row["yours"] != row["base"]
                                                            or row["theirs"] != row["base"] or row["clash"]])


def _row(name: str, base: Any, theirs: Any, yours: Any, unknown: bool) -> dict[str, Any]:
    clash = yours != theirs and (unknown or (theirs != base and yours != base))
    label = "数据项或字段" if name == CHILDREN else LABELS.get(name, name)
    return {"field": name, "label": label, "base": base, "theirs": theirs, "yours": yours, "clash": clash}


def _line(line: NodeEdit, names: Names) -> dict[str, Any]:
    return {
        "revision": line.revision, "action": line.action, "by": names.of(line.edited_by, line.edited_name),
        "at": clock.iso(line.edited_at), "fields": sorted(line.before),
    }


def _since(session: Session, node_id: uuid.UUID, seen: int | None) -> list[NodeEdit]:
    query = select(NodeEdit).where(NodeEdit.node_id == node_id)
    if seen is not None:
        query = query.where(NodeEdit.revision > seen)
    return list(session.scalars(query.order_by(NodeEdit.revision, NodeEdit.id)))


def makers(
    session: Session, rows: Mapping[uuid.UUID, Mapping[str, Any]]
) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """Who made the content that is under review: every editor since the last publication or discard.

    A row that was never published, and a change that was drafted before edits were noted, name their makers
    themselves. A withdrawal has none: it publishes no content.
    """
    found: dict[uuid.UUID, set[uuid.UUID | None]] = defaultdict(set)
    for some in queries.slices(list(rows)):
        query = select(NodeEdit.node_id, NodeEdit.version, NodeEdit.action, NodeEdit.edited_by)
        query = query.where(NodeEdit.node_id.in_(some), NodeEdit.action != "refresh").order_by(NodeEdit.revision)
        for node_id, version, action, person in session.execute(query):
            if action == "discard":
                found[node_id].clear()
            elif version == rows[node_id]["version"]:
                found[node_id].add(person)
    for node_id, row in rows.items():
        if row["version"] == 0:
            found[node_id] |= {row["created_by"], row["updated_by"]}
        elif row["status"].startswith("change") and not found[node_id]:
            found[node_id].add(row["updated_by"])
    return {node_id: frozenset(one for one in found[node_id] if one is not None) for node_id in rows}

