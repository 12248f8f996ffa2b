"""The job of a file of values, the deletion of files after a day, the approval of an epoch; registered on import."""

import uuid
from typing import Any

from crypto.identifiers import batches, epochs
from crypto.permissions import APPROVE
from kernel.approvals.registry import approval_kind
from kernel.errors import MulianError
from kernel.jobs.context import JobContext
from kernel.jobs.errors import LOST
from kernel.jobs.registry import job, schedule

approval_kind(epochs.KIND, checker_permission=APPROVE, on_approved=epochs.begin,
              zh="更换标识密钥", en="Begin an epoch of identifiers")


@job(batches.JOB, zh="批量签发标识", en="Issue identifiers for a file", max_attempts=50)
def issue_batch(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Issue a batch to its end; run again after a crash it goes on where it stood."""
    def observe(done: int, total: int) -> None:
        ctx.check_cancelled()
        ctx.progress(done, total, f"已签发 {done}/{total}")

    batch_id = uuid.UUID(params["batch_id"])
    try:
        batch = batches.run(
            ctx.runtime, batch_id, column=params["column"], header=params["header"], observe=observe,
        )
    except MulianError as error:
        if error.status < 500 and error.kind is not LOST:  # cancelled, or a file that will never do
            batches.fail(ctx.runtime, batch_id)
        raise
    return {"rows": batch.total, "created": batch.created, "refused": batch.refused}


@job(epochs.JOB, zh="启用新一代标识密钥", en="Begin an epoch of identifiers", max_attempts=50)
def replace_epoch(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Begin the epoch after that of a compromised key; run again it changes nothing."""
    return {"epoch": ctx.database.run(lambda session: epochs.replace(session, ctx.actor, key_id=params["key_id"]))}


@job("crypto.identifier.sweep", zh="删除到期的标识文件", en="Delete expired files of identifiers")
def sweep(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Delete what is older than a day."""
    return {"removed": batches.sweep(ctx.runtime)}


schedule("crypto.identifier.sweep", cron="17 * * * *", missed="run_once")
