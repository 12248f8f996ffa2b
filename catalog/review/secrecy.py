"""保密审查: who concluded what about which content, on which basis."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, or_, select
from sqlalchemy.orm import Session

from catalog.errors import SAME_PERSON
from catalog.nodes import journal
from catalog.nodes import queries as node_queries
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.nodes.queries import slices
from catalog.permissions import SECRECY
from catalog.review.models import ReviewCase, SecrecyReview
from catalog.review.trail import note
from kernel import clock, ids
from kernel.identity.actor import Actor, require
from kernel.identity.models import User

PASS, REFUSE = "pass", "refuse"


@dataclass(frozen=True)
class Secrecy:
    """The conclusion of a 保密审查: ``pass`` or ``refuse``, and what it rests on."""

    conclusion: str
    basis: str


@dataclass(frozen=True)
class Conclusion:
    """What was last concluded about one content, and by whom."""

    conclusion: str
    reviewer_id: uuid.UUID | None


def record_secrecy(session: Session, actor: Actor, found: Sequence[ReviewCase], secrecy: Secrecy) -> int:
    """Record the 保密审查 of the contents under review; its reviewer has made none of them.

    Raises ``catalog.review.same_person``, and 404 for a case of a foreign department.
    """
    for department_id in {row.department_id for row in found}:
        require(actor, SECRECY, department_id=department_id)
    by_kind: dict[str, list[ReviewCase]] = {}
    for case in found:
        by_kind.setdefault(case.node_kind, []).append(case)
    for kind_key, cases in by_kind.items():
        rows = node_queries.rows(session, KINDS[kind_key], [case.node_id for case in cases])
        makers = journal.makers(session, rows)
        for case in cases:
            if actor.user_id is None or actor.user_id in makers[case.node_id] | {case.submitted_by}:
                raise SAME_PERSON(code=rows[case.node_id]["code"])
        write(session, actor, KINDS[kind_key], {case.node_id: case.revision for case in cases}, rows, secrecy)
    return len(found)


def write(
    session: Session, actor: Actor, kind: NodeKind, revisions: Mapping[uuid.UUID, int],
    rows: Mapping[uuid.UUID, dict[str, Any]], secrecy: Secrecy,
) -> None:
    """Insert one conclusion for each node, about the revision that was submitted."""
    audit_id = note(
        session, actor, f"catalog.{kind.key}.secrecy", kind.key, [rows[node_id] for node_id in revisions],
        conclusion=secrecy.conclusion, basis=secrecy.basis,
    )
    session.execute(insert(SecrecyReview), [
        {
            "id": ids.new(), "node_kind": kind.key, "node_id": node_id, "revision": revision,
            "reviewer_id": actor.user_id, "reviewer_name": actor.name, "conclusion": secrecy.conclusion,
            "basis": secrecy.basis, "reviewed_at": clock.now(), "audit_id": audit_id,
        }
        for node_id, revision in revisions.items()
    ])


def concluded(session: Session, revisions: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, Conclusion]:
    """The last conclusion about exactly these revisions."""
    found: dict[uuid.UUID, Conclusion] = {}
    for some in slices(list(revisions)):
        query = select(
            SecrecyReview.node_id, SecrecyReview.revision, SecrecyReview.conclusion, SecrecyReview.reviewer_id
        ).where(SecrecyReview.node_id.in_(some)).order_by(SecrecyReview.reviewed_at, SecrecyReview.id)
        for node_id, revision, conclusion, reviewer in session.execute(query):
            if revisions[node_id] == revision:
                found[node_id] = Conclusion(conclusion, reviewer)
    return found


def listing(
    *, kind: str, departments: Sequence[uuid.UUID] | None, conclusion: str | None, since: datetime | None,
    until: datetime | None, reviewer: str | None,
) -> Select[Any]:
    """(record, code, name, department id) of one kind of node, newest first; ``departments`` None: all."""
    model = KINDS[kind].model
    query = select(SecrecyReview, model.code, model.name, model.department_id).join(
        model, model.id == SecrecyReview.node_id
    ).where(SecrecyReview.node_kind == kind)
    if departments is not None:
        query = query.where(model.department_id.in_(departments))
    if conclusion:
        query = query.where(SecrecyReview.conclusion == conclusion)
    if since is not None:
        query = query.where(SecrecyReview.reviewed_at >= since)
    if until is not None:
        query = query.where(SecrecyReview.reviewed_at < until)
    if reviewer:
        named = select(User.id).where(User.display_name == reviewer)
        query = query.where(or_(SecrecyReview.reviewer_name == reviewer, SecrecyReview.reviewer_id.in_(named)))
    return query.order_by(SecrecyReview.reviewed_at.desc(), SecrecyReview.id.desc())


def page(session: Session, query: Select[Any], *, limit: int, offset: int) -> tuple[list[Any], int]:
    """One page of :func:`listing`, and how many there are."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    return list(session.execute(query.limit(limit).offset(offset))), total
