"""The jobs' own housekeeping."""

from datetime import timedelta
from typing import Any

from kernel import clock
from kernel.jobs import scheduler
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule

KEEP_SLOTS = timedelta(days=2)


@job("kernel.job.prune", zh="清理定时任务台账", en="Prune the slot ledger")
def prune(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Forget completed slots after two days: a slot every 2 s is 43,200 rows a day."""
    removed = ctx.database.run(lambda session: scheduler.prune(session, clock.now() - KEEP_SLOTS))
    return {"removed": removed}


schedule("kernel.job.prune", cron="20 3 * * *", missed="run_once")
