"""HTTP of transfers."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Response

from catalog.permissions import EDIT, READ, REVIEW
from catalog.transfers import document, queries, service
from catalog.transfers.models import NodeTransfer
from catalog.transfers.rules import LABELS, OPEN, effective
from catalog.transfers.schemas import (
    BlockedOut,
    DecideIn,
    DecisionOut,
    NodeOut,
    PreviewOut,
    ReasonIn,
    ReverseOut,
    SelectionIn,
    TransferIn,
    TransferNodeOut,
    TransferNodePage,
    TransferOut,
    TransferPage,
    plain,
)
from catalog.transfers.service import Selection
from kernel import clock
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.http import Actor_, Page_, Session_, download, needs, paginate, router
from kernel.identity.actor import Actor
from kernel.identity.names import Names, names_of
from kernel.text import Plain

api = router(prefix="/catalog/transfers", tags=["catalog"])
_SHOWN = 200


def _selection(body: SelectionIn) -> Selection:
    return Selection(body.nodes, body.everything, body.leave_out)


@api.post("/preview", **needs(EDIT))
def preview_transfer(session: Session_, actor: Actor_, body: SelectionIn) -> PreviewOut:
    """移交预览：移交哪些目录、哪些不能移交、影响到什么"""
    seen = service.preview(
        session, actor, giver_id=body.from_department_id, receiver_id=body.to_department_id,
        selection=_selection(body),
    )
    nodes = [
        NodeOut(children=seen.children.get(row["id"], 0), kind=kind,
                **{name: row[name] for name in ("id", "code", "name", "status", "version")})
        for kind, rows in seen.rows.items() for row in rows
    ]
    return PreviewOut(
        from_name=seen.giver.name, to_name=seen.receiver.name, total=seen.count, nodes=nodes[:_SHOWN],
        counts={kind: len(rows) for kind, rows in seen.rows.items()}, tables_added=seen.tables_added,
        blocked=[BlockedOut.model_validate(one) for one in seen.blocked[:_SHOWN]], blocked_total=len(seen.blocked),
        crossing=seen.crossing, demands=seen.demands, dependents=seen.dependents, offices=seen.offices,
    )


@api.post("", status_code=201, **needs(EDIT))
def propose_transfer(session: Session_, actor: Actor_, body: TransferIn) -> TransferOut:
    """提出移交"""
    row = service.propose(
        session, actor, giver_id=body.from_department_id, receiver_id=body.to_department_id,
        selection=_selection(body), reason=body.reason, basis=body.basis,
    )
    return _out(session, actor, [row])[0]


@api.get("", **needs(READ))
def list_transfers(
    session: Session_, actor: Actor_, page: Page_,
    state: Annotated[Plain | None, Query(max_length=20)] = None, department_id: uuid.UUID | None = None,
) -> TransferPage:
    """移交列表：本部门移出与接收的"""
    query = queries.listing(actor, state=state, department_id=department_id, now=clock.now())
    rows, total = paginate(session, query, page)
    return TransferPage(items=_out(session, actor, rows), total=total, page=page.number, size=page.size)


@api.get("/{transfer_id}", **needs(READ))
def get_transfer(session: Session_, actor: Actor_, transfer_id: uuid.UUID) -> TransferOut:
    """移交详情"""
    return _out(session, actor, [service.found(session, actor, transfer_id)])[0]


@api.get("/{transfer_id}/nodes", **needs(READ))
def list_transfer_nodes(
    session: Session_, actor: Actor_, transfer_id: uuid.UUID, page: Page_
) -> TransferNodePage:
    """移交清单"""
    row = service.found(session, actor, transfer_id)
    rows, total = paginate(session, queries.nodes(row.id), page)
    items = [TransferNodeOut(**plain(one, TransferNodeOut)) for one in rows]
    return TransferNodePage(items=items, total=total, page=page.number, size=page.size)


@api.get("/{transfer_id}/document", **needs(READ))
def transfer_document(
    session: Session_, actor: Actor_, transfer_id: uuid.UUID, format: Literal["docx", "xlsx", "pdf"] = "docx"
) -> Response:
    """下载移交清单"""
    row = service.found(session, actor, transfer_id)
    return download(document.handover(session, row, format), f"移交清单-{row.number}.{format}", format)


@api.post("/{transfer_id}/decision", **needs(REVIEW))
def decide_transfer(session: Session_, actor: Actor_, transfer_id: uuid.UUID, body: DecideIn) -> TransferOut:
    """审核移交：先移出部门，后接收部门"""
    row = service.decide(
        session, actor, transfer_id, approve=body.approve, opinion=body.opinion, digest=body.digest
    )
    return _out(session, actor, [row])[0]


@api.post("/{transfer_id}/withdrawal", **needs(EDIT))
def withdraw_transfer(session: Session_, actor: Actor_, transfer_id: uuid.UUID, body: ReasonIn) -> TransferOut:
    """撤回移交"""
    row = service.withdraw(session, actor, transfer_id, reason=body.reason)
    return _out(session, actor, [row])[0]


@api.post("/{transfer_id}/reverse", status_code=201, **needs(EDIT))
def reverse_transfer(session: Session_, actor: Actor_, transfer_id: uuid.UUID) -> ReverseOut:
    """退回移交：此后未变更的目录反向移交，仍须双方同意"""
    row, left = service.reverse(session, actor, transfer_id)
    return ReverseOut(transfer=_out(session, actor, [row])[0], left=left)


def _out(session: Session_, actor: Actor, rows: Sequence[NodeTransfer]) -> list[TransferOut]:
    held, now = queries.approvals(session, rows), clock.now()
    names = names_of(session, (*(row.created_by for row in rows), *(one.checker_id for one in held.values())))
    return [_one(actor, row, held, now, names) for row in rows]


def _one(
    actor: Actor, row: NodeTransfer, held: Mapping[uuid.UUID, Approval], now: datetime, names: Names
) -> TransferOut:
    waiting = held[service.current_approval_id(row)]
    state = effective(row.state, waiting.expires_at, now)
    receiving = held.get(row.receive_approval_id) if row.receive_approval_id else None
    shown = plain(row, TransferOut) | {"state": state, "created_name": names.of(row.created_by, row.created_name)}
    return TransferOut(
        **shown, state_zh=LABELS[state], giver=_decision(held[row.give_approval_id], names),
        receiver=_decision(receiving, names) if receiving is not None else None,
        actions=_actions(actor, row, state, held),
    )


def _actions(actor: Actor, row: NodeTransfer, state: str, held: Mapping[uuid.UUID, Approval]) -> list[str]:
    waiting, found = held[service.current_approval_id(row)], []
    decided = (row.created_by, held[row.give_approval_id].checker_id)
    if state in OPEN and approvals.may_decide(actor, waiting) and actor.user_id not in decided:
        found.append("decide")
    if row.state in OPEN and actor.user_id is not None and actor.user_id == row.created_by:
        found.append("withdraw")
    if state == "done" and actor.may(EDIT):
        found.append("reverse")
    return found


def _decision(approval: Approval, names: Names) -> DecisionOut:
    return DecisionOut(
        approval_id=approval.id, digest=approval.digest, state=approval.state,
        by=names.of(approval.checker_id, approval.checker_name) or None, at=approval.decided_at,
        opinion=approval.opinion, expires_at=approval.expires_at,
    )
