"""Kinds of approvals: who may decide and what follows from consent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from kernel.approvals.errors import KIND_UNKNOWN
from kernel.approvals.models import Approval

Callback = Callable[[Session, Approval], None]
_kinds: dict[str, "ApprovalKind"] = {}


@dataclass(frozen=True)
class ApprovalKind:
    """``valid_for`` runs from the proposal: undecided or unused past it, the approval is dead.

    ``page``: the console's path, with ``{id}`` for the object's, where the whole matter is shown and decided.
    """

    key: str
    checker_permission: str
    zh: str
    en: str
    on_approved: Callback | None
    on_rejected: Callback | None
    valid_for: timedelta
    on_withdrawn: Callback | None = None
    page: str = ""


def approval_kind(
    key: str,
    *,
    checker_permission: str,
    on_approved: Callback | None = None,
    on_rejected: Callback | None = None,
    zh: str = "",
    en: str = "",
    valid_for: timedelta = timedelta(days=7),
    on_withdrawn: Callback | None = None,
    page: str = "",
) -> None:
    """Register a kind. Callbacks ``fn(session, approval)`` run in the transaction of the decision (or of the maker's
    withdrawal): if one fails, the decision did not happen.
    """
    _kinds[key] = ApprovalKind(
        key, checker_permission, zh or key, en or key, on_approved, on_rejected, valid_for, on_withdrawn, page
    )


def kind_of(key: str) -> ApprovalKind:
    """The registered kind, or ``kernel.approval.kind_unknown``."""
    kind = _kinds.get(key)
    if kind is None:
        raise KIND_UNKNOWN(kind=key)
    return kind


def kinds() -> dict[str, ApprovalKind]:
    """All registered kinds by key."""
    return dict(_kinds)
