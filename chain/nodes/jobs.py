"""Looking, voting and setting lists by the clock; the approval kind of votes."""

from typing import Any

from chain.nodes import lists, sampling, votes
from kernel.approvals.registry import approval_kind
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule

approval_kind(
    votes.KIND, checker_permission=votes.APPROVE, on_approved=votes.start, zh="增减验证节点", en="Add or remove a validator",
    page="/chain/nodes",
)


@job("chain.node.sample", zh="采集区块链节点健康", en="Sample chain nodes")
def sample(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Look at every node once."""
    readings = sampling.sample(ctx.runtime)
    return {"nodes": len(readings), "states": sorted({reading.state for reading in readings.values()})}


@job(votes.JOB, zh="投出验证节点表决", en="Cast votes on validators")
def cast(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Bring open votes forward."""
    return votes.advance(ctx.runtime)


@job("chain.node.lists", zh="核对节点准入名单", en="Compare allow-lists of nodes")
def reconcile(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Compare and set the lists of every managed node."""
    outcomes = lists.reconcile(ctx.runtime)
    return {"nodes": len(outcomes), "drift": sum(len(item.drift) for item in outcomes)}


# a minute that passed cannot be looked at any more
schedule("chain.node.sample", every_seconds=sampling.POLL_SECONDS, missed="skip")
schedule(votes.JOB, every_seconds=15, missed="skip")
schedule("chain.node.lists", every_seconds=60, missed="skip")
