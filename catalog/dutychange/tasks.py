"""Tasks that follow from a duty change: opened below it, answered by the owning departments, shown in the workbench."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from catalog.dependents.queries import Below
from catalog.dutychange import queries
from catalog.dutychange.errors import TASK_UNKNOWN
from catalog.dutychange.models import DutyChange, DutyTask
from catalog.dutychange.rules import KINDS, check_answer, next_task
from catalog.permissions import EDIT
from catalog.review.stages import due
from kernel import clock, ids
from kernel.approvals.tasks import TaskRow, task_source
from kernel.audit.service import record
from kernel.calendar.service import load
from kernel.identity.actor import Actor, require


def open_below(session: Session, row: DutyChange, under: Below) -> int:
    """Open one task for everything below a change, at its own department; returns how many."""
    now = clock.now()
    today = clock.business_day(now)
    day = due(load(session), today, row.workdays).day
    tasks = [
        {
            "id": ids.new(), "change_id": row.id, "node_kind": kind, "node_id": node_id, "code": code, "name": name,
            "department_id": department_id, "state": "open", "due_on": day, "opened_on": today.isoformat(),
            "workdays": row.workdays, "created_at": now, "audit_id": row.audit_id,
        }
        for kind, node_id, code, name, department_id in _all(under)
    ]
    if tasks:
        session.execute(insert(DutyTask), tasks)
    return len(tasks)


def _all(under: Below) -> Iterable[tuple[str, uuid.UUID, str, str, uuid.UUID]]:
    for node in under.nodes:
        yield node.kind, node.id, node.code, node.name, node.department_id
    for one in under.dependents:
        yield one.kind, one.id, one.code, one.name, one.department_id


def _of(session: Session, actor: Actor, task_ids: Sequence[uuid.UUID]) -> list[DutyTask]:
    tasks = queries.tasks_by_id(session, list(dict.fromkeys(task_ids)))
    if not tasks or len(tasks) != len(set(task_ids)):
        raise TASK_UNKNOWN()
    for department_id in {task.department_id for task in tasks}:
        require(actor, EDIT, department_id=department_id)
    return tasks


def answer(
    session: Session, actor: Actor, task_ids: Sequence[uuid.UUID], *, answer: str, note: str = ""
) -> list[DutyTask]:
    """Close tasks of one's department with what was found, all or none."""
    check_answer(answer, note)
    tasks = _of(session, actor, task_ids)
    after = {task.id: next_task(task.code, task.state, "answer") for task in tasks}
    audit_id = _note(session, actor, "answer", tasks, answer=answer, note=note)
    now = clock.now()
    for task in tasks:
        task.state, task.answer, task.note, task.audit_id = after[task.id], answer, note or None, audit_id
        task.done_by, task.done_name, task.done_at = actor.user_id, actor.name, now
    session.flush()
    return tasks


def reopen(session: Session, actor: Actor, task_ids: Sequence[uuid.UUID]) -> list[DutyTask]:
    """Take back answers of one's department; what was answered stays in the audit trail."""
    tasks = _of(session, actor, task_ids)
    after = {task.id: next_task(task.code, task.state, "reopen") for task in tasks}
    audit_id = _note(session, actor, "reopen", tasks)
    for task in tasks:
        task.state, task.answer, task.note, task.audit_id = after[task.id], None, None, audit_id
        task.done_by, task.done_name, task.done_at = None, None, None
    session.flush()
    return tasks


def _note(session: Session, actor: Actor, verb: str, tasks: Sequence[DutyTask], **more: Any) -> uuid.UUID:
    departments = {task.department_id for task in tasks}
    return record(
        session, actor, action=f"catalog.duty_task.{verb}", object_type="duty_task",
        object_id=str(tasks[0].id) if len(tasks) == 1 else "batch",
        detail={"count": len(tasks), "tasks": [str(task.id) for task in tasks[:20]], **more},
        department_id=departments.pop() if len(departments) == 1 else None,
    )


def complete_due_dates(session: Session) -> int:
    """Reckon the days of tasks that were 期限待定, where the calendar reaches them now; returns how many."""
    tasks = queries.undated(session)
    days = load(session) if tasks else None
    settled = [
        {"id": task.id, "due_on": day} for task in tasks
        if days is not None and (day := due(days, date.fromisoformat(task.opened_on), task.workdays).day) is not None
    ]
    if settled:
        session.execute(update(DutyTask), settled)
    return len(settled)


def waiting(session: Session, actor: Actor) -> list[TaskRow]:
    """One row for each change with open tasks of the actor's department: hundreds of nodes are one piece of work."""
    if not actor.may(EDIT) or actor.department_id is None:
        return []
    return [
        TaskRow(
            source="catalog.duty_tasks", id=row.id, created_at=row.closed_at or row.created_at,
            title_zh=f"职责{KINDS[row.kind][0]} {row.number}：本部门有 {count} 项待核实",
            title_en=f"Duty change {row.number}: {count} to check in your department",
            due_at=_end_of(day), from_name=row.created_name, from_id=row.created_by, department_id=actor.department_id,
            url=f"/catalog/duty-changes?change={row.id}&tab=tasks",
        )
        for row, count, day in queries.open_of_department(session, actor.department_id)
    ]


def _end_of(day: str | None) -> datetime | None:
    return None if day is None else clock.day_bounds(date.fromisoformat(day))[1]


task_source("catalog.duty_tasks", waiting)
