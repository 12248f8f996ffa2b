"""Asking runs by itself, soon after a batch is final."""

from typing import Any

from chain.witness import asking
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule

ASK = "chain.witness.ask"


@job(ASK, zh="请见证方联合签名", en="Ask witnesses to sign checkpoints")
def ask(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Ask every witness about what it has not signed; running it twice changes nothing."""
    del params
    return asking.ask_all(ctx.runtime)


schedule(ASK, every_seconds=20, missed="skip")
