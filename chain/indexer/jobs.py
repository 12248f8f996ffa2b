"""The follower by the clock, and the daily look for gaps."""

from typing import TYPE_CHECKING, Any

from chain.indexer import check, follow
from kernel.jobs.registry import job, schedule

if TYPE_CHECKING:
    from kernel.jobs.context import JobContext

FOLLOW, CHECK = "chain.index.follow", "chain.index.check"


@job(FOLLOW, zh="更新链索引", en="Index the chain")
def index(ctx: "JobContext", params: dict[str, Any]) -> dict[str, Any]:
    """Bring the tables up to the head. A missed slot is skipped: the next one reads all that is new."""
    return follow.follow(ctx.runtime, seconds=float(params.get("seconds", 20))).as_dict()


@job(CHECK, zh="检查链索引", en="Check the index of the chain")
def look(ctx: "JobContext", params: dict[str, Any]) -> dict[str, Any]:
    """Look for gaps and torn links; what lies above the first one is read again."""
    return check.mend(ctx.runtime)


schedule(FOLLOW, every_seconds=2, missed="skip")
schedule(CHECK, cron="40 3 * * *", missed="run_once")
