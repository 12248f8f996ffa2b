"""The SELECTs of review."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, select, true
from sqlalchemy.orm import Session

from catalog.nodes.kinds import KINDS
from catalog.nodes.queries import slices
from catalog.review.models import ReviewCase, SecrecyReview
from kernel.identity.actor import Actor
from kernel.identity.models import Department


def in_scope(actor: Actor) -> ColumnElement[bool]:
    """Cases of the departments that an actor reviews for."""
    if actor.kind == "system" or actor.scope == "all":
        return true()
    return ReviewCase.department_id == actor.department_id if actor.department_id else false()


def queue(
    actor: Actor, *, state: str, kind: str | None, department_id: uuid.UUID | None, mine: bool
) -> Select[ReviewCase]:
    """Cases: ``open`` ones oldest first, ``done`` ones newest first; ``mine``: those the actor submitted."""
    open_ = ReviewCase.decision.is_(None)
    query = select(ReviewCase).where(open_ if state == "open" else ~open_)
    query = query.where(ReviewCase.submitted_by == actor.user_id) if mine else query.where(in_scope(actor))
    if kind:
        query = query.where(ReviewCase.node_kind == kind)
    if department_id:
        query = query.where(ReviewCase.department_id == department_id)
    if state == "open":
        return query.order_by(ReviewCase.submitted_at, ReviewCase.id)
    return query.order_by(ReviewCase.decided_at.desc(), ReviewCase.id)


def cases(session: Session, actor: Actor, case_ids: Sequence[uuid.UUID]) -> list[ReviewCase]:
    """Open cases in the actor's scope by id."""
    found: list[ReviewCase] = []
    for some in slices(case_ids):
        query = select(ReviewCase).where(ReviewCase.id.in_(some), in_scope(actor), ReviewCase.decision.is_(None))
        found.extend(session.scalars(query))
    return found


def open_cases_of_batch(session: Session, actor: Actor, kind_key: str, batch_id: uuid.UUID) -> list[ReviewCase]:
    """Open cases of the nodes that an import made."""
    model = KINDS[kind_key].model
    return list(session.scalars(
        select(ReviewCase)
        .join(model, model.id == ReviewCase.node_id)
        .where(model.batch_id == batch_id, ReviewCase.decision.is_(None), in_scope(actor))
        .order_by(model.code)
    ))


def open_case(session: Session, node_id: uuid.UUID) -> ReviewCase | None:
    """The open case of a node."""
    return session.scalar(select(ReviewCase).where(ReviewCase.node_id == node_id, ReviewCase.decision.is_(None)))


def passed(session: Session, revisions: Sequence[tuple[uuid.UUID, int]]) -> set[uuid.UUID]:
    """Nodes whose content at this revision passed the secrecy review."""
    wanted = dict(revisions)
    found: set[uuid.UUID] = set()
    for some in slices(list(wanted)):
        query = select(SecrecyReview.node_id, SecrecyReview.revision).where(
            and_(SecrecyReview.node_id.in_(some), SecrecyReview.conclusion == "pass")
        )
        found.update(node_id for node_id, revision in session.execute(query) if wanted[node_id] == revision)
    return found


def secrecy_records(session: Session, node_id: uuid.UUID) -> list[SecrecyReview]:
    """Secrecy reviews of a node, newest first."""
    query = select(SecrecyReview).where(SecrecyReview.node_id == node_id)
    return list(session.scalars(query.order_by(SecrecyReview.reviewed_at.desc(), SecrecyReview.id.desc())))


def names(session: Session, found: Sequence[ReviewCase]) -> dict[uuid.UUID, Any]:
    """(code, name, department name) of the nodes of a page of cases; one query a kind."""
    named: dict[uuid.UUID, Any] = {}
    for key in {case.node_kind for case in found}:
        model = KINDS[key].model
        ids = [case.node_id for case in found if case.node_kind == key]
        query = select(model.id, model.code, model.name, Department.name).join(
            Department, Department.id == model.department_id
        )
        for node_id, code, name, department in session.execute(query.where(model.id.in_(ids))):
            named[node_id] = (code, name, department)
    return named


def returned(session: Session, node_id: uuid.UUID) -> list[ReviewCase]:
    """Cases of a node that were returned, newest first: the resubmission answers their reasons."""
    query = select(ReviewCase).where(ReviewCase.node_id == node_id, ReviewCase.decision == "return")
    return list(session.scalars(query.order_by(ReviewCase.decided_at.desc(), ReviewCase.id)))
