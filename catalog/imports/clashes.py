"""What an import would change, and the cells about which a person decides."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from catalog.errors import BATCH_STATE
from catalog.imports import queries
from catalog.imports.errors import CLASH_UNKNOWN
from catalog.imports.models import ImportBatch, ImportClash, ImportRow
from catalog.imports.profile import profile
from catalog.imports.service import STATES
from catalog.imports.values import text_of
from catalog.nodes.kinds import KINDS
from catalog.nodes.rules import LABELS
from catalog.permissions import IMPORT
from kernel import clock
from kernel.identity.actor import Actor, require


def choose(
    session: Session, actor: Actor, batch: ImportBatch, choice: str, seqs: Sequence[int] | None = None
) -> int:
    """Decide about cells (``seqs`` None: all that are open); returns how many. The batch must be checked.

    Raises ``catalog.import.clash_unknown`` for a number that is no clash of the batch.
    """
    require(actor, IMPORT, department_id=batch.department_id if actor.scope == "own" else None)
    if batch.state != "checked":
        raise BATCH_STATE(state=STATES[batch.state], action="选择")
    query = update(ImportClash).where(ImportClash.batch_id == batch.id)
    query = query.where(ImportClash.choice.is_(None) if seqs is None else ImportClash.seq.in_(seqs))
    changed: Any = session.execute(
        query.values(choice=choice, chosen_by=actor.user_id, chosen_at=clock.now()).returning(ImportClash.seq)
    )
    decided = len(changed.all())
    if seqs is not None and decided != len(set(seqs)):
        raise CLASH_UNKNOWN()
    session.expire_all()
    return decided


def described(session: Session, batch: ImportBatch, rows: Sequence[ImportRow]) -> list[dict[str, Any]]:
    """Staged rows with their changed cells as texts, and the code and name that their nodes have now.

    A cell that others changed too is among them once the workbook's content was chosen for it.
    """
    known: dict[uuid.UUID, dict[str, Any]] = {}
    for kind in {row.kind for row in rows if row.action == "update"}:
        ids = [row.node_id for row in rows if row.kind == kind and row.node_id]
        known.update({held["id"]: held for held in queries.working(session, kind, ids)})
    labels = {sheet.kind: sheet.labels for sheet in profile(batch.profile).sheets}
    chosen = queries.taken_clashes(session, batch.id, [row.seq for row in rows])
    made = [_described(row, labels[row.kind], known.get(row.node_id) if row.node_id else None) for row in rows]
    for one in made:
        one["cells"] += [
            {"field": clash.field, "label": clash.label, "old": clash.current, "new": clash.mine}
            for clash in chosen.get(one["seq"], ())
        ]
    return made


def _described(row: ImportRow, labels: Mapping[str, str], node: Mapping[str, Any] | None) -> dict[str, Any]:
    values, old = row.data.get("values", {}), row.data.get("old", {})
    if row.kind == "link":
        values = {"link": ":".join(part for part in (row.data["link"], row.data["relation"]) if part)}
    kind = row.kind
    cells = [
        {
            "field": field, "label": labels.get(field) or LABELS.get(field, field),
            "old": text_of(kind, field, old.get(field)), "new": text_of(kind, field, value),
        }
        for field, value in values.items() if row.action == "update" or value not in (None, [])
    ]
    if row.kind in KINDS and row.action == "create" and row.data.get("department_new"):
        new = row.data["department_new"]
        cells.append({"field": "department", "label": "所属部门", "old": "", "new": new})
    return {
        "seq": row.seq, "sheet": row.sheet, "row_no": row.row_no, "kind": kind, "action": row.action,
        "node_id": row.node_id if row.action == "update" else None, "code": node["code"] if node else None,
        "name": node["name"] if node else values.get("name"), "cells": cells,
    }
