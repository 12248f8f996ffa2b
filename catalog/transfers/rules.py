"""The state machine of a transfer and which nodes may be transferred, pure.

    giver_review ──approve──▶ receiver_review ──approve──▶ done
         │  └──withdraw──▶ withdrawn ◀──withdraw──┘ │
         └───────reject──▶ rejected ◀──reject───────┘
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from catalog.review.rules import STATUS_LABELS
from catalog.transfers.errors import STATE, TWO_PERSONS
from kernel.canonical import dumps
from kernel.digest import sm3_hex

TRANSITIONS: Final[dict[tuple[str, str], str]] = {
    ("giver_review", "approve"): "receiver_review",
    ("receiver_review", "approve"): "done",
    ("giver_review", "reject"): "rejected",
    ("receiver_review", "reject"): "rejected",
    ("giver_review", "withdraw"): "withdrawn",
    ("receiver_review", "withdraw"): "withdrawn",
}
OPEN: Final = ("giver_review", "receiver_review")
LABELS: Final = {
    "giver_review": "待移出部门审核", "receiver_review": "待接收部门审核", "done": "已移交", "rejected": "不同意",
    "withdrawn": "已撤回", "expired": "已过期",
}
ACTIONS: Final = {"approve": "审核", "reject": "审核", "withdraw": "撤回", "reverse": "退回移交"}
MOVABLE: Final = ("draft", "pub_rejected", "published")
"""A node with an open change, under review or withdrawn is not moved: what is open must be decided first."""
LIMIT: Final = 20_000


def next_state(number: str, state: str, action: str) -> str:
    """The state after ``action``; raises ``catalog.transfer.state``."""
    after = TRANSITIONS.get((state, action))
    if after is None:
        raise STATE(number=number, state=LABELS[state], action=ACTIONS[action])
    return after


def check_second(person: uuid.UUID | None, *, maker: uuid.UUID | None, giver: uuid.UUID | None) -> None:
    """Raise ``catalog.transfer.two_persons`` unless the receiver's consent comes from a third person."""
    if person is None or person in (maker, giver):
        raise TWO_PERSONS()


def effective(state: str, expires_at: datetime | None, now: datetime) -> str:
    """The state as readers see it: an open transfer whose approval is past its time is ``expired``."""
    return "expired" if state in OPEN and expires_at is not None and expires_at <= now else state


def blocked(status: str, in_department: bool, held: str | None) -> tuple[str, str] | None:
    """Why a node cannot be transferred, Chinese and English, or None."""
    if not in_department:
        return "不属于移出部门", "not the giver's"
    if status not in MOVABLE:
        return f"当前为「{STATUS_LABELS.get(status, status)}」", f"is {status}"
    if held is not None:
        return f"已在{held}中", f"is in {held}"
    return None


def nodes_digest(nodes: Iterable[tuple[str, uuid.UUID, int, int]]) -> str:
    """SM3 hex over (kind, id, version, revision) of every node, in the order of ids."""
    ordered = sorted([kind, str(node_id), version, revision] for kind, node_id, version, revision in nodes)
    return sm3_hex(dumps(ordered))
