"""The job that builds a report."""

import uuid
from typing import Any

from analytics.reports.service import JOB
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job


@job(JOB, zh="生成分析报告", en="Build an analysis report")
def build_report(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Build the run named in ``params``; running again after a crash starts the same run anew."""

    # matplotlib and duckdb take seconds to import: only the process that builds a report pays for them
    from analytics.reports.runner import execute

    def progress(done: int, total: int, message: str) -> None:
        ctx.check_cancelled()
        ctx.progress(done, total, message)

    return execute(ctx.runtime, ctx.actor, uuid.UUID(params["run_id"]), progress)
