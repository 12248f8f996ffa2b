"""Use cases on jobs: queue, cancel, read."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor
from kernel.jobs import queries
from kernel.jobs.errors import FINISHED
from kernel.jobs.models import Job
from kernel.jobs.registry import kind_of
from kernel.jobs.rules import JobState

READ = "kernel.job.read"
MANAGE = "kernel.job.manage"


def enqueue(
    session: Session,
    actor: Actor,
    kind: str,
    params: dict[str, Any],
    department_id: uuid.UUID | None = None,
    *,
    run_at: datetime | None = None,
) -> Job:
    """Queue a job in the caller's transaction: it exists exactly when its cause is committed.

    The caller has checked the actor's right to what the job does. ``department_id`` decides who else sees it.
    Raises ``kernel.job.kind_unknown``.
    """
    registered = kind_of(kind)
    now = clock.now()
    row = Job(
        id=ids.new(), kind=kind, params=params, state=JobState.QUEUED, max_attempts=registered.max_attempts,
        run_at=run_at or now, department_id=department_id, owner_id=actor.user_id, owner_name=actor.name,
        created_at=now, percent=0, done=0, total=0, message="", cancel_requested=False, attempts=0, fence=0,
    )
    session.add(row)
    session.flush([row])
    return row


def visible(actor: Actor, row: Job) -> bool:
    """One's own jobs always; others' with ``kernel.job.read`` within the actor's departments."""
    if actor.user_id is not None and row.owner_id == actor.user_id:
        return True
    return actor.may(READ) and actor.sees(row.department_id)


def get(session: Session, actor: Actor, *, job_id: uuid.UUID) -> Job:
    """The job, or 404 where it is not the actor's to see."""
    row = session.get(Job, job_id)
    if row is None or not visible(actor, row):
        raise NOT_FOUND()
    return row


def cancel(session: Session, actor: Actor, *, job_id: uuid.UUID) -> Job:
    """Cancel a queued job at once, or ask a running one to stop at its next check.

    The owner may, and whoever holds ``kernel.job.manage``; others get 404. Raises ``kernel.job.finished``.
    """
    row = get(session, actor, job_id=job_id)
    if row.owner_id != actor.user_id and not actor.may(MANAGE):
        raise NOT_FOUND()
    if JobState(row.state).ended:
        raise FINISHED()
    row.cancel_requested = True
    if row.state == JobState.QUEUED:
        row.state, row.finished_at = JobState.CANCELLED, clock.now()
        queries.close_slot(session, row.id, state="failed", error="cancelled")
    record(
        session, actor, action="kernel.job.cancel", object_type="job", object_id=str(row.id),
        detail={"kind": row.kind}, department_id=row.department_id,
    )
    return row
