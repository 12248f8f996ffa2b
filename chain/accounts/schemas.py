"""What the accounts page and commands take and show. No schema has a place for a key."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from chain.accounts.models import AccountRotation
from chain.accounts.rights import KINDS, Right
from chain.accounts.rules import STATES, may_undo
from kernel.http.wire import Title, Wire
from kernel.text import Plain

Purpose = Annotated[str, Field(min_length=1, max_length=60, examples=["deployer", "anchor.catalog"])]


class MoveOut(Wire):
    """A right that persons have to move, and the call that does."""

    kind: str
    kind_title: Title
    contract: str
    environment: str
    address: str
    detail: str
    data: str


class AccountChangeOut(Wire):
    """One exchange of an account's key."""

    id: uuid.UUID
    purpose: str
    old_address: str
    new_address: str
    reason: str
    state: str
    state_title: Title
    problem: str
    waiting: list[MoveOut]
    may_undo: bool
    approval_id: uuid.UUID | None
    created_by: str
    created_at: datetime
    switched_at: datetime | None
    finished_at: datetime | None


class RotationPage(Wire):
    """A page of exchanges."""

    items: list[AccountChangeOut]
    total: int
    page: int
    size: int


class LedgerAccountOut(Wire):
    """One account; ``roles`` may write with it through the platform, each as ``role: method``."""

    purpose: str
    address: str
    since: datetime
    roles: list[str]
    rotation: AccountChangeOut | None


class AccountList(Wire):
    """Every account of the platform."""

    items: list[LedgerAccountOut]


class AccountRightOut(Wire):
    """What an account may do on the chain."""

    kind: str
    kind_title: Title
    contract: str
    environment: str
    address: str
    detail: str


class RightList(Wire):
    """Rights of one account, as the chain has them now."""

    items: list[AccountRightOut]


class RotationIn(Wire):
    """Which account gets a new key, and why."""

    purpose: Purpose
    reason: Annotated[Plain, Field(min_length=2, max_length=500)]


def rotation_out(row: AccountRotation) -> AccountChangeOut:
    """Return an exchange for output."""
    names = (
        "id", "purpose", "old_address", "new_address", "reason", "state", "problem", "approval_id", "created_by",
        "created_at", "switched_at", "finished_at",
    )
    return AccountChangeOut.model_validate({
        **{name: getattr(row, name) for name in names}, "state_title": _title(STATES[row.state]),
        "waiting": [one | {"kind_title": _title(KINDS[one["kind"]])} for one in row.waiting],
        "may_undo": may_undo(row.state),
    })


def right_out(right: Right) -> AccountRightOut:
    """Return a right for output."""
    place = right.place
    return AccountRightOut(
        kind=right.kind, kind_title=_title(KINDS[right.kind]), contract=place.name, environment=place.environment,
        address=place.address, detail=right.detail,
    )


def _title(words: tuple[str, str]) -> Title:
    return Title(zh=words[0], en=words[1])
