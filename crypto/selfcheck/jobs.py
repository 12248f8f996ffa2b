"""The scan as queued work, with samples of the installation's own values."""

from typing import Any

from crypto.selfcheck import report, service
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job

JOB = "crypto.selfcheck.scan"
PER_SCOPE = 20


@job(JOB, zh="明文扫描", en="Scan for clear text")
def run_scan(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Look for values of this installation in its files and columns; the result is on the record."""
    with ctx.runtime.database.read() as session:
        values = service.samples(session, PER_SCOPE)

    def progress(done: int, total: int, place: str) -> None:
        ctx.check_cancelled()
        ctx.progress(done, total, place)

    found = service.scan(ctx.runtime, values, progress)
    ctx.database.run(lambda session: report.note_scan(session, ctx.actor, found))
    return {"canaries": found["canaries"], "files": found["files"], "hits": len(found["hits"])}
