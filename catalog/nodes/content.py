"""The content of a node as an editor sees it: the row, with its open change laid over it. In JSON form."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from catalog.nodes import queries
from catalog.nodes.kinds import LIVE, NodeKind
from kernel import clock


@dataclass(frozen=True)
class Content:
    """Fields by name and the children in order, each with the id it has (new ones have none)."""

    fields: dict[str, Any]
    children: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """What is kept of a returned case."""
        return {"fields": self.fields, "children": self.children}


def jsonable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON keeps them: instants as RFC 3339, ids as text."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, datetime):
            made[name] = clock.iso(value)
        else:
            made[name] = str(value) if isinstance(value, uuid.UUID) else value
    return made


def child(kind: NodeKind, values: Mapping[str, Any]) -> dict[str, Any]:
    """A child in the form in which contents are compared."""
    fields = kind.child.fields if kind.child is not None else ()
    held = values.get("id")
    return {"id": str(held) if held else None, **{name: values.get(name) for name in fields}}


def published(kind: NodeKind, row: Mapping[str, Any], children: Sequence[Mapping[str, Any]]) -> Content:
    """What the row itself says."""
    return Content(jsonable({name: row[name] for name in kind.fields}), [child(kind, one) for one in children])


def overlaid(kind: NodeKind, held: Content, proposed: Mapping[str, Any] | None, status: str) -> Content:
    """``held`` with an open change over it; ungoverned fields of a live node are only in the row."""
    if not proposed:
        return held
    at_once = kind.ungoverned if status in LIVE else ()
    fields = {name: value for name, value in dict(proposed.get("fields", {})).items() if name not in at_once}
    children = proposed.get("children")
    return Content(
        {**held.fields, **fields}, held.children if children is None else [child(kind, one) for one in children]
    )


def load(session: Session, kind: NodeKind, node_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Content]:
    """Contents of many nodes in a few statements."""
    rows = queries.rows(session, kind, node_ids)
    children = queries.children(session, kind, node_ids)
    proposed = queries.changes(session, node_ids)
    return {
        node_id: overlaid(kind, published(kind, row, children.get(node_id, [])), proposed.get(node_id), row["status"])
        for node_id, row in rows.items()
    }
