"""What collection registers on import: its jobs, who reads its files, what rests on entries, freshness as targets."""

import traceback
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from catalog.dependents.port import dependent_source
from crypto.errors import SEALED
from gateway.collection import engine, entries, freshness, queries, runs, sources, store
from gateway.collection.contract import Checker
from gateway.collection.errors import RUN_FAILED, STATE, WRITE_FAILED
from gateway.permissions import COLLECT_REVEAL, COLLECT_RUN
from kernel.errors import DATABASE_BUSY, DATABASE_DOWN, MulianError
from kernel.files.registry import Verb, attachable
from kernel.home import LOCKED
from kernel.identity.actor import Actor, require, system_actor
from kernel.jobs.context import JobContext
from kernel.jobs.errors import CANCELLED, LOST
from kernel.jobs.registry import job, schedule
from kernel.runtime import Runtime
from kernel.watch.registry import callable_probe, target_source

_PASSING = (LOST, CANCELLED, DATABASE_BUSY, DATABASE_DOWN, SEALED, STATE, LOCKED)


@job(runs.RUN, zh="数据汇聚", en="Collect data", max_attempts=20)
def run(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Carry a run to its end; run again after a crash it goes on at its last chunk."""
    run_id = uuid.UUID(params["run_id"])

    def observe(done: int, total: int) -> None:
        ctx.check_cancelled()
        ctx.progress(done, total, "汇聚")

    with ctx.database.read() as session:
        state = queries.run(session, run_id).state
    return dict(here(ctx.runtime, run_id, observe)) if state in queries.OPEN else {"state": state}


def here(runtime: Runtime, run_id: uuid.UUID, observe: engine.Observe) -> dict[str, int]:
    """Carry a run to its end in this process, or write why it has failed.

    Raises ``gateway.collection.run_failed``, ``kernel.home.locked`` while another process has it in hand.
    """
    with runtime.database.read() as session:
        task_id = queries.run(session, run_id).task_id
    try:
        with runtime.home.lock(f"collection-{task_id.hex}"):
            return carry(runtime, run_id, observe)
    except MulianError as error:
        if error.kind in _PASSING:
            raise  # the run stays as it is: the job goes on with it later
        texts = {"code": error.code, "zh": error.text("zh"), "en": error.text("en")}
        runtime.database.run(lambda session: runs.fail(session, run_id, texts))
        raise RUN_FAILED(reason_zh=texts["zh"], reason_en=texts["en"]) from error


def carry(runtime: Runtime, run_id: uuid.UUID, observe: engine.Observe) -> dict[str, int]:
    """Open what a run needs and carry it to its end, in this process."""
    with runtime.database.read() as session:
        row = queries.run(session, run_id)
        task = queries.task(session, row.task_id)
        if row.state not in queries.OPEN:
            raise STATE(code=task.code, state=row.state)
        place = store.place_of(session, queries.table(session, task.table_id))
        source = sources.opened(session, task, row)
    try:
        return engine.run(engine.Work(
            runtime.database, task.id, run_id, row.mode, task.bad_limit, place, Checker(place.columns, task.mapping),
            source, observe,
        ))
    except MulianError:
        raise
    except Exception as error:  # the text of any other error may quote a row, and would end in job and log
        raise WRITE_FAILED(reason=_where(error)) from None
    finally:
        source.close()


def _where(error: Exception) -> str:
    """Return an error's class and the place of our code that it came from."""
    name = type(getattr(error, "orig", None) or error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/gateway/" in frame.filename]
    return f"{name} ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else name


@job("gateway.collection.due", zh="查看到期的汇聚任务", en="Look for collection tasks that are due")
def look(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Queue the runs whose time has come."""
    del params
    return {"queued": ctx.database.run(lambda session: runs.queue_due(session, system_actor("collection")))}


def _rights(session: Session, actor: Actor, object_id: str, verb: Verb) -> uuid.UUID | None:
    """Rights to the uploaded files of a task: to read one is to see rows in clear."""
    task = queries.task(session, uuid.UUID(object_id))
    require(actor, COLLECT_RUN if verb == "write" else COLLECT_REVEAL, department_id=task.department_id)
    return task.department_id


schedule("gateway.collection.due", every_seconds=30, missed="skip")
attachable(sources.FILES, _rights, sensitive=True)
dependent_source("collection", "汇聚任务", entries.resting_on)
target_source("gateway.collection", freshness.targets)
callable_probe("gateway.collection", freshness.probe)
