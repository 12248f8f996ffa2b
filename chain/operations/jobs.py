"""The job of operations; it imports what it needs when it runs."""

import uuid
from typing import Any

from chain.operations.rules import JOB
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job


@job(JOB, zh="执行多人签名操作", en="Carry out an operation that persons signed", max_attempts=20)
def execute(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Send one operation and wait for it."""
    from chain.operations import carrying

    return {"state": carrying.carry_out(ctx.runtime, uuid.UUID(params["operation_id"]))}
