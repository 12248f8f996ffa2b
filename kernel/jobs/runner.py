"""Claiming jobs, keeping them alive, ending them. Each function is one short transaction."""

import dataclasses
import uuid
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Update, update
from sqlalchemy.orm import Session

from kernel import clock
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.jobs import queries, rules
from kernel.jobs.context import JobContext
from kernel.jobs.errors import CANCELLED, FAILED, LOST, WORKER_DIED
from kernel.jobs.models import Job, JobLog
from kernel.jobs.registry import kind_of
from kernel.jobs.rules import JobState
from kernel.leases import holder as holders
from kernel.runtime import Runtime

LEASE_SECONDS = 30
_log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True)
class Claim:
    """A job in this worker's hands."""

    job_id: uuid.UUID
    kind: str
    params: dict[str, Any]
    fence: int
    attempts: int
    max_attempts: int
    owner_id: uuid.UUID | None
    owner_name: str
    department_id: uuid.UUID | None


def claim(runtime: Runtime) -> Claim | None:
    """Take the job that has waited longest, or None. Two workers never get the same one."""
    with runtime.database.read() as session:
        if session.scalar(queries.due_job(clock.now())) is None:
            return None
    return runtime.database.run(_claim)


def _claim(session: Session) -> Claim | None:
    now = clock.now()
    # PostgreSQL skips rows that another worker is claiming; SQLite ignores the clause, its write lock is enough
    waiting = queries.due_job(now).with_for_update(skip_locked=True).scalar_subquery()
    row = session.execute(
        update(Job).where(Job.id == waiting, Job.state == JobState.QUEUED)
        .values(
            state=JobState.RUNNING, holder=holders.mine(), fence=Job.fence + 1, attempts=Job.attempts + 1,
            started_at=now, heartbeat_at=now, lease_until=now + timedelta(seconds=LEASE_SECONDS),
        )
        .returning(Job)
    ).scalar_one_or_none()
    if row is None:
        return None
    return Claim(
        row.id, row.kind, row.params, row.fence, row.attempts, row.max_attempts, row.owner_id, row.owner_name,
        row.department_id,
    )


def _mine(held: Claim) -> Update:
    return update(Job).where(
        Job.id == held.job_id, Job.fence == held.fence, Job.state == JobState.RUNNING
    )


def context_of(runtime: Runtime, held: Claim) -> JobContext:
    """The context of a claimed job; every commit through it asserts the job's fence and renews its lease."""

    def guard(session: Session) -> None:
        now = clock.now()
        touched = _mine(held).values(heartbeat_at=now, lease_until=now + timedelta(seconds=LEASE_SECONDS))
        if session.execute(touched.returning(Job.id)).first() is None:
            raise LOST(job=str(held.job_id))

    actor = dataclasses.replace(
        system_actor(held.kind), user_id=held.owner_id, name=held.owner_name, department_id=held.department_id
    )
    return JobContext(runtime, guard, name=held.kind, actor=actor, job_id=held.job_id)


def beat(runtime: Runtime, held: Claim, ctx: JobContext) -> None:
    """Renew the lease, write progress and log lines, learn of a cancel or of a take-over."""
    lines = ctx.drain_log()
    try:
        cancel = runtime.database.run(lambda session: _beat(session, held, ctx, lines))
    except MulianError:
        ctx.put_back(lines)
        raise
    if cancel is None:
        ctx.lost.set()
    elif cancel:
        ctx.cancelled.set()


def _beat(session: Session, held: Claim, ctx: JobContext, lines: list[tuple[Any, str, str]]) -> bool | None:
    now, progress = clock.now(), ctx.snapshot()
    cancel = session.execute(
        _mine(held).values(
            heartbeat_at=now, lease_until=now + timedelta(seconds=LEASE_SECONDS), done=progress.done,
            total=progress.total, percent=progress.percent, message=progress.message,
        ).returning(Job.cancel_requested)
    ).scalar_one_or_none()
    if cancel is not None:
        _write_log(session, held.job_id, lines)
    return cancel


def _write_log(session: Session, job_id: uuid.UUID, lines: list[tuple[Any, str, str]]) -> None:
    if lines:
        seq = queries.last_log_seq(session, job_id)
        session.add_all(
            JobLog(job_id=job_id, seq=seq + i, at=at, level=level, text=text)
            for i, (at, level, text) in enumerate(lines, 1)
        )


def execute(runtime: Runtime, held: Claim, ctx: JobContext) -> None:
    """Run the body and end the job. Errors of the body end in the row, never in the worker."""
    try:
        kind = kind_of(held.kind)
        result = kind.body(ctx, held.params)
    except MulianError as error:
        if error.kind is LOST:
            return
        if error.kind is CANCELLED:
            _end(runtime, held, ctx, JobState.CANCELLED, error=None, result=None)
            return
        _failed(runtime, held, ctx, error, permanent=error.status < 500)
    except Exception as error:
        _log.error("job.failed", job=str(held.job_id), kind=held.kind, exc_info=error)
        _failed(runtime, held, ctx, FAILED(reason=f"{type(error).__name__}: {error}"), permanent=False)
    else:
        _end(runtime, held, ctx, JobState.DONE, error=None, result=result or {})


def _failed(runtime: Runtime, held: Claim, ctx: JobContext, error: MulianError, *, permanent: bool) -> None:
    ctx.log(str(error), "error")
    state = rules.after_failure(held.attempts, held.max_attempts, permanent=permanent)
    _end(runtime, held, ctx, state, error=error, result=None)


def _end(
    runtime: Runtime, held: Claim, ctx: JobContext, state: JobState, *,
    error: MulianError | None, result: dict[str, Any] | None,
) -> None:
    """Write the end (or the return to the queue) under the fence; a lost job is left to its new holder."""
    lines, progress = ctx.drain_log(), ctx.snapshot()

    def unit(session: Session) -> None:
        now = clock.now()
        values: dict[str, Any] = {
            "state": state, "result": result, "error": as_json(error), "done": progress.done,
            "total": progress.total, "message": progress.message, "lease_until": None, "heartbeat_at": now,
            "percent": 100 if state is JobState.DONE else progress.percent,
        }
        if state.ended:
            values["finished_at"] = now
        else:
            values |= {"run_at": now + rules.retry_delay(held.attempts), "fence": Job.fence + 1}
        if session.execute(_mine(held).values(**values).returning(Job.id)).first() is None:
            return
        _write_log(session, held.job_id, lines)
        if state.ended:
            done = state is JobState.DONE
            queries.close_slot(session, held.job_id, state="done" if done else "failed",
                               error=None if done else str(error or state))

    runtime.database.run(unit)


def as_json(error: MulianError | None) -> dict[str, Any] | None:
    """An error as a job row keeps it: code, both texts, what to do."""
    if error is None:
        return None
    return {
        "code": error.code, "zh": error.text("zh"), "en": error.text("en"),
        "fix_zh": error.fix("zh"), "fix_en": error.fix("en"),
    }


def give_back(runtime: Runtime, held: Claim) -> None:
    """Return a running job to the queue at shutdown; what its body still writes is refused by the fence."""

    def unit(session: Session) -> None:
        session.execute(
            _mine(held).values(
                state=JobState.QUEUED, fence=Job.fence + 1, attempts=Job.attempts - 1, lease_until=None,
                run_at=clock.now(),
            )
        )

    runtime.database.run(unit)


def take_back_lost(runtime: Runtime) -> int:
    """Queue again what a dead worker held (lease over, or its process certainly gone); return how many.

    A job whose workers died ``max_attempts`` times is failed: it probably kills them.
    """
    with runtime.database.read() as session:
        if not any(_is_lost(row) for row in queries.running(session)):
            return 0

    def unit(session: Session) -> int:
        lost = [row for row in queries.running(session) if _is_lost(row)]
        for row in lost:
            _take_back(session, row)
        return len(lost)

    return runtime.database.run(unit)


def _is_lost(row: Job) -> bool:
    expired = row.lease_until is None or row.lease_until <= clock.now()
    return expired or holders.certainly_dead(row.holder or "")


def _take_back(session: Session, row: Job) -> None:
    now = clock.now()
    row.fence += 1
    row.lease_until = None
    if row.cancel_requested:
        row.state, row.finished_at = JobState.CANCELLED, now
    elif row.attempts >= row.max_attempts:
        row.state, row.finished_at = JobState.FAILED, now
        row.error = as_json(WORKER_DIED(attempts=row.attempts))
    else:
        row.state, row.run_at = JobState.QUEUED, now
    seq = queries.last_log_seq(session, row.id) + 1
    session.add(JobLog(job_id=row.id, seq=seq, at=now, level="warning", text="worker lost, job taken back"))
    if JobState(row.state).ended:
        queries.close_slot(session, row.id, state="failed", error=row.state)
