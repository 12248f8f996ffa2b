"""The job of destruction and its approval kind, registered on import."""

from typing import Any

from crypto.destruction import service
from crypto.destruction.rules import APPROVAL_KIND, JOB
from crypto.permissions import APPROVE
from kernel.approvals.registry import approval_kind
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job

approval_kind(
    APPROVAL_KIND, checker_permission=APPROVE, on_approved=service.begin,
    zh="销毁部门主密钥", en="Destroy a KEK",
)


@job(JOB, zh="销毁部门主密钥", en="Destroy a KEK", max_attempts=50)
def destroy(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Remove the provider's object, then write the certificate."""
    return service.carry_out(ctx.runtime, ctx.actor, params)
