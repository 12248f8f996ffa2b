"""Asking runs by itself: witnesses soon after a batch is final, a time stamp authority now and then."""

from typing import Any

from chain.witness import asking, stamping
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule

ASK, STAMP = "chain.witness.ask", "chain.witness.stamp"


@job(ASK, zh="请见证方联合签名", en="Ask witnesses to sign checkpoints")
def ask(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Ask every witness about what it has not signed; running it twice changes nothing."""
    del params
    return asking.ask_all(ctx.runtime)


@job(STAMP, zh="请时间戳机构签发时间戳", en="Have checkpoints stamped with the time")
def stamp(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Have the newest checkpoints stamped, where an authority is configured; running it twice changes nothing."""
    del params
    return stamping.stamp_all(ctx.runtime)


schedule(ASK, every_seconds=20, missed="skip")
schedule(STAMP, every_seconds=600, missed="skip")
