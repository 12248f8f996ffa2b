"""The SELECTs of review."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session

from catalog.nodes.kinds import KINDS
from catalog.nodes.queries import slices
from catalog.review.models import ReviewCase, ReviewStep, SecrecyReview
from kernel import clock
from kernel.identity.actor import Actor
from kernel.identity.models import Department


@dataclass(frozen=True)
class Filter:
    """What narrows the queue; None does not. ``older_than`` days since submission; ``decidable``: by this actor."""

    state: str = "open"
    kind: str | None = None
    department_id: uuid.UUID | None = None
    subject: str | None = None
    stage: str | None = None
    due: str | None = None
    older_than: int | None = None
    batch_id: uuid.UUID | None = None
    mine: bool = False
    decidable: bool = False


def in_scope(actor: Actor) -> ColumnElement[bool]:
    """Cases of the departments that an actor reviews for."""
    if actor.kind == "system" or actor.scope == "all":
        return true()
    return ReviewCase.department_id == actor.department_id if actor.department_id else false()


def decidable(actor: Actor) -> ColumnElement[bool]:
    """Cases in a stage that the actor is in charge of and did not submit."""
    own = ReviewCase.department_id == actor.department_id if actor.department_id else false()
    stages = or_(
        and_(ReviewCase.stage == "department", own),
        and_(ReviewCase.stage == "bureau", true() if actor.scope == "all" else false()),
        and_(ReviewCase.stage == "either", in_scope(actor)),
    )
    earlier = select(ReviewStep.case_id).where(
        ReviewStep.case_id == ReviewCase.id, ReviewStep.decided_by == actor.user_id
    )
    foreign = or_(ReviewCase.submitted_by.is_(None), ReviewCase.submitted_by != actor.user_id)
    return and_(stages, foreign, ~earlier.exists())


def queue(
    actor: Actor, *, state: str, kind: str | None, department_id: uuid.UUID | None, mine: bool
) -> Select[ReviewCase]:
    """Cases: ``open`` ones oldest first, ``done`` ones newest first; ``mine``: those the actor submitted."""
    return selection(actor, Filter(state=state, kind=kind, department_id=department_id, mine=mine))


def selection(actor: Actor, wanted: Filter) -> Select[ReviewCase]:
    """The queue, narrowed."""
    open_ = ReviewCase.decision.is_(None)
    query = select(ReviewCase).where(open_ if wanted.state == "open" else ~open_, *_conditions(wanted))
    query = query.where(ReviewCase.submitted_by == actor.user_id) if wanted.mine else query.where(in_scope(actor))
    if wanted.decidable:
        query = query.where(decidable(actor))
    if wanted.batch_id is not None:
        made = [select(kind.model.id).where(kind.model.batch_id == wanted.batch_id) for kind in KINDS.values()]
        query = query.where(or_(*(ReviewCase.node_id.in_(some) for some in made)))
    if wanted.state == "open":
        return query.order_by(ReviewCase.submitted_at, ReviewCase.id)
    return query.order_by(ReviewCase.decided_at.desc(), ReviewCase.id)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kind:
        found.append(ReviewCase.node_kind == wanted.kind)
    if wanted.department_id:
        found.append(ReviewCase.department_id == wanted.department_id)
    if wanted.subject:
        found.append(ReviewCase.subject == wanted.subject)
    if wanted.stage:
        found.append(ReviewCase.stage == wanted.stage)
    if wanted.older_than is not None:
        found.append(ReviewCase.submitted_at < clock.now() - timedelta(days=wanted.older_than))
    if wanted.due:
        found.append(_due(wanted.due, clock.business_day(clock.now())))
    return found


def _due(word: str, today: date) -> ColumnElement[bool]:
    day, week = ReviewCase.due_on, (today + timedelta(days=7)).isoformat()
    return {
        "overdue": day < today.isoformat(), "today": day == today.isoformat(),
        "week": and_(day >= today.isoformat(), day <= week), "later": day > week,
        "pending": ReviewCase.due_pending.is_(True),
        "none": and_(day.is_(None), ReviewCase.due_pending.is_(False)),
    }[word]


def cases(session: Session, actor: Actor, case_ids: Sequence[uuid.UUID]) -> list[ReviewCase]:
    """Open cases in the actor's scope by id."""
    found: list[ReviewCase] = []
    for some in slices(case_ids):
        query = select(ReviewCase).where(ReviewCase.id.in_(some), in_scope(actor), ReviewCase.decision.is_(None))
        found.extend(session.scalars(query))
    return found


def case(session: Session, actor: Actor, case_id: uuid.UUID) -> ReviewCase | None:
    """A case, open or closed, of the actor's departments."""
    return session.scalar(select(ReviewCase).where(ReviewCase.id == case_id, in_scope(actor)))


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


def steps(session: Session, case_id: uuid.UUID) -> list[ReviewStep]:
    """The decisions about a case in the order of its stages."""
    return list(session.scalars(
        select(ReviewStep).where(ReviewStep.case_id == case_id).order_by(ReviewStep.position)
    ))


def round_before(session: Session, node_id: uuid.UUID, submitted_at: datetime) -> ReviewCase | None:
    """The case that was returned before this submission, if the one before it was; recalled ones do not count."""
    before = session.scalar(
        select(ReviewCase)
        .where(ReviewCase.node_id == node_id, ReviewCase.submitted_at < submitted_at, ReviewCase.decision != "recall")
        .order_by(ReviewCase.submitted_at.desc(), ReviewCase.id.desc()).limit(1)
    )
    return before if before is not None and before.decision == "return" else None


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
