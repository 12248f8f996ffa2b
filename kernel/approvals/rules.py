"""Pure decisions about approvals."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from kernel.approvals.errors import (
    EXPIRED,
    MISMATCH,
    NOT_A_PERSON,
    NOT_APPROVED,
    NOT_PENDING,
    OPINION_REQUIRED,
    SAME_PERSON,
    USED,
)
from kernel.canonical import dumps
from kernel.digest import sm3_hex


class ApprovalState(StrEnum):
    """pending → approved | rejected | withdrawn; approved → used. Expiry is a matter of the clock, not a state."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    USED = "used"


STATE_TITLES: dict[ApprovalState, tuple[str, str]] = {
    ApprovalState.PENDING: ("待审批", "Pending"),
    ApprovalState.APPROVED: ("已同意", "Approved"),
    ApprovalState.REJECTED: ("不同意", "Rejected"),
    ApprovalState.WITHDRAWN: ("已撤回", "Withdrawn"),
    ApprovalState.USED: ("已执行", "Used"),
}


def digest(kind: str, params: dict[str, Any]) -> str:
    """``sm3:1:<hex>`` over the canonical form of kind and parameters; raises ValueError for a float."""
    return "sm3:1:" + sm3_hex(dumps({"v": 1, "kind": kind, "params": params}))


def check_decision(
    *, state: ApprovalState, expires_at: datetime, now: datetime, maker: uuid.UUID | None,
    checker: uuid.UUID | None, approve: bool, opinion: str,
) -> None:
    """Raise unless ``checker`` may decide now. Identity is per person, so a second role does not help."""
    if checker is None:
        raise NOT_A_PERSON()
    if maker == checker:
        raise SAME_PERSON()
    if state is not ApprovalState.PENDING:
        raise NOT_PENDING(state=STATE_TITLES[state][0])
    if now >= expires_at:
        raise EXPIRED()
    if not approve and not opinion.strip():
        raise OPINION_REQUIRED()


def check_use(
    *, state: ApprovalState, expires_at: datetime, now: datetime, approved_digest: str, used_digest: str
) -> None:
    """Raise unless the approval opens exactly this operation now, for the first time."""
    if approved_digest != used_digest:
        raise MISMATCH()
    if state is ApprovalState.USED:
        raise USED()
    if state is not ApprovalState.APPROVED:
        raise NOT_APPROVED(state=STATE_TITLES[state][0])
    if now >= expires_at:
        raise EXPIRED()
