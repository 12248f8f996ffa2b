"""Scheduled work of interfaces."""

from functools import partial
from typing import Any

from gateway.interfaces import announcing
from kernel import clock
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


@job("gateway.interface.carry_out", zh="执行到期的接口停用与换版", en="Carry out announced ends and revisions")
def carry_out(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Publish and retire what was announced for today."""
    today = clock.business_day(clock.now())
    return {"changed": ctx.database.run(partial(announcing.carry_out, today=today))}


schedule("gateway.interface.carry_out", every_seconds=300, missed="run_once")
