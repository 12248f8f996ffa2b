"""Write to the outbox, and look after dead letters."""

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor
from kernel.outbox.errors import NOT_DEAD
from kernel.outbox.models import OutboxMessage
from kernel.outbox.rules import MessageState


def emit(session: Session, topic: str, payload: dict[str, Any], key: str | None = None) -> uuid.UUID:
    """Write a message in the caller's transaction and return its id.

    ``key``: messages of one (topic, key) are delivered one after the other in commit order. Two transactions that
    number the same key at once conflict, and the later one is retried by its unit of work.
    """
    seq = None
    if key is not None:
        newest = select(func.max(OutboxMessage.key_seq)).where(
            OutboxMessage.topic == topic, OutboxMessage.key == key
        )
        seq = (session.scalar(newest) or 0) + 1
    now = clock.now()
    row = OutboxMessage(
        id=ids.new(), topic=topic, key=key, key_seq=seq, payload=payload, state=MessageState.PENDING,
        attempts=0, next_at=now, created_at=now,
    )
    session.add(row)
    session.flush([row])
    return row.id


def retry(session: Session, actor: Actor, *, message_id: uuid.UUID) -> OutboxMessage:
    """Put a dead letter back in its place; its key goes on in order. Raises ``kernel.outbox.not_dead``."""
    row = _dead(session, message_id)
    row.state, row.attempts, row.next_at, row.finished_at = MessageState.PENDING, 0, clock.now(), None
    _note(session, actor, "retry", row)
    return row


def discard(session: Session, actor: Actor, *, message_id: uuid.UUID, reason: str) -> OutboxMessage:
    """Give a dead letter up, with a reason; the messages behind it are delivered without it."""
    row = _dead(session, message_id)
    row.state, row.finished_at = MessageState.DISCARDED, clock.now()
    _note(session, actor, "discard", row, reason=reason)
    return row


def _dead(session: Session, message_id: uuid.UUID) -> OutboxMessage:
    row = session.get(OutboxMessage, message_id)
    if row is None:
        raise NOT_FOUND()
    if row.state != MessageState.DEAD:
        raise NOT_DEAD()
    return row


def _note(session: Session, actor: Actor, verb: str, row: OutboxMessage, **detail: str) -> None:
    record(
        session, actor, action=f"kernel.outbox.{verb}", object_type="outbox", object_id=str(row.id),
        detail={"topic": row.topic, "key": row.key, **detail},
    )
