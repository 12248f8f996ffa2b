"""Lists, details and creation of duties, systems and tables."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.entries.queries import department_name
from catalog.entries.service import as_dict, open_reasons, stone
from catalog.links import service as links
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS
from catalog.permissions import EDIT
from catalog.registry.schemas import NodeDetail
from catalog.review import queries as reviews
from catalog.review.rules import Situation, available
from catalog.search import queries as search
from catalog.search.rules import parse
from kernel.identity.actor import Actor
from kernel.identity.models import Department
from kernel.identity.names import names_of


def listed(
    session: Session, actor: Actor, kind_key: str, *,
    q: str | None, department_id: uuid.UUID | None, status: str | None, limit: int, offset: int,
) -> tuple[list[dict[str, Any]], int]:
    """Nodes of a kind by code, and how many there are; ``q`` as in the search of entries."""
    model = KINDS[kind_key].model
    where = [nodes.visible(actor, model)]
    if department_id:
        where.append(model.department_id == department_id)
    if status:
        where.append(model.status == status)
    if q:
        where.append(model.id.in_(search.matching(session, parse(q), q)))
    total = session.scalar(select(func.count()).select_from(model).where(*where)) or 0
    query = select(model, Department.name).join(Department, Department.id == model.department_id).where(*where)
    rows = session.execute(query.order_by(model.code, model.id).limit(limit).offset(offset))
    return [{**as_dict(node), "department": name} for node, name in rows], total


def detail(session: Session, actor: Actor, kind_key: str, node: Any) -> NodeDetail:
    """Everything of a node."""
    case = reviews.open_case(session, node.id)
    inside = actor.sees(node.department_id)
    change = nodes.change(session, node.id) if inside else None
    situation = Situation(
        node.code, node.status, case.submitted_by if case else None, opened=bool(case and case.opened_at)
    )
    return NodeDetail(
        node=as_dict(node), department=department_name(session, node.department_id),
        children=nodes.children(session, KINDS[kind_key], [node.id])[node.id],
        change=change.proposed if change else None,
        actions=available(situation, actor.user_id) if inside else [],
        review={
            "id": str(case.id), "subject": case.subject,
            "submitted_by": names_of(session, [case.submitted_by]).of(case.submitted_by, case.submitted_name),
            "stage": case.stage,
            "stages": case.stages, "round": case.round, "opened": case.opened_at is not None,
        } if case and inside else None,
        reasons=open_reasons(session, kind_key, node) if inside else [], tombstone=stone(session, node),
    )


def create_table(session: Session, actor: Actor, values: Mapping[str, Any], *, system_id: uuid.UUID) -> Any:
    """A new table; it belongs to the department of its system."""
    system = node_service.found(session, actor, "system", system_id, edit=EDIT)
    columns = values.get("columns") or []
    table = node_service.create(
        session, actor, "db_table", {k: v for k, v in values.items() if k != "columns"},
        department_id=system.department_id, children=columns, parent_code=system.code,
    )
    links.add(session, actor, "system_table", system.id, table.id, audit_id=table.audit_id)
    return table
