"""The schedule that tells people of new matches of their saved searches."""

from typing import Any

from catalog.search import saved
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


@job("catalog.search.saved", zh="检查保存的检索", en="Check saved searches")
def check_saved(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Check every watched search, each in its own unit, so that one broken search holds up no other."""
    with ctx.database.read() as session:
        waiting = saved.watched(session)
    told = 0
    for done, saved_id in enumerate(waiting, start=1):
        ctx.check_cancelled()
        told += ctx.database.run(lambda session, one=saved_id: saved.check(session, one))  # type: ignore[misc]
        ctx.progress(done, len(waiting))
    return {"searches": len(waiting), "new": told}


schedule("catalog.search.saved", cron="20 * * * *", missed="run_once")
