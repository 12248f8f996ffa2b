"""Links as of an instant and what became of them between two, from the versions of links."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Subquery, case, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from catalog.history.queries import seen
from catalog.links.models import LinkVersion
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import NodeVersion
from catalog.nodes.queries import visible
from kernel.identity.actor import Actor

REMOVE: Final = "remove"


@dataclass(frozen=True)
class LinkThen:
    """A link valid at an instant, seen from one of its ends: ``node_*`` is the other end as it was then.

    ``near_id`` and ``far_id`` are the ends themselves: nodes, or the item and the column that are linked.
    """

    link_kind: str
    relation: str
    direction: str
    node_kind: str
    node_id: uuid.UUID
    code: str
    name: str
    near_id: uuid.UUID
    far_id: uuid.UUID
    valid_from: datetime


@dataclass(frozen=True)
class LinkRow:
    """A link of the whole directory: its ends by the codes they had when it was linked. ``change``: added, removed."""

    link_kind: str
    relation: str
    department_id: uuid.UUID
    upper_kind: str
    upper_id: uuid.UUID
    upper_code: str
    lower_kind: str
    lower_id: uuid.UUID
    lower_code: str
    valid_from: datetime
    change: str = ""


@dataclass(frozen=True)
class LinkFilters:
    """What narrows links; None does not. The department is the one that owned the link then."""

    kind: str | None = None
    department_id: uuid.UUID | None = None


def listed(
    session: Session, actor: Actor, at: datetime, filters: LinkFilters, *, limit: int | None, offset: int = 0
) -> tuple[list[LinkRow], int]:
    """Links valid at an instant, whose two ends the actor sees today, and how many there are."""
    head = _heads(at)
    query = select(LinkVersion).join(
        head, (head.c.link_id == LinkVersion.link_id) & (head.c.version == LinkVersion.version)
    ).where(LinkVersion.action != REMOVE, *_narrowed(actor, filters))
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(LinkVersion.id).subquery())) or 0
    query = query.order_by(LinkVersion.link_kind, LinkVersion.valid_from, LinkVersion.id)
    rows = session.scalars(query if limit is None else query.limit(limit).offset(offset))
    return [_row(row) for row in rows], total


def between(
    session: Session, actor: Actor, first: datetime, second: datetime, filters: LinkFilters
) -> list[LinkRow]:
    """Links that were valid at one of two instants only, by kind and codes."""
    by_first = func.max(case((LinkVersion.valid_from <= first, LinkVersion.version)))
    span = (
        select(LinkVersion.link_id, by_first.label("old"), func.max(LinkVersion.version).label("new"))
        .where(LinkVersion.valid_from <= second).group_by(LinkVersion.link_id)
        .having(func.max(LinkVersion.valid_from) > first).subquery()
    )
    old = aliased(LinkVersion)
    query = select(LinkVersion, old.action).join(
        span, (span.c.link_id == LinkVersion.link_id) & (span.c.new == LinkVersion.version)
    ).outerjoin(old, (old.link_id == span.c.link_id) & (old.version == span.c.old))
    found = []
    for row, before in session.execute(query.where(*_narrowed(actor, filters))):
        was, is_ = before not in (None, REMOVE), row.action != REMOVE
        if was != is_:
            found.append(_row(row, "added" if is_ else "removed"))
    return sorted(found, key=lambda one: (one.link_kind, one.upper_code, one.lower_code))


def _narrowed(actor: Actor, filters: LinkFilters) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if not (actor.kind == "system" or actor.scope == "all"):
        ids = union_all(*(
            select(kind.model.id).where(visible(actor, kind.model)) for kind in KINDS.values()
        )).subquery()
        where += [column.in_(select(ids.c.id)) for column in (LinkVersion.from_node_id, LinkVersion.to_node_id)]
    if filters.kind:
        where.append(LinkVersion.link_kind == filters.kind)
    if filters.department_id:
        where.append(LinkVersion.department_id == filters.department_id)
    return where


def _row(row: LinkVersion, change: str = "") -> LinkRow:
    content = orjson.loads(row.content)
    upper, lower = content["from"], content["to"]
    return LinkRow(
        row.link_kind, row.relation, row.department_id, upper["kind"], row.from_id, upper["code"], lower["kind"],
        row.to_id, lower["code"], row.valid_from, change,
    )


def _heads(at: datetime, *where: Any) -> Subquery:
    query = select(LinkVersion.link_id, func.max(LinkVersion.version).label("version"))
    return query.where(LinkVersion.valid_from <= at, *where).group_by(LinkVersion.link_id).subquery()


def valid(session: Session, node_ids: list[uuid.UUID], at: datetime) -> list[LinkVersion]:
    """Links at one of these nodes (or at their items and columns) that were valid at an instant."""
    head = _heads(at, or_(LinkVersion.from_node_id.in_(node_ids), LinkVersion.to_node_id.in_(node_ids)))
    query = select(LinkVersion).join(
        head, (head.c.link_id == LinkVersion.link_id) & (head.c.version == LinkVersion.version)
    )
    query = query.where(LinkVersion.action != REMOVE)
    return list(session.scalars(query.order_by(LinkVersion.link_kind, LinkVersion.valid_from, LinkVersion.id)))


def of_node(session: Session, actor: Actor, node_id: uuid.UUID, at: datetime) -> list[LinkThen]:
    """Links of one node as of an instant, with the other ends as they were then, as far as the actor sees them."""
    rows = valid(session, [node_id], at)
    others = {_other(row, node_id)[1] for row in rows}
    named = _named(session, actor, others, at)
    found = []
    for row in rows:
        direction, other = _other(row, node_id)
        if other in named:
            kind, code, name = named[other]
            ends = (row.from_id, row.to_id) if direction == "down" else (row.to_id, row.from_id)
            found.append(LinkThen(
                row.link_kind, row.relation, direction, kind, other, code, name, *ends, row.valid_from
            ))
    return found


def _other(row: LinkVersion, node_id: uuid.UUID) -> tuple[str, uuid.UUID]:
    return ("down", row.to_node_id) if row.from_node_id == node_id else ("up", row.from_node_id)


def _named(
    session: Session, actor: Actor, node_ids: set[uuid.UUID], at: datetime
) -> dict[uuid.UUID, tuple[str, str, str]]:
    head = (
        select(NodeVersion.node_id, func.max(NodeVersion.version).label("version"))
        .where(NodeVersion.node_id.in_(node_ids), NodeVersion.valid_from <= at)
        .group_by(NodeVersion.node_id).subquery()
    )
    query = select(NodeVersion.node_id, NodeVersion.node_kind, NodeVersion.code, NodeVersion.content).join(
        head, (head.c.node_id == NodeVersion.node_id) & (head.c.version == NodeVersion.version)
    ).where(seen(actor))
    return {
        row[0]: (row[1], row[2], orjson.loads(row[3])["fields"]["name"]) for row in session.execute(query)
    }
