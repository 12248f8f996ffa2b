"""Every SELECT of jobs."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from kernel import clock
from kernel.identity.actor import Actor
from kernel.jobs.models import Job, JobLog, JobSlot
from kernel.jobs.rules import JobState


def visible_jobs(
    actor: Actor, *, mine: bool, may_read: bool, kind: str | None = None, state: str | None = None
) -> Select[Job]:
    """Jobs that the actor sees, newest first: own ones, and with ``may_read`` those of the departments in scope."""
    own = Job.owner_id == actor.user_id
    statement = select(Job)
    if mine or not may_read:
        statement = statement.where(own)
    elif actor.scope != "all":
        statement = statement.where(or_(own, Job.department_id == actor.department_id))
    if kind:
        statement = statement.where(Job.kind == kind)
    if state:
        statement = statement.where(Job.state == state)
    return statement.order_by(Job.created_at.desc(), Job.id.desc())


def log_lines(session: Session, job_id: uuid.UUID, *, after: int, limit: int) -> Sequence[JobLog]:
    """Log lines with ``seq > after``."""
    statement = select(JobLog).where(JobLog.job_id == job_id, JobLog.seq > after)
    return session.scalars(statement.order_by(JobLog.seq).limit(limit)).all()


def last_log_seq(session: Session, job_id: uuid.UUID) -> int:
    """Number of the last log line, 0 for none."""
    return session.scalar(select(func.max(JobLog.seq)).where(JobLog.job_id == job_id)) or 0


def due_job(now: datetime) -> Select[uuid.UUID]:
    """Id of the job that has waited longest."""
    return (
        select(Job.id).where(Job.state == JobState.QUEUED, Job.run_at <= now)
        .order_by(Job.run_at, Job.id).limit(1)
    )


def running(session: Session) -> Sequence[Job]:
    """Jobs that some worker holds."""
    return session.scalars(select(Job).where(Job.state == JobState.RUNNING)).all()


def unfinished(session: Session, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of some jobs that wait or run."""
    waiting = Job.state.in_((JobState.QUEUED, JobState.RUNNING))
    return set(session.scalars(select(Job.id).where(Job.id.in_(ids), waiting)))


def unfinished_of(session: Session, kind: str) -> Sequence[Job]:
    """Jobs of a kind that wait or run."""
    waiting = Job.state.in_((JobState.QUEUED, JobState.RUNNING))
    return session.scalars(select(Job).where(Job.kind == kind, waiting)).all()


def newest_slot(session: Session, kind: str) -> datetime | None:
    """The newest slot of a kind in the ledger, whatever became of it."""
    return session.scalar(select(func.max(JobSlot.slot)).where(JobSlot.kind == kind))


def claimed_slots(session: Session, fence: int) -> Sequence[JobSlot]:
    """Inline slots claimed up to this fence and not completed."""
    return session.scalars(
        select(JobSlot)
        .where(JobSlot.state == "claimed", JobSlot.job_id.is_(None), JobSlot.fence <= fence)
        .order_by(JobSlot.slot)
    ).all()


def close_slot(session: Session, job_id: uuid.UUID, *, state: str, error: str | None = None) -> None:
    """Complete the slot of a job row, once."""
    session.execute(
        update(JobSlot).where(JobSlot.job_id == job_id, JobSlot.state == "claimed")
        .values(state=state, completed_at=clock.now(), error=error)
    )


def delete_slots(session: Session, kind: str, up_to: datetime) -> int:
    """Delete ended slots of a kind up to an instant; returns how many."""
    ended = delete(JobSlot).where(JobSlot.kind == kind, JobSlot.slot <= up_to, JobSlot.state != "claimed")
    return len(session.execute(ended.returning(JobSlot.slot)).all())


def delete_ended(session: Session, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` jobs that ended before an instant, with their logs; returns how many."""
    ended = select(Job.id).where(Job.state.in_([s for s in JobState if s.ended]), Job.finished_at < before)
    gone = delete(Job).where(Job.id.in_(ended.limit(limit))).returning(Job.id)
    return len(session.execute(gone).all())
