"""Every SELECT of the nodes feature."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from chain.nodes.models import ChainAllowedAccount, ChainNode, ChainNodeHour, ChainNodeSample, ChainNodeVote
from kernel.identity.actor import Actor


def nodes(session: Session) -> Sequence[ChainNode]:
    """Return every node by name."""
    return session.scalars(select(ChainNode).order_by(ChainNode.name, ChainNode.id)).all()


def seen_by(session: Session, actor: Actor) -> Sequence[ChainNode]:
    """Return the platform's nodes and those of the departments in the actor's scope, by name."""
    return [row for row in nodes(session) if row.department_id is None or actor.sees(row.department_id)]


def enabled(session: Session) -> Sequence[ChainNode]:
    """Return the nodes that are watched, the platform's own first."""
    found = session.scalars(select(ChainNode).where(ChainNode.enabled).order_by(ChainNode.name, ChainNode.id)).all()
    return sorted(found, key=lambda row: not row.own)


def by_url(session: Session, url: str) -> ChainNode | None:
    """Return the node of a URL."""
    return session.scalar(select(ChainNode).where(ChainNode.url == url))


def own(session: Session) -> ChainNode | None:
    """Return the platform's own node."""
    return session.scalar(select(ChainNode).where(ChainNode.own))


def latest_sample(session: Session, node_id: uuid.UUID) -> ChainNodeSample | None:
    """Return a node's newest sample."""
    return session.scalar(
        select(ChainNodeSample).where(ChainNodeSample.node_id == node_id).order_by(ChainNodeSample.at.desc()).limit(1)
    )


def samples(
    session: Session, node_id: uuid.UUID, start: datetime, end: datetime, limit: int
) -> Sequence[ChainNodeSample]:
    """Return the newest ``limit`` samples in [start, end), oldest first."""
    rows = session.scalars(
        select(ChainNodeSample)
        .where(ChainNodeSample.node_id == node_id, ChainNodeSample.at >= start, ChainNodeSample.at < end)
        .order_by(ChainNodeSample.at.desc()).limit(limit)
    ).all()
    return rows[::-1]


def hours(session: Session, node_id: uuid.UUID, start: datetime, end: datetime) -> Sequence[ChainNodeHour]:
    """Return the hours in [start, end), oldest first."""
    return session.scalars(
        select(ChainNodeHour)
        .where(ChainNodeHour.node_id == node_id, ChainNodeHour.hour >= start, ChainNodeHour.hour < end)
        .order_by(ChainNodeHour.hour)
    ).all()


def delete_before(session: Session, instant: datetime) -> None:
    """Forget samples older than ``instant``; their hours stay."""
    session.execute(delete(ChainNodeSample).where(ChainNodeSample.at < instant))


def votes() -> Select[ChainNodeVote]:
    """Return the listing of votes, newest first."""
    return select(ChainNodeVote).order_by(ChainNodeVote.created_at.desc(), ChainNodeVote.id)


def open_votes(session: Session) -> Sequence[ChainNodeVote]:
    """Return votes that are being cast."""
    return session.scalars(select(ChainNodeVote).where(ChainNodeVote.state == "casting")).all()


def accounts(session: Session) -> Sequence[ChainAllowedAccount]:
    """Return the accounts that may send."""
    return session.scalars(select(ChainAllowedAccount).order_by(ChainAllowedAccount.address)).all()


def account(session: Session, address: str) -> ChainAllowedAccount | None:
    """Return one of them."""
    return session.scalar(select(ChainAllowedAccount).where(ChainAllowedAccount.address == address))
