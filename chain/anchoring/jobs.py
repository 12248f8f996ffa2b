"""What runs by itself: heads of the audit trail become leaves, and what waits is anchored."""

from typing import TYPE_CHECKING, Any

from chain.anchoring import audit_feed, batching
from kernel.jobs.registry import job, schedule

if TYPE_CHECKING:
    from kernel.jobs.context import JobContext

FLUSH = "chain.anchor.flush"
AUDIT = "chain.anchor.audit"


@job(FLUSH, zh="存证上链", en="Anchor what waits")
def flush(ctx: "JobContext", params: dict[str, Any]) -> dict[str, Any]:
    """Anchor what waits. A missed slot is skipped: the next one takes all that waits."""
    return batching.flush(ctx.runtime, wait_seconds=float(params.get("wait_seconds", 20))).as_dict()


@job(AUDIT, zh="审计链头上链", en="Anchor heads of the audit trail")
def feed_audit(ctx: "JobContext", params: dict[str, Any]) -> dict[str, Any]:
    """Append a leaf for the lines that were sealed since the last one."""
    del params
    return {"leaves": audit_feed.feed(ctx.runtime)}


schedule(FLUSH, every_seconds=2, missed="skip")
schedule(AUDIT, every_seconds=600, missed="skip")
