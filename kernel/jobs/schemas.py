"""What jobs and the outbox send and take on the wire."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from kernel.http.wire import Title, Wire
from kernel.identity.names import Names
from kernel.jobs import registry
from kernel.jobs.models import Job
from kernel.jobs.rules import STATE_TITLES, JobState


class JobError(Wire):
    """Why a job failed and what to do."""

    code: str
    zh: str
    en: str
    fix_zh: str
    fix_en: str


class JobOut(Wire):
    """A job. ``percent`` is 0–100; ``done`` of ``total`` (0: not known yet)."""

    id: uuid.UUID
    kind: Annotated[str, Field(examples=["catalog.import.apply"])]
    title: Title
    state: JobState
    state_title: Title
    percent: int
    done: int
    total: int
    message: str
    cancel_requested: bool
    attempts: int
    result: dict[str, Any] | None
    error: JobError | None
    department_id: uuid.UUID | None
    owner_name: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobPage(Wire):
    items: list[JobOut]
    total: int
    page: int
    size: int


class LogLine(Wire):
    """A log line; ask for later ones with ``after`` = the last ``seq``."""

    seq: int
    at: datetime
    level: str
    text: str


class LogLines(Wire):
    items: list[LogLine]


class MessageOut(Wire):
    """An outbox message without its payload, which may name people."""

    id: uuid.UUID
    topic: str
    key: str | None
    state: str
    attempts: int
    next_at: datetime
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


class MessagePage(Wire):
    items: list[MessageOut]
    total: int
    page: int
    size: int


class Discard(Wire):
    reason: Annotated[str, Field(min_length=1, max_length=500)]


def job_out(row: Job, names: Names) -> JobOut:
    """The wire form of a row; a kind of another version of the program is shown by its key."""
    kind = registry.kinds().get(row.kind)
    state = JobState(row.state)
    return JobOut(
        id=row.id, kind=row.kind, title=Title(zh=kind.zh, en=kind.en) if kind else Title(zh=row.kind, en=row.kind),
        state=state, state_title=Title(zh=STATE_TITLES[state][0], en=STATE_TITLES[state][1]), percent=row.percent,
        done=row.done, total=row.total, message=row.message, cancel_requested=row.cancel_requested,
        attempts=row.attempts, result=row.result, error=JobError(**row.error) if row.error else None,
        department_id=row.department_id, owner_name=names.of(row.owner_id, row.owner_name),
        created_at=row.created_at, started_at=row.started_at, finished_at=row.finished_at,
    )
