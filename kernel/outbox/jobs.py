"""The outbox' own housekeeping."""

from datetime import timedelta
from typing import Any

from kernel import clock
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule
from kernel.outbox import queries

KEEP_DELIVERED = timedelta(days=14)
_SLICE = 5000


@job("kernel.outbox.prune", zh="清理已送达的消息", en="Prune delivered messages")
def prune(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Forget delivered and discarded messages after two weeks; pending and dead ones stay until someone acts."""
    before, removed = clock.now() - KEEP_DELIVERED, 0
    while count := ctx.database.run(lambda session: queries.delete_finished(session, before, _SLICE)):
        removed += count
        ctx.check_cancelled()
    return {"removed": removed}


schedule("kernel.outbox.prune", cron="30 3 * * *", missed="run_once")
