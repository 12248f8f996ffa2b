"""Scheduled work of snapshots."""

from typing import Any

from gateway.snapshot.releases import expire
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


@job("gateway.release.expire", zh="停止到期出域批准的接口", en="Withhold interfaces whose release ran out")
def expire_releases(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Write a new snapshot when a release ran out."""
    return {"changed": ctx.database.run(expire)}


schedule("gateway.release.expire", every_seconds=600, missed="run_once")
