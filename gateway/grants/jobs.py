"""Scheduled work of grants."""

from functools import partial
from typing import Any

from gateway.grants import expiry
from kernel import clock
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


@job("gateway.grant.expire", zh="结束到期的接口授权并提前提醒", en="End grants that ran out, and say so ahead")
def expire(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Once a working day's morning: end what ran out, remind of what will."""
    return ctx.database.run(partial(expiry.sweep, now=clock.now()))


schedule("gateway.grant.expire", cron="0 8 * * *", missed="run_once")
