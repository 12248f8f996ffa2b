"""Scheduled work of review: dates that waited for the calendar."""

from typing import Any

from catalog.review.stages import complete_due_dates
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


@job("catalog.review.due", zh="推算待定的审核期限", en="Reckon open review dates")
def due_dates(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Give a day to every open stage that was 期限待定 and that the calendar now reaches."""
    return {"settled": ctx.database.run(complete_due_dates)}


schedule("catalog.review.due", every_seconds=3600, missed="run_once")
