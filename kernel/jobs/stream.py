"""A job's progress as server-sent events."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from kernel.db import Database
from kernel.identity.names import names_of
from kernel.jobs.models import Job
from kernel.jobs.rules import JobState
from kernel.jobs.schemas import job_out

_POLL_SECONDS = 0.5
_BEAT_SECONDS = 15.0
_LONGEST_SECONDS = 600.0


async def events(database: Database, job_id: uuid.UUID) -> AsyncIterator[bytes]:
    """One ``progress`` event per change and an ``end`` event; a comment every 15 s keeps proxies awake.

    The stream ends after ten minutes in any case: the browser reconnects, with its rights checked anew.
    """
    deadline, last, beat = time.monotonic() + _LONGEST_SECONDS, b"", time.monotonic()
    while time.monotonic() < deadline:
        found = await run_in_threadpool(_read, database, job_id)
        if found is None:
            return
        state, data = found
        if data != last:
            last, beat = data, time.monotonic()
            yield b"event: progress\ndata: " + data + b"\n\n"
        if state.ended:
            yield b"event: end\ndata: {}\n\n"
            return
        if time.monotonic() - beat > _BEAT_SECONDS:
            beat = time.monotonic()
            yield b": waiting\n\n"
        await asyncio.sleep(_POLL_SECONDS)


def _read(database: Database, job_id: uuid.UUID) -> tuple[JobState, bytes] | None:
    with database.read() as session:
        row = session.get(Job, job_id)
        if row is None:
            return None
        shown = job_out(row, names_of(session, [row.owner_id]))
        return JobState(row.state), shown.model_dump_json().encode()
