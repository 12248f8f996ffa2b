"""Submitting, recalling, returning and approving, one node or thousands at a time."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from catalog.errors import CASE_UNKNOWN, INCOMPLETE, SELECTION_EMPTY
from catalog.events import EntryPublished, ReviewRequested, ReviewReturned
from catalog.nodes import queries as node_queries
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.nodes.rules import LABELS, missing
from catalog.nodes.versions import Publication, publish
from catalog.permissions import REVIEW, SUBMIT
from catalog.review import changes, queries
from catalog.review.models import ReviewCase, SecrecyReview
from catalog.review.rules import SUBJECTS, Situation, decide, next_state
from kernel import clock, events, ids
from kernel.audit.service import record
from kernel.canonical import dumps
from kernel.digest import sm3_hex
from kernel.identity.actor import Actor, require


@dataclass(frozen=True)
class Secrecy:
    """The conclusion of a 保密审查: ``pass`` or ``refuse``, and what it rests on."""

    conclusion: str
    basis: str


@dataclass(frozen=True)
class Case:
    """What of an open review case a decision needs; plain, because bulk updates expire loaded objects."""

    id: uuid.UUID
    node_kind: str
    node_id: uuid.UUID
    department_id: uuid.UUID
    subject: str
    submitted_by: uuid.UUID | None

    @classmethod
    def of(cls, row: ReviewCase) -> "Case":
        """The plain form of a row."""
        return cls(row.id, row.node_kind, row.node_id, row.department_id, row.subject, row.submitted_by)


@dataclass(frozen=True)
class Decided:
    """What a decision did: how many nodes, and the versions that became valid."""

    count: int
    published: int
    audit_id: uuid.UUID


def _detail(codes: Sequence[str], **more: Any) -> dict[str, Any]:
    """Audit detail of many nodes: their number, the first codes, and a digest that binds all of them."""
    digest = sm3_hex(dumps(sorted(codes)))
    return {"count": len(codes), "codes": list(codes[:20]), "codes_sm3": digest, **more}


def _audit(
    session: Session, actor: Actor, action: str, kind_key: str, rows: Sequence[dict[str, Any]], **more: Any
) -> uuid.UUID:
    departments = {row["department_id"] for row in rows}
    single = rows[0]["id"] if len(rows) == 1 else "batch"
    return record(
        session, actor, action=action, object_type=kind_key, object_id=str(single),
        detail=_detail([row["code"] for row in rows], **more),
        department_id=departments.pop() if len(departments) == 1 else None,
    )


def submit(
    session: Session, actor: Actor, kind_key: str, node_ids: Sequence[uuid.UUID], *, action: str = "submit"
) -> list[uuid.UUID]:
    """Open a review case for each node (``action`` submit or withdraw); returns the case ids.

    Raises ``catalog.node.incomplete`` for the first node that lacks a required field, ``catalog.node.state``,
    and 404 for a node of a foreign department.
    """
    kind = KINDS[kind_key]
    rows = list(node_queries.rows(session, kind, node_ids).values())
    if not rows or len(rows) != len(set(node_ids)):
        raise SELECTION_EMPTY()
    for department_id in {row["department_id"] for row in rows}:
        require(actor, SUBMIT, department_id=department_id)
    after = {row["id"]: next_state(row["code"], row["status"], action) for row in rows}
    if action == "submit":
        _require_complete(session, kind, rows)
    audit_id = _audit(session, actor, f"catalog.{kind_key}.{action}", kind_key, rows)
    cases = [_case(kind_key, row, after[row["id"]], actor, audit_id) for row in rows]
    session.execute(insert(ReviewCase), cases)
    _set_status(session, kind, after, audit_id)
    by_department: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for case in cases:
        by_department[case["department_id"]].append(case["id"])
    for department_id, case_ids in by_department.items():
        events.publish(session, ReviewRequested(department_id, tuple(case_ids), str(cases[0]["subject"])))
    return [case["id"] for case in cases]


def _case(kind_key: str, row: dict[str, Any], state: str, actor: Actor, audit_id: uuid.UUID) -> dict[str, Any]:
    return {
        "id": ids.new(), "node_kind": kind_key, "node_id": row["id"], "department_id": row["department_id"],
        "subject": SUBJECTS[state], "revision": row["revision"], "submitted_by": actor.user_id,
        "submitted_name": actor.name, "submitted_at": clock.now(), "audit_id": audit_id,
    }


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


def _set_status(session: Session, kind: NodeKind, after: dict[uuid.UUID, str], audit_id: uuid.UUID) -> None:
    session.execute(
        update(kind.model), [{"id": node_id, "status": state, "audit_id": audit_id} for node_id, state in after.items()]
    )
    session.expire_all()


def recall(session: Session, actor: Actor, case_id: uuid.UUID) -> None:
    """撤回: the submitter takes a case back before a reviewer has opened it."""
    case = session.get(ReviewCase, case_id)
    if case is None or case.decision is not None or not actor.sees(case.department_id):
        raise CASE_UNKNOWN()
    require(actor, SUBMIT, department_id=case.department_id)
    kind = KINDS[case.node_kind]
    row = node_queries.rows(session, kind, [case.node_id])[case.node_id]
    situation = Situation(row["code"], row["status"], case.submitted_by, opened=case.opened_at is not None)
    state = decide(situation, "recall", actor.user_id)
    audit_id = _audit(session, actor, f"catalog.{case.node_kind}.recall", case.node_kind, [row])
    plain = Case.of(case)
    _close(session, [plain], actor, "recall", "", audit_id)
    _set_status(session, kind, {plain.node_id: state}, audit_id)


def open_for_review(session: Session, actor: Actor, case_id: uuid.UUID) -> ReviewCase:
    """A reviewer opens a case; from now on the submitter cannot recall it."""
    found = queries.cases(session, actor, [case_id])
    if not found:
        raise CASE_UNKNOWN()
    case = found[0]
    require(actor, REVIEW, department_id=case.department_id)
    if case.opened_at is None and actor.user_id != case.submitted_by:
        case.opened_by, case.opened_at = actor.user_id, clock.now()
        session.flush()
    return case


def record_secrecy(session: Session, actor: Actor, found: Sequence[ReviewCase], secrecy: Secrecy) -> None:
    """Record the 保密审查 of the contents under review."""
    _require_review(actor, found)
    for kind_key, cases in _by_kind([Case.of(row) for row in found]).items():
        rows = node_queries.rows(session, KINDS[kind_key], [case.node_id for case in cases])
        _record_secrecy(session, actor, KINDS[kind_key], list(rows.values()), secrecy)


def _require_review(actor: Actor, found: Sequence[ReviewCase]) -> None:
    for department_id in {row.department_id for row in found}:
        require(actor, REVIEW, department_id=department_id)


def _record_secrecy(
    session: Session, actor: Actor, kind: NodeKind, rows: Sequence[dict[str, Any]], secrecy: Secrecy
) -> None:
    audit_id = _audit(
        session, actor, f"catalog.{kind.key}.secrecy", kind.key, rows,
        conclusion=secrecy.conclusion, basis=secrecy.basis,
    )
    session.execute(insert(SecrecyReview), [
        {
            "id": ids.new(), "node_kind": kind.key, "node_id": row["id"], "revision": row["revision"],
            "reviewer_id": actor.user_id, "reviewer_name": actor.name, "conclusion": secrecy.conclusion,
            "basis": secrecy.basis, "reviewed_at": clock.now(), "audit_id": audit_id,
        }
        for row in rows
    ])


def _by_kind(found: Sequence[Case]) -> dict[str, list[Case]]:
    by_kind: dict[str, list[Case]] = defaultdict(list)
    for case in found:
        by_kind[case.node_kind].append(case)
    return by_kind


def decide_cases(
    session: Session,
    actor: Actor,
    found: Sequence[ReviewCase],
    decision: str,
    *,
    reason: str = "",
    secrecy: Secrecy | None = None,
) -> Decided:
    """Approve or return open cases, all or none; with ``secrecy`` the 保密审查 is recorded first.

    Raises what :func:`catalog.review.rules.decide` raises, for the first case that cannot be decided.
    """
    if not found:
        raise SELECTION_EMPTY()
    _require_review(actor, found)
    plain, published, audit_id = [Case.of(row) for row in found], 0, found[0].audit_id
    for kind_key, cases in _by_kind(plain).items():
        kind = KINDS[kind_key]
        rows = node_queries.rows(session, kind, [case.node_id for case in cases])
        if secrecy is not None:
            _record_secrecy(session, actor, kind, list(rows.values()), secrecy)
        audit_id, count = _decide_kind(session, actor, kind, cases, rows, decision, reason)
        published += count
    return Decided(len(plain), published, audit_id)


def _decide_kind(
    session: Session, actor: Actor, kind: NodeKind, cases: Sequence[Case],
    rows: dict[uuid.UUID, dict[str, Any]], decision: str, reason: str,
) -> tuple[uuid.UUID, int]:
    passed = queries.passed(session, [(row["id"], row["revision"]) for row in rows.values()])
    after: dict[uuid.UUID, str] = {}
    for case in cases:
        row = rows[case.node_id]
        makers = frozenset(person for person in (row["updated_by"],) if person is not None)
        situation = Situation(
            row["code"], row["status"], case.submitted_by, makers, secrecy_passed=row["id"] in passed
        )
        after[case.node_id] = decide(situation, decision, actor.user_id, reason)
    ordered = [rows[case.node_id] for case in cases]
    audit_id = _audit(session, actor, f"catalog.{kind.key}.{decision}", kind.key, ordered, reason=reason)
    _close(session, cases, actor, decision, reason, audit_id)
    if decision == "return":
        _set_status(session, kind, after, audit_id)
        for case in cases:
            events.publish(session, ReviewReturned(
                case.id, case.department_id, case.submitted_by, rows[case.node_id]["code"], reason
            ))
        return audit_id, 0
    return audit_id, _publish(session, actor, kind, cases, rows, audit_id)


def _publish(
    session: Session, actor: Actor, kind: NodeKind, cases: Sequence[Case],
    held: dict[uuid.UUID, dict[str, Any]], audit_id: uuid.UUID,
) -> int:
    changed = [case.node_id for case in cases if case.subject == "change"]
    changes.apply(session, kind, changed)
    rows = {**held, **node_queries.rows(session, kind, changed)}
    children = node_queries.children(session, kind, [case.node_id for case in cases])
    publications = [
        Publication(rows[case.node_id], children.get(case.node_id, []), case.subject, case.submitted_by)
        for case in cases
    ]
    versions = publish(session, actor, kind.key, publications, audit_id)
    events.publish(session, EntryPublished(tuple(versions), audit_id))
    return len(versions)


def _close(
    session: Session, cases: Sequence[Case], actor: Actor, decision: str, reason: str, audit_id: uuid.UUID
) -> None:
    session.execute(update(ReviewCase), [
        {
            "id": case.id, "decision": decision, "decided_by": actor.user_id, "decided_name": actor.name,
            "decided_at": clock.now(), "reason": reason or None, "audit_id": audit_id,
        }
        for case in cases
    ])
    session.expire_all()
