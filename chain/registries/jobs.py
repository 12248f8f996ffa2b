"""What runs by itself: records are carried out."""

from typing import Any

from chain.registries.rules import JOB
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


@job(JOB, zh="写入登记合约", en="Write to registries on the chain")
def flush(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Carry out what waits. A missed slot is skipped: the next one takes all that waits."""
    from chain.registries import writing

    done = writing.flush(ctx.runtime)
    return {"final": done.final, "waiting": done.waiting}


schedule(JOB, every_seconds=15, missed="skip")
