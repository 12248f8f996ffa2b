"""Reasons of a return, one for each field, and how the next round answers them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.nodes import content as contents
from catalog.nodes.content import Content
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.nodes.queries import slices
from catalog.nodes.rules import LABELS
from catalog.review.errors import ANSWER_UNKNOWN, REASON_FIELD
from catalog.review.models import ReviewCase, ReviewReason
from kernel import clock, ids

CHILDREN = "children"


@dataclass(frozen=True)
class Reason:
    """One reason: about a field of the node, of one of its children (``child_id``), or (None) about the whole."""

    reason: str
    field: str | None = None
    child_id: uuid.UUID | None = None


def label(kind: NodeKind, reason: ReviewReason) -> str:
    """What a reason is about, as officers read it."""
    if reason.field == CHILDREN:
        return "数据项" if kind.key == "data_entry" else "字段"
    name = LABELS.get(reason.field, reason.field) if reason.field else "整体"
    return f"{reason.child_name}：{name}" if reason.child_name else name


def text(kind: NodeKind, reason: str, reasons: Sequence[Reason]) -> str:
    """The reason of a return as one text, for lists and notices."""
    parts = [reason.strip()] if reason.strip() else []
    for one in reasons:
        field = LABELS.get(one.field, "数据项" if kind.key == "data_entry" else "字段") if one.field else ""
        parts.append(f"{field}：{one.reason.strip()}" if field else one.reason.strip())
    return "；".join(parts)


def check(kind: NodeKind, held: Content, reasons: Sequence[Reason]) -> None:
    """Raise ``catalog.review.reason_field`` for a reason about nothing that is there."""
    children = {one["id"] for one in held.children}
    for one in reasons:
        if one.child_id is not None:
            known = kind.child is not None and (one.field is None or one.field in kind.child.fields)
            known = known and str(one.child_id) in children
        else:
            known = one.field is None or one.field in kind.fields or (one.field == CHILDREN and kind.child is not None)
        if not known:
            raise REASON_FIELD(field=one.field or str(one.child_id))


def write(
    session: Session, cases: Mapping[uuid.UUID, uuid.UUID], held: Mapping[uuid.UUID, Content], reason: str,
    reasons: Sequence[Reason],
) -> None:
    """Insert the reasons of a return; ``cases`` maps case to node, each gets all of them."""
    whole = [Reason(reason.strip())] if reason.strip() else []
    rows: list[dict[str, Any]] = []
    for case_id, node_id in cases.items():
        names = {one["id"]: one["name"] for one in held[node_id].children}
        rows.extend(
            {
                "id": ids.new(), "case_id": case_id, "node_id": node_id, "position": position, "field": one.field,
                "child_id": one.child_id, "child_name": names.get(str(one.child_id)) if one.child_id else None,
                "reason": one.reason.strip(),
            }
            for position, one in enumerate([*whole, *reasons], start=1)
        )
    session.execute(insert(ReviewReason), rows)


def open_of(session: Session, node_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ReviewReason]]:
    """Reasons that no resubmission has answered yet, by node, in their order."""
    found: dict[uuid.UUID, list[ReviewReason]] = {}
    for some in slices(node_ids):
        query = select(ReviewReason).where(ReviewReason.node_id.in_(some), ReviewReason.answered_in.is_(None))
        for row in session.scalars(query.order_by(ReviewReason.case_id, ReviewReason.position)):
            found.setdefault(row.node_id, []).append(row)
    return found


def answer(
    session: Session, kind: NodeKind, cases: Mapping[uuid.UUID, uuid.UUID], answers: Mapping[uuid.UUID, str]
) -> None:
    """A resubmission answers what is open: by its words, or by changing what the reason is about.

    ``cases`` maps node to its new case. Raises ``catalog.review.answer_unknown``.
    """
    waiting = open_of(session, list(cases))
    known = {row.id for rows in waiting.values() for row in rows}
    if not set(answers) <= known:
        raise ANSWER_UNKNOWN()
    if not waiting:
        return
    now, held = clock.now(), contents.load(session, kind, list(waiting))
    for node_id, rows in waiting.items():
        returned = {case_id: session.get_one(ReviewCase, case_id).content for case_id in {row.case_id for row in rows}}
        for row in rows:
            row.answered_in, row.answered_at = cases[node_id], now
            row.answer = answers.get(row.id, "").strip() or None
            before = returned[row.case_id]
            # what a case returned before contents were kept had been is not known
            row.changed = None if before is None else _changed(row, Content(**before), held[node_id])
    session.flush()


def reopen(session: Session, case_id: uuid.UUID) -> None:
    """A recalled resubmission has answered nothing."""
    session.execute(
        update(ReviewReason).where(ReviewReason.answered_in == case_id)
        .values(answered_in=None, answered_at=None, changed=None)
    )


def _changed(row: ReviewReason, before: Content, after: Content) -> bool:
    if row.child_id is None:
        if row.field is None:
            return before != after
        if row.field == CHILDREN:
            return before.children != after.children
        return bool(before.fields.get(row.field) != after.fields.get(row.field))
    wanted = str(row.child_id)
    old = next((one for one in before.children if one["id"] == wanted), None)
    new = next((one for one in after.children if one["id"] == wanted), None)
    if old is None or new is None or row.field is None:
        return old != new
    return bool(old.get(row.field) != new.get(row.field))


def shown(session: Session, kind_key: str, rows: Sequence[ReviewReason]) -> list[dict[str, Any]]:
    """Reasons for the wire."""
    return [
        {
            "id": row.id, "case_id": row.case_id, "field": row.field, "label": label(KINDS[kind_key], row),
            "child_id": row.child_id, "child_name": row.child_name, "reason": row.reason, "answer": row.answer,
            "changed": row.changed, "answered": bool(row.changed or row.answer),
        }
        for row in rows
    ]


def answered_in(session: Session, case_id: uuid.UUID) -> list[ReviewReason]:
    """The reasons that a case answers, as its submitter left them."""
    query = select(ReviewReason).where(ReviewReason.answered_in == case_id)
    return list(session.scalars(query.order_by(ReviewReason.case_id, ReviewReason.position)))


def of_case(session: Session, case_id: uuid.UUID) -> list[ReviewReason]:
    """The reasons for which a case was returned."""
    query = select(ReviewReason).where(ReviewReason.case_id == case_id)
    return list(session.scalars(query.order_by(ReviewReason.position)))
