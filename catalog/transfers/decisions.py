"""What follows from the two sides' decisions. Everything runs in the transaction of the decision."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from catalog.events import EntryPublished, PublishedVersion
from catalog.nodes import queries as node_queries
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.nodes.service import document
from catalog.nodes.versions import Publication, publish
from catalog.permissions import EDIT, READ, REVIEW
from catalog.search import service as search
from catalog.transfers import queries, service
from catalog.transfers.errors import STALE
from catalog.transfers.models import NodeTransfer, NodeTransferNode
from catalog.transfers.rules import MOVABLE, check_second, next_state, nodes_digest
from kernel import clock, events
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.approvals.registry import approval_kind
from kernel.identity.actor import Actor

VALID_FOR = timedelta(days=30)


def _row(session: Session, approval: Approval) -> NodeTransfer:
    return session.get_one(NodeTransfer, uuid.UUID(approval.object_id or ""), populate_existing=True)


def given(session: Session, approval: Approval) -> None:
    """The giver consents: the receiver is asked, in the name of the proposer."""
    row, actor = _row(session, approval), approvals.decider(approval, (READ, REVIEW))
    row.state = next_state(row.number, row.state, "approve")
    approvals.consume(session, actor, approval.id, kind=service.GIVE, params=service.params_of(row))
    maker = Actor(user_id=row.created_by, name=row.created_name)
    row.receive_approval_id = service.ask(session, maker, row, service.RECEIVE).id
    row.audit_id = service.note(session, actor, row, "give")
    session.flush()


def received(session: Session, approval: Approval) -> None:
    """The receiver consents: every node moves, or ``catalog.transfer.stale`` and nothing happens."""
    row, actor = _row(session, approval), approvals.decider(approval, (READ, EDIT, REVIEW), scope="all")
    giver = session.get_one(Approval, row.give_approval_id)
    check_second(approval.checker_id, maker=row.created_by, giver=giver.checker_id)
    row.state = next_state(row.number, row.state, "approve")
    approvals.consume(session, actor, approval.id, kind=service.RECEIVE, params=service.params_of(row))
    row.audit_id, row.closed_at = service.note(session, actor, row, "receive"), clock.now()
    session.flush()
    _move(session, actor, row)


def rejected(session: Session, approval: Approval) -> None:
    """Either side refuses; its opinion is the reason."""
    _close(session, approval, "reject", approvals.decider(approval, (READ, REVIEW)), approval.opinion)


def withdrawn(session: Session, approval: Approval) -> None:
    """The proposer takes it back."""
    _close(session, approval, "withdraw", Actor(user_id=approval.maker_id, name=approval.maker_name), "")


def _close(session: Session, approval: Approval, action: str, actor: Actor, reason: str) -> None:
    row = _row(session, approval)
    row.state = next_state(row.number, row.state, action)
    row.closed_at, row.closed_reason = clock.now(), reason or None
    row.audit_id = service.note(session, actor, row, action, reason=reason)
    session.flush()


def _move(session: Session, actor: Actor, row: NodeTransfer) -> None:
    listed = list(session.scalars(queries.nodes(row.id)))
    held = {key: _held(session, key, listed) for key in KINDS}
    _require_fresh(row, listed, held)
    entries = [one.node_id for one in listed if one.node_kind == "data_entry"]
    versions: list[PublishedVersion] = []
    for key, rows in held.items():
        if rows:
            versions += _move_kind(session, actor, row, KINDS[key], list(rows.values()))
    if versions:
        events.publish(session, EntryPublished(tuple(versions), row.audit_id))
    # an open demand is decided by whoever has the data now
    for demand in queries.undecided_demands(session, entries):
        if demand.provider_id == row.from_department_id:
            demand.provider_id = row.to_department_id
    session.flush()


def _held(session: Session, key: str, listed: Sequence[NodeTransferNode]) -> dict[uuid.UUID, dict[str, Any]]:
    return node_queries.rows(session, KINDS[key], [one.node_id for one in listed if one.node_kind == key])


def _require_fresh(
    row: NodeTransfer, listed: Sequence[NodeTransferNode], held: dict[str, dict[uuid.UUID, dict[str, Any]]]
) -> None:
    stale = [one.code for one in listed if not _fresh(row, one, held[one.node_kind].get(one.node_id))]
    digest = nodes_digest((one.node_kind, one.node_id, one.version, one.revision) for one in listed)
    if stale or digest != row.nodes_sm3:
        raise STALE(count=len(stale), codes="、".join(stale[:5]) or row.number)


def _fresh(row: NodeTransfer, one: NodeTransferNode, now: dict[str, Any] | None) -> bool:
    return (
        now is not None and now["department_id"] == row.from_department_id and now["status"] in MOVABLE
        and (now["version"], now["revision"]) == (one.version, one.revision)
    )


def _move_kind(
    session: Session, actor: Actor, row: NodeTransfer, kind: NodeKind, rows: Sequence[dict[str, Any]]
) -> list[PublishedVersion]:
    for one in rows:
        one["department_id"] = row.to_department_id
    moved = [{"id": one["id"], "department_id": row.to_department_id, "audit_id": row.audit_id} for one in rows]
    session.execute(update(kind.model), moved)
    drafts = [{"id": one["id"], "revision": one["revision"] + 1} for one in rows if one["status"] != "published"]
    if drafts:
        session.execute(update(kind.model), drafts)
    published = [one for one in rows if one["status"] == "published"]
    children = node_queries.children(session, kind, [one["id"] for one in published])
    versions = publish(session, actor, kind.key, [
        Publication(one, children.get(one["id"], []), "transfer", row.created_by) for one in published
    ], row.audit_id)
    search.index(session, [document(kind.key, one) for one in rows])
    session.execute(update(NodeTransferNode), [
        {
            "transfer_id": row.id, "node_id": one["id"], "moved_revision": one["revision"] + 1,
            "moved_version": one["version"] + (one["status"] == "published"),
        }
        for one in rows
    ])
    return versions


_PAGE = "/catalog/transfers?transfer={id}"
approval_kind(
    service.GIVE, checker_permission=REVIEW, zh="目录移交：移出部门同意", en="Transfer: the giver's consent",
    on_approved=given, on_rejected=rejected, on_withdrawn=withdrawn, valid_for=VALID_FOR, page=_PAGE,
)
approval_kind(
    service.RECEIVE, checker_permission=REVIEW, zh="目录移交：接收部门同意", en="Transfer: the receiver's consent",
    on_approved=received, on_rejected=rejected, on_withdrawn=withdrawn, valid_for=VALID_FOR, page=_PAGE,
)
