"""Every SELECT of the outbox."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Select, and_, bindparam, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from kernel.outbox.models import OutboxMessage
from kernel.outbox.rules import MessageState


def deliverable(
    session: Session, now: datetime, *, topics: Collection[str], busy: Collection[uuid.UUID], limit: int
) -> Sequence[OutboxMessage]:
    """Messages that may go now: due, of a known topic, not in flight, and first of their (topic, key).

    A pending or dead message holds back all later ones of its key.
    """
    return session.scalars(
        _deliverable(), {"now": now, "topics": list(topics), "busy": list(busy), "limit": limit}
    ).all()


@cache
def _deliverable() -> Select[OutboxMessage]:
    """The statement, made once: it is asked four times a second for as long as an installation runs."""
    before = aliased(OutboxMessage)
    blocked = exists().where(
        before.topic == OutboxMessage.topic, before.key == OutboxMessage.key,
        before.key_seq < OutboxMessage.key_seq,
        before.state.in_((MessageState.PENDING, MessageState.DEAD)),
    )
    return (
        select(OutboxMessage)
        .where(
            OutboxMessage.state == MessageState.PENDING, OutboxMessage.next_at <= bindparam("now"),
            OutboxMessage.topic.in_(bindparam("topics", expanding=True)),
            OutboxMessage.id.not_in(bindparam("busy", expanding=True)),
            or_(OutboxMessage.key.is_(None), and_(OutboxMessage.key.is_not(None), ~blocked)),
        )
        .order_by(OutboxMessage.next_at, OutboxMessage.id)
        .limit(bindparam("limit"))
    )


def messages(state: str | None, topic: str | None) -> Select[OutboxMessage]:
    """Messages for the operators' list, the newest first."""
    statement = select(OutboxMessage)
    if state:
        statement = statement.where(OutboxMessage.state == state)
    if topic:
        statement = statement.where(OutboxMessage.topic == topic)
    return statement.order_by(OutboxMessage.created_at.desc(), OutboxMessage.id.desc())


def counts(session: Session) -> dict[str, int]:
    """How many messages are in each state."""
    rows = session.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state))
    return {row[0]: row[1] for row in rows}


def delete_finished(session: Session, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` messages that ended before an instant; returns how many.

    A key whose messages are all gone is numbered from 1 again, which its order does not notice.
    """
    ended = select(OutboxMessage.id).where(
        OutboxMessage.state.in_((MessageState.DONE, MessageState.DISCARDED)), OutboxMessage.finished_at < before
    )
    gone = delete(OutboxMessage).where(OutboxMessage.id.in_(ended.limit(limit))).returning(OutboxMessage.id)
    return len(session.execute(gone).all())
