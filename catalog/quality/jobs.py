"""Keeping quality current: what changed every half minute, everything before the day ends, and on request."""

import uuid
from typing import Any

from catalog.quality import service
from kernel import clock
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule

REFRESH = "catalog.quality.refresh"
FOLLOW = "catalog.quality.follow"
DAY = "catalog.quality.day"


@job(REFRESH, zh="计算目录质量", en="Compute catalog quality")
def refresh(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Compute the departments asked for, or all."""
    given = params.get("departments")
    only = None if given is None else [uuid.UUID(one) for one in given]
    return {"departments": service.refresh(ctx.database, only=only, force=True, progress=ctx.progress)}


@job(FOLLOW, zh="更新目录质量", en="Bring catalog quality up to date")
def follow(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Compute the departments in which something changed."""
    del params
    return {"departments": service.refresh(ctx.database)}


@job(DAY, zh="记录当日目录质量", en="Keep the day's catalog quality")
def keep_day(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Compute everything once, whatever the marks say, and keep the figures under the slot's day."""
    at = clock.parse(params["slot"]) if "slot" in params else clock.now()
    computed = service.refresh(ctx.database, force=True, progress=ctx.progress)
    day = clock.business_day(at).isoformat()
    rows = ctx.database.run(lambda session: service.keep_day(session, day))
    return {"departments": computed, "rows": rows, "day": day}


schedule(FOLLOW, every_seconds=30, missed="skip")
# before midnight, so that the figures are of the day that they are kept under
schedule(DAY, cron="50 23 * * *", missed="run_once")
