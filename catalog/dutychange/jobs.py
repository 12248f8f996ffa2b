"""Scheduled work of duty changes: those whose day has come, and dates that waited for the calendar."""

from typing import Any

from catalog.dutychange import queries, schedule
from catalog.dutychange.tasks import complete_due_dates
from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job
from kernel.jobs.registry import schedule as every

EFFECT = "catalog.duty_change.effect"


def settle_all(database: Database) -> dict[str, int]:
    """Apply every scheduled change whose day has come, each in a unit of its own; look at the others in advance."""
    today = clock.business_day(clock.now())
    with database.read() as session:
        waiting = queries.scheduled(session)
    counts = {"applied": 0, "waiting": 0, "blocked": 0, "lapsed": 0}
    for change_id in waiting:
        try:
            applied = database.run(lambda s: schedule.settle(s, change_id, today))  # noqa: B023 - called at once
            counts["applied" if applied else "waiting"] += 1
        except MulianError as error:
            failure = error
            state = database.run(lambda s: schedule.block(s, change_id, failure, today))  # noqa: B023 - called at once
            counts["lapsed" if state == "lapsed" else "blocked"] += 1
    return counts


@job(EFFECT, zh="到日生效的职责变更", en="Duty changes whose day has come")
def effect(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Once a day, soon after it begins; a change that was applied is not applied again."""
    return settle_all(ctx.database)


@job("catalog.duty_task.due", zh="推算待定的核实期限", en="Reckon open dates of duty tasks")
def due_dates(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Give a day to every open task that was 期限待定 and that the calendar now reaches."""
    return {"settled": ctx.database.run(complete_due_dates)}


every(EFFECT, cron="5 0 * * *", missed="run_once")
every("catalog.duty_task.due", every_seconds=3600, missed="run_once")
