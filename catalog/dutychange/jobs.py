"""Scheduled work of duty changes: dates that waited for the calendar."""

from typing import Any

from catalog.dutychange.tasks import complete_due_dates
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


@job("catalog.duty_task.due", zh="推算待定的核实期限", en="Reckon open dates of duty tasks")
def due_dates(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Give a day to every open task that was 期限待定 and that the calendar now reaches."""
    return {"settled": ctx.database.run(complete_due_dates)}


schedule("catalog.duty_task.due", every_seconds=3600, missed="run_once")
