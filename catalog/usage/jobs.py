"""Taking over the calls that the gateway logged."""

from datetime import timedelta
from typing import Any

from catalog.usage import service
from kernel import clock
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule

CALLS = "catalog.usage.calls"


@job(CALLS, zh="统计数据目录调用量", en="Count calls of entries")
def count_calls(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Count today and yesterday anew (``days`` of them where given); again gives the same."""
    last = clock.business_day(clock.now())
    first = last - timedelta(days=int(params.get("days", 2)) - 1)
    rows = ctx.database.run(lambda session: service.take_calls(session, first, last))
    return {"rows": rows, "first": first.isoformat(), "last": last.isoformat()}


# yesterday too, for calls that were shipped after midnight
schedule(CALLS, cron="*/15 * * * *", missed="run_once")
