"""The SELECTs of holds: nodes of open transfers and open duty changes."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from catalog.dutychange.models import DutyChange, DutyChangeDuty
from catalog.nodes.queries import slices
from catalog.transfers.models import NodeTransfer, NodeTransferNode
from catalog.transfers.rules import OPEN
from kernel.approvals.models import Approval
from kernel.approvals.rules import ApprovalState


def held(session: Session, node_ids: Sequence[uuid.UUID], now: datetime) -> dict[uuid.UUID, str]:
    """Node id → the open act that holds it, as officers name it. An act past its time holds nothing; a duty change
    that waits for its day holds its duties.
    """
    found: dict[uuid.UUID, str] = {}
    live = (Approval.state == ApprovalState.PENDING, Approval.expires_at > now)
    transfers = (
        select(NodeTransferNode.node_id, NodeTransfer.number)
        .join(NodeTransfer, NodeTransfer.id == NodeTransferNode.transfer_id)
        .join(Approval, Approval.id.in_((NodeTransfer.give_approval_id, NodeTransfer.receive_approval_id)))
        .where(NodeTransfer.state.in_(OPEN), *live)
    )
    changes = (
        select(DutyChangeDuty.duty_id, DutyChange.number)
        .join(DutyChange, DutyChange.id == DutyChangeDuty.change_id)
        .join(Approval, Approval.id == DutyChange.approval_id)
        .where(or_(and_(DutyChange.state == "review", *live), DutyChange.state == "scheduled"))
    )
    for some in slices(node_ids):
        rows = session.execute(transfers.where(NodeTransferNode.node_id.in_(some))).tuples()
        found.update((node_id, f"移交 {number}") for node_id, number in rows)
        rows = session.execute(changes.where(DutyChangeDuty.duty_id.in_(some))).tuples()
        found.update((node_id, f"职责变更 {number}") for node_id, number in rows)
    return found
