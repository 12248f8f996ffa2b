"""Every SELECT of the nodes feature."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chain.nodes.models import ChainNode, ChainNodeSample


def nodes(session: Session) -> Sequence[ChainNode]:
    """Return every node by name."""
    return session.scalars(select(ChainNode).order_by(ChainNode.name, ChainNode.id)).all()


def by_url(session: Session, url: str) -> ChainNode | None:
    """Return the node of a URL."""
    return session.scalar(select(ChainNode).where(ChainNode.url == url))


def own(session: Session, name: str) -> ChainNode | None:
    """Return the platform's own node by its name."""
    return session.scalar(select(ChainNode).where(ChainNode.name == name, ChainNode.department_id.is_(None)))


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


def delete_before(session: Session, instant: datetime) -> None:
    """Forget samples older than ``instant``."""
    session.execute(delete(ChainNodeSample).where(ChainNodeSample.at < instant))
