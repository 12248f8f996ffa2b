"""The open change of a published node: applying it when approved, dropping it when discarded."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from catalog.nodes import journal, queries
from catalog.nodes.kinds import NodeKind
from catalog.nodes.models import NodeChange
from catalog.nodes.service import assign, reindex, write_children
from catalog.permissions import EDIT
from catalog.review.rules import next_state
from kernel import clock
from kernel.audit.service import record
from kernel.identity.actor import Actor, require

_INSTANTS = ("data_updated_at", "last_update_at")


def apply(session: Session, kind: NodeKind, node_ids: Sequence[uuid.UUID]) -> None:
    """Write proposed states into their nodes and close the changes. Each change costs a few statements."""
    proposed = queries.changes(session, node_ids)
    for node_id, content in proposed.items():
        node = session.get_one(kind.model, node_id, populate_existing=True)
        fields: dict[str, Any] = dict(content.get("fields", {}))
        for name in _INSTANTS:
            if fields.get(name):
                fields[name] = clock.parse(fields[name])
        if fields.get("parent_id"):
            fields["parent_id"] = uuid.UUID(fields["parent_id"])
        assign(session, kind, node, fields)
        if "children" in content:
            write_children(session, kind, node, content["children"])
        reindex(session, kind, [node])
    for some in queries.slices(node_ids):
        session.execute(delete(NodeChange).where(NodeChange.node_id.in_(some)))


def discard(session: Session, actor: Actor, kind: NodeKind, node: Any) -> None:
    """Drop the open change of a node; it stays as published."""
    require(actor, EDIT, department_id=node.department_id)
    change = queries.change(session, node.id)
    dropped = dict(change.proposed) if change is not None else {}
    held = journal.held(session, kind, node, children="children" in dropped)
    node.status = next_state(node.code, node.status, "discard")
    node.revision += 1
    node.audit_id = record(
        session, actor, action=f"catalog.{kind.key}.discard", object_type=kind.key, object_id=str(node.id),
        detail={"code": node.code}, department_id=node.department_id,
    )
    names = dict(dropped.get("fields", {}))  # type: ignore[call-overload]
    before: dict[str, Any] = {name: held.fields[name] for name in names if name in held.fields}
    if "children" in dropped:
        before[journal.CHILDREN] = held.children
    session.execute(delete(NodeChange).where(NodeChange.node_id == node.id))
    journal.note(session, actor, kind, node, "discard", before)
    session.flush()
