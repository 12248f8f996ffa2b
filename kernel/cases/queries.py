"""Every SELECT of cases."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from kernel.cases.models import CaseEvent, CaseFile, CasePause
from kernel.identity.actor import Actor


def visible(actor: Actor, *, state: str | None, type_: str | None, mine: bool) -> Select[CaseFile]:
    """Cases in the actor's departments or assigned to the actor, newest first."""
    statement = select(CaseFile)
    if mine:
        statement = statement.where(CaseFile.assignee_id == actor.user_id)
    elif actor.scope != "all":
        statement = statement.where(
            or_(CaseFile.department_id == actor.department_id, CaseFile.assignee_id == actor.user_id)
        )
    if state:
        statement = statement.where(CaseFile.state == state)
    if type_:
        statement = statement.where(CaseFile.type == type_)
    return statement.order_by(CaseFile.opened_at.desc(), CaseFile.id.desc())


def pauses(session: Session, case_id: uuid.UUID) -> Sequence[CasePause]:
    """Pauses of a case in order."""
    return session.scalars(
        select(CasePause).where(CasePause.case_id == case_id).order_by(CasePause.started_at)
    ).all()


def timeline(session: Session, case_id: uuid.UUID) -> Sequence[CaseEvent]:
    """The timeline in order."""
    return session.scalars(select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.seq)).all()


def last_event_seq(session: Session, case_id: uuid.UUID) -> int:
    """Number of the last timeline line, 0 for none."""
    return session.scalar(select(func.max(CaseEvent.seq)).where(CaseEvent.case_id == case_id)) or 0
