"""The jobs' own housekeeping."""

from datetime import timedelta
from typing import Any

from kernel import clock
from kernel.jobs import queries, scheduler
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule

KEEP_SLOTS = timedelta(days=2)
KEEP_JOBS = timedelta(days=180)
_SLICE = 1000


@job("kernel.job.prune", zh="清理任务台账", en="Prune the job ledgers")
def prune(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Forget completed slots after two days (a slot every 2 s is 43,200 rows a day), ended jobs after half a year."""
    slots = ctx.database.run(lambda session: scheduler.prune(session, clock.now() - KEEP_SLOTS))
    before, removed = clock.now() - KEEP_JOBS, 0
    while count := ctx.database.run(lambda session: queries.delete_ended(session, before, _SLICE)):
        removed += count
        ctx.check_cancelled()
    return {"slots": slots, "jobs": removed}


schedule("kernel.job.prune", cron="20 3 * * *", missed="run_once")
