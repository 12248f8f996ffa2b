"""Every SELECT of collection."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from gateway.collection.models import (
    CollectionProblem,
    CollectionRun,
    CollectionTable,
    CollectionTask,
    CollectionUpstream,
)
from kernel.errors import NOT_FOUND

OPEN = ("queued", "running")


def run(session: Session, run_id: uuid.UUID) -> CollectionRun:
    """Return a run; raise 404."""
    row = session.get(CollectionRun, run_id)
    if row is None:
        raise NOT_FOUND()
    return row


def table(session: Session, table_id: uuid.UUID) -> CollectionTable:
    """Return a declared table; raise 404."""
    row = session.get(CollectionTable, table_id)
    if row is None:
        raise NOT_FOUND()
    return row


def task(session: Session, task_id: uuid.UUID) -> CollectionTask:
    """Return a task; raise 404."""
    row = session.get(CollectionTask, task_id)
    if row is None:
        raise NOT_FOUND()
    return row


def by_code(session: Session, code: str) -> CollectionTask | None:
    """Return a task by its code."""
    return session.scalar(select(CollectionTask).where(CollectionTask.code == code))


def upstream(session: Session, upstream_id: uuid.UUID) -> CollectionUpstream:
    """Return an upstream; raise 404."""
    row = session.get(CollectionUpstream, upstream_id)
    if row is None:
        raise NOT_FOUND()
    return row


def loads_in_hand(session: Session, table_id: uuid.UUID) -> Sequence[int]:
    """Return the loads of runs that are under way into a table."""
    return session.scalars(
        select(CollectionRun.load).join(CollectionTask, CollectionTask.id == CollectionRun.task_id)
        .where(CollectionTask.table_id == table_id, CollectionRun.state.in_(OPEN))
    ).all()


def open_run(session: Session, task_id: uuid.UUID) -> CollectionRun | None:
    """Return the run of a task that waits or is under way."""
    return session.scalar(
        select(CollectionRun).where(CollectionRun.task_id == task_id, CollectionRun.state.in_(OPEN)))


def last_run(session: Session, task_id: uuid.UUID) -> CollectionRun | None:
    """Return a task's newest run."""
    return session.scalar(
        select(CollectionRun).where(CollectionRun.task_id == task_id).order_by(CollectionRun.number.desc()).limit(1))


def runs(task_id: uuid.UUID) -> Select[CollectionRun]:
    """Return a task's runs, newest first."""
    return select(CollectionRun).where(CollectionRun.task_id == task_id).order_by(CollectionRun.number.desc())


def tasks(*, department_id: uuid.UUID | None, state: str | None, query: str | None) -> Select[CollectionTask]:
    """Return tasks by code."""
    rows = select(CollectionTask).order_by(CollectionTask.code)
    if department_id:
        rows = rows.where(CollectionTask.department_id == department_id)
    if state:
        rows = rows.where(CollectionTask.state == state)
    if query:
        rows = rows.where(or_(CollectionTask.code.contains(query, autoescape=True),
                              CollectionTask.name.contains(query, autoescape=True)))
    return rows


def tables(department_id: uuid.UUID | None) -> Select[CollectionTable]:
    """Return declared tables by code."""
    rows = select(CollectionTable).order_by(CollectionTable.code)
    return rows.where(CollectionTable.department_id == department_id) if department_id else rows


def upstreams(department_id: uuid.UUID | None) -> Select[CollectionUpstream]:
    """Return upstreams by code."""
    rows = select(CollectionUpstream).order_by(CollectionUpstream.code)
    return rows.where(CollectionUpstream.department_id == department_id) if department_id else rows


def due(session: Session, now: datetime) -> Sequence[CollectionTask]:
    """Return active tasks whose time has come, the longest waiting first."""
    return session.scalars(
        select(CollectionTask).where(CollectionTask.state == "active", CollectionTask.next_at <= now)
        .order_by(CollectionTask.next_at).limit(100)
    ).all()


def problems(
    task_id: uuid.UUID, *, state: str | None = None, reason: str | None = None, run_id: uuid.UUID | None = None,
) -> Select[CollectionProblem]:
    """Return refused rows in the order of their runs."""
    rows = select(CollectionProblem).where(CollectionProblem.task_id == task_id)
    if state:
        rows = rows.where(CollectionProblem.state == state)
    if reason:
        rows = rows.where(CollectionProblem.reason == reason)
    if run_id:
        rows = rows.where(CollectionProblem.run_id == run_id)
    return rows.order_by(CollectionProblem.run_id, CollectionProblem.number)


def problem_counts(session: Session, task_id: uuid.UUID) -> list[tuple[str, str, int]]:
    """Return (state, reason, how many) of a task's refused rows, the most first."""
    count = func.count()
    return [(state, reason, many) for state, reason, many in session.execute(
        select(CollectionProblem.state, CollectionProblem.reason, count)
        .where(CollectionProblem.task_id == task_id)
        .group_by(CollectionProblem.state, CollectionProblem.reason).order_by(count.desc())
    )]


def problems_by_id(
    session: Session, task_id: uuid.UUID, problem_ids: Sequence[uuid.UUID],
) -> list[CollectionProblem]:
    """Return those of some refused rows that are a task's, in the order of their runs."""
    found: list[CollectionProblem] = []
    for start in range(0, len(problem_ids), 500):
        found += session.scalars(problems(task_id).where(CollectionProblem.id.in_(problem_ids[start:start + 500])))
    return found


def open_problems(session: Session, task_id: uuid.UUID) -> int:
    """Count a task's refused rows that nobody has dealt with."""
    return session.scalar(select(func.count()).select_from(CollectionProblem).where(
        CollectionProblem.task_id == task_id, CollectionProblem.state == "open")) or 0


def resting_on(session: Session, entry_ids: Sequence[uuid.UUID]) -> list[tuple[CollectionTask, uuid.UUID]]:
    """Return the tasks into tables of some data entries, with the entry."""
    return [(task, entry_id) for task, entry_id in session.execute(
        select(CollectionTask, CollectionTable.entry_id)
        .join(CollectionTable, CollectionTable.id == CollectionTask.table_id)
        .where(CollectionTable.entry_id.in_(entry_ids)).order_by(CollectionTask.code)
    ) if entry_id is not None]


def promised(session: Session) -> Sequence[CollectionTask]:
    """Return the active tasks that promise how fresh their data are."""
    return session.scalars(
        select(CollectionTask).where(CollectionTask.state == "active", CollectionTask.promise_hours.is_not(None))
        .order_by(CollectionTask.code)
    ).all()
