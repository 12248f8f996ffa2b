"""Undoing a batch: the inverse changes, leaving alone what was edited or published since."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from catalog.errors import BATCH_STATE
from catalog.imports import queries
from catalog.imports.models import ImportBatch
from catalog.imports.service import STATES
from catalog.links import effects as links
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import CHANGEABLE, EDITABLE, KINDS, NodeKind
from catalog.nodes.models import Duty, SystemTable
from catalog.permissions import IMPORT
from catalog.review.models import ReviewCase
from catalog.search import service as search
from kernel import clock
from kernel.audit.service import record
from kernel.identity.actor import Actor, require


def undo(session: Session, actor: Actor, batch: ImportBatch) -> dict[str, Any]:
    """Take a batch back; returns {"removed", "restored", "left": [codes]}.

    A row that was edited, submitted or published since stays as it is and is listed.
    """
    require(actor, IMPORT, department_id=batch.department_id if actor.scope == "own" else None)
    if batch.state != "applied":
        raise BATCH_STATE(state=STATES[batch.state], action="撤销导入")
    left: list[str] = []
    removed = restored = 0
    rows = queries.applied_rows(session, batch.id)
    stay = _changed_since(session, rows)
    left += links.undo_batch(session, actor, batch.id, batch.audit_id)
    for kind_key in ("db_table", "data_entry", "system", "duty"):
        kind = KINDS[kind_key]
        made = [row.node_id for row in rows if row.kind == kind_key and row.action == "create" and row.node_id]
        gone, kept = _removable(session, kind, made)
        _remove(session, kind, gone)
        removed, left = removed + len(gone), left + kept
    # the last change first: two pages of rows may have changed the children of one node
    for row in reversed(rows):
        if row.before is not None:
            node = session.get_one(_parent_kind(row).model, uuid.UUID(row.before["node"]))
            if node.id in stay:
                left.append(node.code)
            else:
                _restore(session, actor, _parent_kind(row), node, row.before)
                restored += 1
    audit_id = record(
        session, actor, action="catalog.import.undo", object_type="import_batch", object_id=str(batch.id),
        detail={"removed": removed, "restored": restored, "left": left[:200]}, department_id=batch.department_id,
    )
    batch.state, batch.undone_at, batch.audit_id = "undone", clock.now(), audit_id
    batch.counts = {**batch.counts, "undone": {"removed": removed, "restored": restored, "left": left[:200]}}
    session.flush()
    return {"removed": removed, "restored": restored, "left": left}


def _removable(session: Session, kind: NodeKind, node_ids: Sequence[uuid.UUID]) -> tuple[list[uuid.UUID], list[str]]:
    gone: list[uuid.UUID] = []
    left: list[str] = []
    submitted = _ever_submitted(session, node_ids)
    model, needed = kind.model, _needed(session, kind, node_ids)
    for some in nodes.slices(node_ids):
        query = select(model.id, model.code, model.status, model.revision).where(model.id.in_(some))
        for node_id, code, status, revision in session.execute(query):
            if status == "draft" and revision == 1 and node_id not in submitted and node_id not in needed:
                gone.append(node_id)
            else:
                left.append(code)
    return gone, left


def _needed(session: Session, kind: NodeKind, node_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Systems that have tables, and duties above duties that are not of this list."""
    found: set[uuid.UUID] = set()
    own = set(node_ids)
    for some in nodes.slices(node_ids):
        if kind.key == "system":
            found.update(session.scalars(select(SystemTable.system_id).where(SystemTable.system_id.in_(some))))
        elif kind.key == "duty":
            below = session.execute(select(Duty.id, Duty.parent_id).where(Duty.parent_id.in_(some)))
            found.update(above for duty, above in below if duty not in own and above is not None)
    return found


def _ever_submitted(session: Session, node_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Nodes with a review case: its history names them, so they stay."""
    found: set[uuid.UUID] = set()
    for some in nodes.slices(node_ids):
        found.update(session.scalars(select(ReviewCase.node_id).where(ReviewCase.node_id.in_(some))))
    return found


def _remove(session: Session, kind: NodeKind, node_ids: Sequence[uuid.UUID]) -> None:
    search.remove(session, node_ids)
    if kind.key == "duty":
        # a superior may be deleted before the duties below it
        for some in nodes.slices(node_ids):
            session.execute(update(Duty).where(Duty.id.in_(some)).values(parent_id=None))
    for some in nodes.slices(node_ids):
        session.execute(delete(kind.model).where(kind.model.id.in_(some)))


def _parent_kind(row: Any) -> NodeKind:
    return KINDS[{"data_item": "data_entry", "db_column": "db_table"}.get(row.kind, row.kind)]


def _changed_since(session: Session, rows: Sequence[Any]) -> set[uuid.UUID]:
    """Nodes that the batch updated and that somebody edited, submitted or published since."""
    stay: set[uuid.UUID] = set()
    for row in rows:
        if row.before is not None:
            node = session.get_one(_parent_kind(row).model, uuid.UUID(row.before["node"]))
            if node.revision != row.before["revision"] or node.status not in (*EDITABLE, *CHANGEABLE):
                stay.add(node.id)
    return stay


def _restore(session: Session, actor: Actor, kind: NodeKind, node: Any, before: dict[str, Any]) -> None:
    if "children" in before:
        node_service.edit(session, actor, kind.key, node, {}, before["children"])
    else:
        node_service.edit(session, actor, kind.key, node, queries.as_stored(before["fields"]))
