"""Use cases on runs: queue one, cancel it, end it, undo a full load."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from gateway.collection import errors, queries, sources, tasks
from gateway.collection.models import CollectionRun, CollectionTask
from gateway.permissions import COLLECT_RUN
from kernel import clock, ids
from kernel.errors import MulianError
from kernel.files import service as files
from kernel.identity.actor import Actor
from kernel.jobs import queries as job_queries
from kernel.jobs import service as jobs
from kernel.jobs.errors import FINISHED

RUN = "gateway.collection.run"


def run_now(session: Session, actor: Actor, *, task_id: uuid.UUID) -> CollectionRun:
    """Queue a run; raise 403, 404, ``gateway.collection.running``, ``gateway.collection.file_needed``."""
    task = tasks.owned(session, actor, task_id, COLLECT_RUN)
    if task.kind == "file":
        raise errors.FILE_NEEDED()
    return queue(session, actor, task, "manual")


def run_file(session: Session, actor: Actor, *, task_id: uuid.UUID, name: str, data: bytes) -> CollectionRun:
    """Keep an uploaded file sealed and queue a run over it; raise also ``kernel.file.*``."""
    task = tasks.owned(session, actor, task_id, COLLECT_RUN)
    if task.kind != "file":
        raise errors.STATE(code=task.code, state=task.kind)
    kept = files.attach(
        session, actor, object_type=sources.FILES, object_id=str(task.id), name=name, data=data, sensitive=True)
    return queue(session, actor, task, "file", file_id=kept.id)


def queue(
    session: Session, actor: Actor, task: CollectionTask, cause: str, *, file_id: uuid.UUID | None = None,
) -> CollectionRun:
    """Write a run and its job; a task has one run at a time."""
    _free(session, task)
    now = clock.now()
    audit_id = tasks.note(session, actor, task, "queue", cause=cause, run=task.last_run + 1)
    task.last_run += 1
    row = CollectionRun(
        id=ids.new(), task_id=task.id, number=task.last_run, cause=cause, mode=task.mode, state="queued", load=0,
        position=None, chunks=0, rows=0, good=0, bad=0, total=None, error=None, job_id=None, file_id=file_id,
        started_by=actor.name, created_at=now, started_at=None, finished_at=None, audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    _enqueue(session, actor, task, row)
    return row


def resume(session: Session, actor: Actor, *, run_id: uuid.UUID) -> CollectionRun:
    """Go on with a failed run where it stands; only the task's last one, whose rows are still there."""
    row = queries.run(session, run_id)
    task = tasks.owned(session, actor, row.task_id, COLLECT_RUN)
    _free(session, task)
    if row.state != "failed" or row.number != task.last_run or row.mode != task.mode:
        raise errors.STATE(code=task.code, state=row.state)
    row.state, row.error, row.finished_at = "queued" if row.load == 0 else "running", None, None
    row.audit_id = tasks.note(session, actor, task, "resume", run=row.number)
    _enqueue(session, actor, task, row)
    return row


def _enqueue(session: Session, actor: Actor, task: CollectionTask, row: CollectionRun) -> None:
    row.job_id = jobs.enqueue(session, actor, RUN, {"run_id": str(row.id)}, task.department_id).id
    session.flush([row])


def _free(session: Session, task: CollectionTask) -> None:
    """Raise ``gateway.collection.running`` while a run is under way; one whose job has given up has failed."""
    row = queries.open_run(session, task.id)
    if row is None:
        return
    if row.job_id is not None and job_queries.unfinished(session, [row.job_id]):
        raise errors.RUNNING(code=task.code)
    fail(session, row.id, {"code": "kernel.job.failed", "zh": "任务已中止", "en": "The job has given up"})
    session.flush([row])


def queue_due(session: Session, actor: Actor) -> int:
    """Queue the runs whose time has come and set their next time; one that is still under way is not queued again."""
    now, queued = clock.now(), 0
    for task in queries.due(session, now):
        try:
            task.next_at = tasks.next_time(session, task, now)
        except MulianError:  # a year without a calendar: ask again tomorrow rather than guess
            task.next_at = now + timedelta(days=1)
            continue
        try:
            queue(session, actor, task, "schedule")
            queued += 1
        except MulianError as error:
            if error.kind is not errors.RUNNING:
                raise
    return queued


def cancel(session: Session, actor: Actor, *, run_id: uuid.UUID) -> CollectionRun:
    """Stop a run: what it has stored by cursor stays, an unfinished full load is never seen."""
    row = queries.run(session, run_id)
    task = tasks.owned(session, actor, row.task_id, COLLECT_RUN)
    if row.state not in queries.OPEN:
        raise errors.STATE(code=task.code, state=row.state)
    row.state, row.finished_at = "cancelled", clock.now()
    row.audit_id = tasks.note(session, actor, task, "cancel", run=row.number)
    if row.job_id is not None:
        try:
            jobs.cancel(session, actor, job_id=row.job_id)
        except MulianError as error:
            if error.kind is not FINISHED and error.status != 404:
                raise
    return row


def fail(session: Session, run_id: uuid.UUID, error: dict[str, Any]) -> None:
    """Write that a run ended without success."""
    row = queries.run(session, run_id)
    if row.state in queries.OPEN:
        row.state, row.error, row.finished_at = "failed", error, clock.now()


def undo(session: Session, actor: Actor, *, task_id: uuid.UUID) -> CollectionRun:
    """Show again what was there before the last full load; its rows are deleted by the next run.

    Raises ``gateway.collection.nothing_to_undo``, ``gateway.collection.running``.
    """
    task = tasks.owned(session, actor, task_id, COLLECT_RUN)
    _free(session, task)
    table, last = queries.table(session, task.table_id), queries.last_run(session, task.id)
    if table.previous_load is None or last is None or last.state != "succeeded" or last.mode != "full":
        raise errors.NOTHING_TO_UNDO()
    table.live_load, table.previous_load = table.previous_load, None
    last.state = "undone"
    last.audit_id = tasks.note(session, actor, task, "undo", run=last.number)
    return last
