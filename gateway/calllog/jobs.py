"""Shipping runs every ten seconds, on the host that holds the segments."""

from typing import Any

from gateway.calllog import pruning, ship
from kernel import clock
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


@job("gateway.calllog.ship", zh="归档接口调用日志", en="Ship call-log segments")
def ship_segments(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Ship what is closed or orphaned; running it twice ships nothing twice."""
    del params
    return dict(ship.ship_all(ctx.runtime))


@job("gateway.calllog.usage", zh="登记数据使用量", en="Write the use of data to the chain")
def collect_usage(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Write the hour's segments down for the chain's log of use."""
    from gateway.calllog import onchain

    return {"periods": onchain.collect(ctx.runtime)}


@job("gateway.calllog.prune_test", zh="删除测试环境的旧调用日志", en="Delete old calls of the test environment")
def prune_test(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Delete the test environment's segments after seven days."""
    del params
    return {"deleted": pruning.prune(ctx.runtime.home, clock.now())}


schedule("gateway.calllog.prune_test", every_seconds=86_400, missed="run_once")
schedule("gateway.calllog.ship", every_seconds=10, missed="skip")
schedule("gateway.calllog.usage", cron="5 * * * *", missed="skip")
