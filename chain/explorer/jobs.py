"""Exports in the background, and forgetting old ones."""

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chain.explorer import exporting
from chain.explorer.schemas import ExportIn
from kernel.jobs.registry import job, schedule

if TYPE_CHECKING:
    from kernel.jobs.context import JobContext

FORGET = "chain.export.forget"


@job(exporting.JOB, zh="导出区块链列表", en="Export a list of the chain")
def make(ctx: "JobContext", params: dict[str, Any]) -> dict[str, Any]:
    """Write the file with the reach of whoever asked: a job's own actor would see every department."""
    assert ctx.job_id is not None
    department = uuid.UUID(params["department"]) if params["department"] else None
    actor = replace(
        ctx.actor, kind="user", scope=params["scope"], department_id=department,
        permissions=frozenset({"chain.explorer.read"}),
    )

    def progress(done: int) -> None:
        ctx.check_cancelled()
        ctx.progress(done, 0)

    with ctx.database.read() as session:
        return exporting.make(
            session, ctx.runtime.home, ctx.job_id, ExportIn.model_validate(params["wish"]), actor, progress
        )


@job(FORGET, zh="清理过期的区块链导出文件", en="Remove old exports of the chain")
def forget(ctx: "JobContext", params: dict[str, Any]) -> dict[str, Any]:
    """Remove files older than seven days."""
    return {"files": exporting.forget(ctx.runtime.home)}


schedule(FORGET, cron="50 3 * * *", missed="run_once")
