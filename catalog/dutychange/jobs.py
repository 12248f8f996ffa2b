"""Scheduled work of duty changes: those whose day has come, and dates that waited for the calendar."""

import uuid
from datetime import date
from typing import Any, Final

import structlog

from catalog.dutychange import queries, schedule
from catalog.dutychange.tasks import complete_due_dates
from kernel import clock
from kernel.db import Database
from kernel.errors import DATABASE_BUSY, DATABASE_DOWN, MulianError
from kernel.jobs.context import JobContext
from kernel.jobs.errors import LOST
from kernel.jobs.registry import job
from kernel.jobs.registry import schedule as every

EFFECT = "catalog.duty_change.effect"
_log = structlog.get_logger("catalog.dutychange")
_AGAIN: Final = (DATABASE_BUSY, DATABASE_DOWN, LOST)


def settle_all(database: Database) -> dict[str, int]:
    """Apply every scheduled change whose day has come, each in a unit of its own; look at the others in advance.

    What fails by a defect is logged and counted and does not stop the others; a busy database, or a job that is
    another's now, ends the round: the job runs again, and what was applied stays applied.
    """
    today = clock.business_day(clock.now())
    with database.read() as session:
        waiting = queries.scheduled(session)
    counts = {"applied": 0, "waiting": 0, "blocked": 0, "lapsed": 0, "failed": 0}
    for change_id in waiting:
        try:
            counts[_settle(database, change_id, today)] += 1
        except Exception as error:
            if isinstance(error, MulianError) and error.kind in _AGAIN:
                raise
            _log.error("duty_change.failed", change=str(change_id), exc_info=error)
            counts["failed"] += 1
    return counts


def _settle(database: Database, change_id: uuid.UUID, today: date) -> str:
    """What became of one change. Only a refusal says something about the change and blocks it."""
    try:
        return "applied" if database.run(lambda s: schedule.settle(s, change_id, today)) else "waiting"
    except MulianError as error:
        if error.status >= 500 or error.kind in _AGAIN:
            raise
        refusal = error
    state = database.run(lambda s: schedule.block(s, change_id, refusal, today))
    return "lapsed" if state == "lapsed" else "blocked"


@job(EFFECT, zh="到日生效的职责变更", en="Duty changes whose day has come")
def effect(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Once a day, soon after it begins; a change that was applied is not applied again."""
    counts = settle_all(ctx.database)
    if counts["failed"]:
        ctx.log(f"{counts['failed']} change(s) failed unexpectedly and are tried again tomorrow", "error")
    return counts


@job("catalog.duty_task.due", zh="推算待定的核实期限", en="Reckon open dates of duty tasks")
def due_dates(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Give a day to every open task that was 期限待定 and that the calendar now reaches."""
    return {"settled": ctx.database.run(complete_due_dates)}


every(EFFECT, cron="5 0 * * *", missed="run_once")
every("catalog.duty_task.due", every_seconds=3600, missed="run_once")
