"""The housekeeping of the HTTP edge."""

from typing import Any

from kernel import clock
from kernel.http import idempotency
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule

_SLICE = 1000


@job("kernel.idempotency.prune", zh="清理重复提交的回执", en="Prune answers kept for repeated writes")
def prune(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Forget answers that are not replayed any more."""
    before, removed = clock.now() - idempotency.KEPT_FOR, 0
    while count := ctx.database.run(lambda session: idempotency.prune(session, before, _SLICE)):
        removed += count
        ctx.check_cancelled()
    return {"removed": removed}


schedule("kernel.idempotency.prune", cron="10 3 * * *", missed="run_once")
