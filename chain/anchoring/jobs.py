"""The flush that runs by itself."""

from typing import TYPE_CHECKING, Any

from chain.anchoring import batching
from kernel.jobs.registry import job, schedule

if TYPE_CHECKING:
    from kernel.jobs.context import JobContext

FLUSH = "chain.anchor.flush"


@job(FLUSH, zh="存证上链", en="Anchor what waits")
def flush(ctx: "JobContext", params: dict[str, Any]) -> dict[str, Any]:
    """Anchor what waits. A missed slot is skipped: the next one takes all that waits."""
    return batching.flush(ctx.runtime, wait_seconds=float(params.get("wait_seconds", 20))).as_dict()


schedule(FLUSH, every_seconds=2, missed="skip")
