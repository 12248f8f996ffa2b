"""Links as of an instant, from the versions of links."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Subquery, func, or_, select
from sqlalchemy.orm import Session

from catalog.history.queries import seen
from catalog.links.models import LinkVersion
from catalog.nodes.models import NodeVersion
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
