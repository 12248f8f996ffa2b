"""The SELECTs of transfers."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from catalog.demands.models import Demand
from catalog.links.kinds import LINKS
from catalog.nodes.kinds import KINDS, NodeKind
from catalog.nodes.models import SystemTable
from catalog.nodes.queries import slices
from catalog.transfers.models import NodeTransfer, NodeTransferNode
from catalog.transfers.rules import OPEN
from kernel.approvals.models import Approval
from kernel.identity.actor import Actor
from kernel.identity.models import Department


def department(session: Session, department_id: uuid.UUID) -> Department | None:
    """A department, those that are gone among them."""
    return session.get(Department, department_id)


def visible(actor: Actor) -> ColumnElement[bool]:
    """Transfers of the actor's department, on either side."""
    if actor.kind == "system" or actor.scope == "all":
        return true()
    mine = actor.department_id
    return or_(NodeTransfer.from_department_id == mine, NodeTransfer.to_department_id == mine)


def transfer(session: Session, actor: Actor, transfer_id: uuid.UUID) -> NodeTransfer | None:
    """One transfer that the actor sees."""
    return session.scalar(select(NodeTransfer).where(NodeTransfer.id == transfer_id, visible(actor)))


def by_number(session: Session, actor: Actor, number: str) -> NodeTransfer | None:
    """One transfer that the actor sees."""
    return session.scalar(select(NodeTransfer).where(NodeTransfer.number == number, visible(actor)))


def listing(actor: Actor, *, state: str | None, department_id: uuid.UUID | None, now: datetime) -> Select[NodeTransfer]:
    """Transfers, newest first; the state ``expired`` is one of the clock."""
    query = select(NodeTransfer).where(visible(actor)).order_by(NodeTransfer.created_at.desc(), NodeTransfer.id.desc())
    if state:
        current = func.coalesce(NodeTransfer.receive_approval_id, NodeTransfer.give_approval_id)
        late = select(Approval.id).where(Approval.id == current, Approval.expires_at <= now).exists()
        if state == "expired":
            query = query.where(NodeTransfer.state.in_(OPEN), late)
        else:
            query = query.where(NodeTransfer.state == state, ~late if state in OPEN else true())
    if department_id:
        query = query.where(
            or_(NodeTransfer.from_department_id == department_id, NodeTransfer.to_department_id == department_id)
        )
    return query


def approvals(session: Session, transfers: Iterable[NodeTransfer]) -> dict[uuid.UUID, Approval]:
    """The approvals of transfers by id."""
    wanted = [one for row in transfers for one in (row.give_approval_id, row.receive_approval_id) if one is not None]
    return {row.id: row for row in session.scalars(select(Approval).where(Approval.id.in_(wanted)))}


def nodes(transfer_id: uuid.UUID) -> Select[NodeTransferNode]:
    """The list of a transfer, by level and code."""
    query = select(NodeTransferNode).where(NodeTransferNode.transfer_id == transfer_id)
    return query.order_by(NodeTransferNode.node_kind, NodeTransferNode.code, NodeTransferNode.node_id)


def ids_of_department(session: Session, kind: NodeKind, department_id: uuid.UUID) -> list[uuid.UUID]:
    """Every node of a department on one level that is not withdrawn."""
    model = kind.model
    query = select(model.id).where(model.department_id == department_id, model.status != "withdrawn")
    return list(session.scalars(query.order_by(model.code)))


def tables_of(session: Session, system_ids: Sequence[uuid.UUID], department_id: uuid.UUID) -> list[uuid.UUID]:
    """The giver's tables of systems: a table goes with its system."""
    model = KINDS["db_table"].model
    found: list[uuid.UUID] = []
    for some in slices(system_ids):
        query = select(model.id).join(SystemTable, SystemTable.table_id == model.id)
        query = query.where(
            SystemTable.system_id.in_(some), model.department_id == department_id, model.status != "withdrawn"
        )
        found.extend(session.scalars(query.order_by(model.code)))
    return found


def systems_of(session: Session, table_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Table → the system that it belongs to."""
    found: dict[uuid.UUID, uuid.UUID] = {}
    for some in slices(table_ids):
        query = select(SystemTable.table_id, SystemTable.system_id).where(SystemTable.table_id.in_(some))
        found.update(session.execute(query).tuples().all())
    return found


def child_counts(session: Session, kind: NodeKind, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Node id → how many items or columns it has."""
    if kind.child is None:
        return {}
    parent = getattr(kind.child.model, kind.child.parent)
    found: dict[uuid.UUID, int] = {}
    for some in slices(ids):
        query = select(parent, func.count()).where(parent.in_(some)).group_by(parent)
        found.update(session.execute(query).tuples().all())
    return found


def crossing(session: Session, by_kind: dict[str, list[uuid.UUID]], department_id: uuid.UUID) -> dict[str, int]:
    """Link kind → links between a node that goes and a node of the giver that stays."""
    found: dict[str, int] = {}
    for link in LINKS.values():
        if link.from_kind not in KINDS or link.to_kind not in KINDS:
            continue
        count = 0
        for near, far, near_kind, far_kind in (
            (link.from_column, link.to_column, link.from_kind, link.to_kind),
            (link.to_column, link.from_column, link.to_kind, link.from_kind),
        ):
            count += _crossing(session, link.model, near, far, KINDS[far_kind], by_kind, near_kind, department_id)
        if count:
            found[link.key] = count
    return found


def _crossing(
    session: Session, model: Any, near: str, far: str, far_kind: NodeKind, by_kind: dict[str, list[uuid.UUID]],
    near_kind: str, department_id: uuid.UUID,
) -> int:
    going, total = set(by_kind.get(far_kind.key, ())), 0
    for some in slices(by_kind.get(near_kind, [])):
        query = select(getattr(model, far)).join(far_kind.model, far_kind.model.id == getattr(model, far)).where(
            getattr(model, near).in_(some), far_kind.model.department_id == department_id,
        )
        total += sum(node_id not in going for node_id in session.scalars(query))
    return total


def undecided_demands(session: Session, entry_ids: Sequence[uuid.UUID]) -> list[Demand]:
    """Demands for these entries that the source department still decides."""
    found: list[Demand] = []
    for some in slices(entry_ids):
        query = select(Demand).where(Demand.entry_id.in_(some), and_(Demand.stage != ""))
        found.extend(session.scalars(query.order_by(Demand.number)))
    return found
