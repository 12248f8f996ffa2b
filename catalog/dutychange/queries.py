"""The SELECTs of duty changes and their tasks."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session

from catalog.dutychange.models import DutyChange, DutyChangeDuty, DutyTask
from catalog.dutychange.rules import Plan
from catalog.nodes.models import Duty
from catalog.nodes.queries import slices
from kernel.approvals.models import Approval
from kernel.identity.actor import Actor
from kernel.identity.models import Department


def department(session: Session, department_id: uuid.UUID) -> Department | None:
    """A department, those that are gone among them."""
    return session.get(Department, department_id)


def departments(session: Session, department_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Department]:
    """Departments by id."""
    query = select(Department).where(Department.id.in_(list(department_ids)))
    return {row.id: row for row in session.scalars(query)}


def all_seeing(actor: Actor) -> bool:
    """Whether the actor is the bureau's (or the system)."""
    return actor.kind == "system" or actor.scope == "all"


def visible(actor: Actor) -> ColumnElement[bool]:
    """Changes that concern the actor's department: its duties take part in them, or something of it lies below."""
    if all_seeing(actor):
        return true()
    mine = actor.department_id
    taking_part = select(DutyChangeDuty.change_id).where(DutyChangeDuty.department_id == mine)
    below = select(DutyTask.change_id).where(DutyTask.department_id == mine)
    return or_(DutyChange.department_id == mine, DutyChange.id.in_(taking_part), DutyChange.id.in_(below))


def change(session: Session, actor: Actor, change_id: uuid.UUID) -> DutyChange | None:
    """One change that the actor sees."""
    return session.scalar(select(DutyChange).where(DutyChange.id == change_id, visible(actor)))


def listing(actor: Actor, *, state: str | None, kind: str | None, now: datetime) -> Select[DutyChange]:
    """Changes, newest first; the state ``expired`` is one of the clock."""
    query = select(DutyChange).where(visible(actor)).order_by(DutyChange.created_at.desc(), DutyChange.id.desc())
    if state:
        late = select(Approval.id).where(Approval.id == DutyChange.approval_id, Approval.expires_at <= now).exists()
        if state in ("review", "expired"):
            query = query.where(DutyChange.state == "review", late if state == "expired" else ~late)
        else:
            query = query.where(DutyChange.state == state)
    return query.where(DutyChange.kind == kind) if kind else query


def approvals(session: Session, changes: Iterable[DutyChange]) -> dict[uuid.UUID, Approval]:
    """The approvals of changes by id."""
    wanted = [row.approval_id for row in changes]
    return {row.id: row for row in session.scalars(select(Approval).where(Approval.id.in_(wanted)))}


def duties(session: Session, change_ids: Sequence[uuid.UUID]) -> list[DutyChangeDuty]:
    """The duties that take part in changes, sources first."""
    query = select(DutyChangeDuty).where(DutyChangeDuty.change_id.in_(change_ids))
    rows = session.scalars(query.order_by(DutyChangeDuty.change_id, DutyChangeDuty.code)).all()
    return sorted(rows, key=lambda row: row.role != "source")


def children(session: Session, duty_ids: Sequence[uuid.UUID]) -> list[Duty]:
    """Duties directly under some that are not among them."""
    query = select(Duty).where(
        Duty.parent_id.in_(duty_ids), Duty.id.not_in(duty_ids), Duty.status != "withdrawn"
    )
    return list(session.scalars(query.order_by(Duty.code)))


def adopted(session: Session, plan: Plan) -> list[Duty]:
    """Duties under the sources of a plan that get a new superior at once; under others they become tasks."""
    return children(session, plan.sources) if plan.kind in ("move", "merge") else []


def tasks(actor: Actor, *, change_id: uuid.UUID | None, state: str | None, department_id: uuid.UUID | None) -> Any:
    """Tasks by due day and code: the actor's department's, or all for the bureau."""
    query = select(DutyTask).order_by(DutyTask.state.desc(), DutyTask.due_on, DutyTask.code, DutyTask.id)
    if not all_seeing(actor):
        query = query.where(DutyTask.department_id == actor.department_id)
    for column, wanted in (
        (DutyTask.change_id, change_id), (DutyTask.state, state), (DutyTask.department_id, department_id)
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return query


def tasks_by_id(session: Session, task_ids: Sequence[uuid.UUID]) -> list[DutyTask]:
    """Tasks in the order of their codes."""
    found: list[DutyTask] = []
    for some in slices(task_ids):
        found += session.scalars(select(DutyTask).where(DutyTask.id.in_(some)))
    return sorted(found, key=lambda row: row.code)


def scheduled(session: Session) -> list[uuid.UUID]:
    """Changes that wait for their day, the earliest first."""
    query = select(DutyChange.id).where(DutyChange.state == "scheduled")
    return list(session.scalars(query.order_by(DutyChange.effective_on, DutyChange.number)))


def by_number(session: Session, actor: Actor, number: str) -> DutyChange | None:
    """One change that the actor sees."""
    return session.scalar(select(DutyChange).where(DutyChange.number == number, visible(actor)))


def progress(session: Session, change_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """Change → state → tasks."""
    query = select(DutyTask.change_id, DutyTask.state, func.count()).where(DutyTask.change_id.in_(change_ids))
    found: dict[uuid.UUID, dict[str, int]] = {}
    for change_id, state, count in session.execute(query.group_by(DutyTask.change_id, DutyTask.state)):
        found.setdefault(change_id, {})[state] = count
    return found


def open_of_department(session: Session, department_id: uuid.UUID) -> list[Any]:
    """(change, open tasks, soonest due day) of a department, at most 200 changes."""
    query = (
        select(DutyChange, func.count(), func.min(DutyTask.due_on))
        .join(DutyTask, DutyTask.change_id == DutyChange.id)
        .where(DutyTask.department_id == department_id, DutyTask.state == "open")
        .group_by(DutyChange.id).order_by(func.min(DutyTask.due_on), DutyChange.number).limit(200)
    )
    return list(session.execute(query))


def undated(session: Session) -> list[DutyTask]:
    """Open tasks whose day the calendar did not reach."""
    return list(session.scalars(select(DutyTask).where(DutyTask.state == "open", DutyTask.due_on.is_(None))))
