"""Sampling by the clock."""

from typing import Any

from chain.nodes import service
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


@job("chain.node.sample", zh="采集区块链节点健康", en="Sample chain nodes")
def sample(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Look at the platform's node once."""
    reading = service.sample(ctx.runtime)
    return {"state": reading.state, "height": reading.height}


# a minute that passed cannot be looked at any more
schedule("chain.node.sample", every_seconds=30, missed="skip")
