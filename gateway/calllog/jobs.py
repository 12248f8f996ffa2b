"""Shipping runs every ten seconds, on the host that holds the segments."""

from typing import Any

from gateway.calllog import ship
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


@job("gateway.calllog.ship", zh="归档接口调用日志", en="Ship call-log segments")
def ship_segments(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Ship what is closed or orphaned; running it twice ships nothing twice."""
    del params
    return dict(ship.ship_all(ctx.runtime))


schedule("gateway.calllog.ship", every_seconds=10, missed="skip")
