"""Work of trials: the call itself, and their end after seven days."""

import uuid
from functools import partial
from typing import Any

from gateway.trials import queries, service
from kernel import clock
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


@job(service.KIND, zh="联调调用", en="Trial call", max_attempts=1)
def make(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Make one queued call."""
    return {"status": service.make(ctx.runtime, uuid.UUID(params["trial"]))}


@job("gateway.trial.purge", zh="删除到期的联调记录", en="Delete trials after seven days")
def purge(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Delete what is over."""
    return {"deleted": ctx.database.run(partial(queries.purge, now=clock.now()))}


schedule("gateway.trial.purge", every_seconds=3600, missed="run_once")
