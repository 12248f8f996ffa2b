"""Submitting and recalling nodes, one or thousands at a time; a reviewer opening a case."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.errors import CASE_UNKNOWN, INCOMPLETE, SELECTION_EMPTY
from catalog.events import ReviewRequested
from catalog.nodes import levels
from catalog.nodes import queries as node_queries
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.nodes.rules import LABELS, missing
from catalog.permissions import REVIEW, SUBMIT
from catalog.review import queries, reasons
from catalog.review.decisions import Decided as Decided
from catalog.review.decisions import close, set_status
from catalog.review.decisions import decide_cases as decide_cases
from catalog.review.errors import NOTE_MISSING, WIDER_ITEM
from catalog.review.models import ReviewCase
from catalog.review.rules import SUBJECTS, Situation, decide, in_charge, next_state
from catalog.review.secrecy import Secrecy as Secrecy
from catalog.review.secrecy import record_secrecy as record_secrecy
from catalog.review.stages import Rules
from catalog.review.trail import note as note_audit
from kernel import clock, events, ids
from kernel.identity.actor import Actor, require


def submit(
    session: Session, actor: Actor, kind_key: str, node_ids: Sequence[uuid.UUID], *, action: str = "submit",
    note: str = "", answers: Mapping[uuid.UUID, str] | None = None,
) -> list[uuid.UUID]:
    """Open a review case for each node (``action`` submit or withdraw); returns the case ids.

    ``note`` is the submitter's explanation (of a withdrawal: its reason, which is required); ``answers`` maps reasons
    of the last return to what was done about them. Raises ``catalog.node.incomplete`` for the first node that lacks a
    required field, ``catalog.node.wider_item``, ``catalog.node.state``, ``catalog.review.note_missing``, and 404 for
    a node of a foreign department.
    """
    kind = KINDS[kind_key]
    rows = list(node_queries.rows(session, kind, node_ids).values())
    if not rows or len(rows) != len(set(node_ids)):
        raise SELECTION_EMPTY()
    for department_id in {row["department_id"] for row in rows}:
        require(actor, SUBMIT, department_id=department_id)
    after = {row["id"]: next_state(row["code"], row["status"], action) for row in rows}
    if action == "withdraw" and not note.strip():
        raise NOTE_MISSING()
    if action == "submit":
        _require_complete(session, kind, rows)
    audit_id = note_audit(session, actor, f"catalog.{kind_key}.{action}", kind_key, rows, note=note)
    cases = _cases(session, kind_key, rows, after, actor, audit_id, note)
    session.execute(insert(ReviewCase), cases)
    if action == "submit":
        reasons.answer(session, kind, {case["node_id"]: case["id"] for case in cases}, answers or {})
    set_status(session, kind, after, audit_id)
    announce(session, cases)
    return [case["id"] for case in cases]


def announce(session: Session, cases: Sequence[Mapping[str, Any]]) -> None:
    """Tell the floors above that these cases wait in the first stage."""
    by_department: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for case in cases:
        by_department[case["department_id"]].append(case["id"])
    for department_id, case_ids in by_department.items():
        events.publish(session, ReviewRequested(department_id, tuple(case_ids), str(cases[0]["subject"])))


def _cases(
    session: Session, kind_key: str, rows: Sequence[dict[str, Any]], after: Mapping[uuid.UUID, str], actor: Actor,
    audit_id: uuid.UUID, note: str,
) -> list[dict[str, Any]]:
    rules, rounds, now = Rules(session), _rounds(session, [row["id"] for row in rows]), clock.now()
    made = []
    for row in rows:
        rule = rules.of(row["department_id"])
        due = rules.due(rule.due_workdays, now)
        made.append({
            "id": ids.new(), "node_kind": kind_key, "node_id": row["id"], "department_id": row["department_id"],
            "subject": SUBJECTS[after[row["id"]]], "revision": row["revision"], "round": rounds.get(row["id"], 1),
            "stages": list(rule.stages), "stage_no": 1, "stage": rule.stages[0], "stage_at": now,
            "due_workdays": rule.due_workdays, "due_on": due.day, "due_pending": due.pending,
            "note": note.strip() or None, "submitted_by": actor.user_id, "submitted_name": actor.name,
            "submitted_at": now, "audit_id": audit_id,
        })
    return made


def _rounds(session: Session, node_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Which round a submission begins: one more than the last one that was returned, the same after a recall."""
    found: dict[uuid.UUID, int] = {}
    for some in node_queries.slices(node_ids):
        query = select(ReviewCase.node_id, ReviewCase.decision, ReviewCase.round)
        query = query.where(ReviewCase.node_id.in_(some)).order_by(ReviewCase.submitted_at, ReviewCase.id)
        for node_id, decision, number in session.execute(query):
            found[node_id] = {"return": number + 1, "recall": number}.get(str(decision), 1)
    return found


def _require_complete(session: Session, kind: NodeKind, rows: Sequence[dict[str, Any]]) -> None:
    proposed = node_queries.changes(session, [row["id"] for row in rows if row["status"].startswith("change")])
    for row in rows:
        fields = {**row, **dict(proposed.get(row["id"], {}).get("fields", {}))}
        lacking = missing(kind.key, fields)
        if lacking:
            raise INCOMPLETE(
                code=row["code"], fields_zh="、".join(LABELS.get(name, name) for name in lacking),
                fields_en=", ".join(lacking),
            )
    if kind.key == "data_entry":
        # a proposed change was checked when it was written; its items are not in the tables yet
        require_covered(session, [row["id"] for row in rows if row["id"] not in proposed])


def require_covered(session: Session, entry_ids: Sequence[uuid.UUID]) -> None:
    """Raise ``catalog.node.wider_item`` for the first entry that does not cover one of its items."""
    for one in levels.wider_items(session, entry_ids):
        raise WIDER_ITEM(code=one.code, item=one.item, field=LABELS[one.field], field_en=one.field)


def recall(session: Session, actor: Actor, case_id: uuid.UUID) -> None:
    """撤回: the submitter takes a case back before a reviewer has opened it."""
    case = session.get(ReviewCase, case_id)
    if case is None or case.decision is not None or not actor.sees(case.department_id):
        raise CASE_UNKNOWN()
    require(actor, SUBMIT, department_id=case.department_id)
    kind, node_id = KINDS[case.node_kind], case.node_id
    row = node_queries.rows(session, kind, [node_id])[node_id]
    situation = Situation(row["code"], row["status"], case.submitted_by, opened=case.opened_at is not None)
    state = decide(situation, "recall", actor.user_id)
    audit_id = note_audit(session, actor, f"catalog.{kind.key}.recall", kind.key, [row])
    close(session, [case_id], actor, "recall", "", audit_id)
    reasons.reopen(session, case_id)
    set_status(session, kind, {node_id: state}, audit_id)


def open_for_review(session: Session, actor: Actor, case_id: uuid.UUID) -> ReviewCase:
    """A reviewer opens a case; once one who is in charge has, the submitter cannot recall it."""
    found = queries.cases(session, actor, [case_id])
    if not found:
        raise CASE_UNKNOWN()
    case = found[0]
    require(actor, REVIEW, department_id=case.department_id)
    charged = in_charge(
        case.stage, of_department=actor.department_id == case.department_id, of_bureau=actor.scope == "all"
    )
    if case.opened_at is None and actor.user_id != case.submitted_by and charged:
        session.execute(
            update(ReviewCase).where(ReviewCase.id == case_id)
            .values(opened_by=actor.user_id, opened_at=clock.now())
        )
        session.refresh(case)
    return case
