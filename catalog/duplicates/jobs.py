"""Comparing all entries, nightly and on request."""

from typing import Any

from catalog.duplicates import service
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule

COMPARE = "catalog.duplicate.compare"


@job(COMPARE, zh="比对疑似重复的数据目录", en="Compare entries for duplicates")
def compare(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Compare all entries and keep the likely pairs."""
    del params
    return {"pairs": service.refresh(ctx.database)}


schedule(COMPARE, cron="10 2 * * *", missed="run_once")
