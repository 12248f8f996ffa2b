"""The task centre and the outbox's dead letters over HTTP."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import StreamingResponse

from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.identity.names import names_of
from kernel.jobs import queries, service, stream
from kernel.jobs.models import Job
from kernel.jobs.rules import JobState
from kernel.jobs.schemas import Discard, JobOut, JobPage, LogLine, LogLines, MessageOut, MessagePage, job_out
from kernel.outbox import queries as outbox_queries
from kernel.outbox import service as outbox
from kernel.runtime import runtime_of

api = router(prefix="/jobs", tags=["jobs"])


@api.get("", **needs(None))
def list_jobs(
    session: Session_, actor: Actor_, page: Page_, scope: Literal["mine", "department"] = "mine",
    kind: Annotated[str | None, Query(max_length=80)] = None, state: JobState | None = None,
) -> JobPage:
    """List one's own jobs, or with ``kernel.job.read`` those of the departments in scope."""
    found = queries.visible_jobs(
        actor, mine=scope == "mine", may_read=actor.may(service.READ), kind=kind, state=state
    )
    rows, total = paginate(session, found, page)
    return JobPage(items=_out(session, rows), total=total, page=page.number, size=page.size)


def _out(session: Session_, rows: Sequence[Job]) -> list[JobOut]:
    names = names_of(session, (row.owner_id for row in rows))
    return [job_out(row, names) for row in rows]


@api.get("/outbox", **needs("kernel.outbox.read"))
def list_messages(
    session: Session_, page: Page_, state: Literal["pending", "done", "dead", "discarded"] | None = None,
    topic: Annotated[str | None, Query(max_length=80)] = None,
) -> MessagePage:
    """List outbox messages; ``state=dead`` are those that need a person."""
    rows, total = paginate(session, outbox_queries.messages(state, topic), page)
    items = [MessageOut.model_validate(row) for row in rows]
    return MessagePage(items=items, total=total, page=page.number, size=page.size)


@api.post("/outbox/{message_id}/retry", **needs("kernel.outbox.manage"))
def retry_message(session: Session_, actor: Actor_, message_id: uuid.UUID) -> MessageOut:
    """Deliver a dead letter again."""
    return MessageOut.model_validate(outbox.retry(session, actor, message_id=message_id))


@api.post("/outbox/{message_id}/discard", **needs("kernel.outbox.manage"))
def discard_message(session: Session_, actor: Actor_, message_id: uuid.UUID, body: Discard) -> MessageOut:
    """Give a dead letter up, with a reason."""
    return MessageOut.model_validate(outbox.discard(session, actor, message_id=message_id, reason=body.reason))


@api.get("/{job_id}", **needs(None))
def get_job(session: Session_, actor: Actor_, job_id: uuid.UUID) -> JobOut:
    """Read a job; polling this is the fallback of the event stream."""
    return _out(session, [service.get(session, actor, job_id=job_id)])[0]


@api.get("/{job_id}/log", **needs(None))
def get_log(
    session: Session_, actor: Actor_, job_id: uuid.UUID, after: Annotated[int, Query(ge=0)] = 0
) -> LogLines:
    """Read up to 500 log lines after a number."""
    service.get(session, actor, job_id=job_id)
    lines = queries.log_lines(session, job_id, after=after, limit=500)
    return LogLines(items=[LogLine.model_validate(line) for line in lines])


@api.post("/{job_id}/cancel", **needs(None))
def cancel_job(session: Session_, actor: Actor_, job_id: uuid.UUID) -> JobOut:
    """Cancel a job; a running one stops at its next check."""
    return _out(session, [service.cancel(session, actor, job_id=job_id)])[0]


@api.get("/{job_id}/events", response_class=StreamingResponse, **needs(None))
def job_events(session: Session_, actor: Actor_, job_id: uuid.UUID) -> StreamingResponse:
    """Stream a job's progress as server-sent events until it ends; each event carries the job as JSON."""
    service.get(session, actor, job_id=job_id)
    events = stream.events(runtime_of(session).database, job_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
