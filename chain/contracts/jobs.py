"""The jobs of contracts and their approval kind, registered on import; each imports what it needs when it runs, since
every process loads this module and few deploy contracts."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from chain.contracts.rules import APPROVE, DEPLOY, REHEARSE, WRITE
from kernel.approvals.models import Approval
from kernel.approvals.registry import approval_kind
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job


def _agreed(session: Session, approval: Approval) -> None:
    from chain.contracts import deployments

    deployments.agreed(session, approval)


def _declined(session: Session, approval: Approval) -> None:
    from chain.contracts import deployments

    deployments.declined(session, approval)


approval_kind(
    DEPLOY, checker_permission=APPROVE, on_approved=_agreed, on_rejected=_declined, on_withdrawn=_declined,
    zh="合约部署", en="Deployment of a contract",
)


@job(REHEARSE, zh="合约试运行", en="Rehearse a contract", max_attempts=2)
def rehearse(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Rehearse a version in a limited child."""
    from chain.contracts import versions

    row = versions.rehearse(ctx.runtime, ctx.actor, uuid.UUID(params["version_id"]))
    return {"state": row.state, "digest": row.digest}


@job(DEPLOY, zh="部署合约", en="Deploy a contract", max_attempts=20)
def deploy(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Carry a deployment to its end; run again after a crash it goes on by its journal."""
    from chain.contracts import deploying

    return {"state": deploying.carry_out(ctx.runtime, ctx.actor, uuid.UUID(params["deployment_id"]))}


@job(WRITE, zh="调用合约", en="Call a contract", max_attempts=20)
def write(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Send one write and wait for it."""
    from chain.contracts import sending

    return {"state": sending.carry_out(ctx.runtime, uuid.UUID(params["call_id"]))}
