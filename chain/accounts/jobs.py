"""The job of exchanges and their approval kind; each imports what it needs when it runs."""

from typing import Any

from sqlalchemy.orm import Session

from chain.accounts.rules import APPROVE, JOB, KIND
from kernel.approvals.models import Approval
from kernel.approvals.registry import approval_kind
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule


def _agreed(session: Session, approval: Approval) -> None:
    from chain.accounts import service

    service.agreed(session, approval)


def _declined(session: Session, approval: Approval) -> None:
    from chain.accounts import service

    service.declined(session, approval)


approval_kind(
    KIND, checker_permission=APPROVE, on_approved=_agreed, on_rejected=_declined, on_withdrawn=_declined,
    zh="更换链上账户密钥", en="Exchange of a ledger account's key", page="/chain/accounts",
)


@job(JOB, zh="更换链上账户密钥", en="Exchange keys of ledger accounts", max_attempts=20)
def rotate(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Carry on every exchange that was agreed to."""
    from chain.accounts import rotating

    return rotating.advance(ctx.runtime)


schedule(JOB, every_seconds=30, missed="skip")
