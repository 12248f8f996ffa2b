"""Every SELECT of channels."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from kernel.watch.channels.models import WatchChannel, WatchDelivery


def listing() -> Select[WatchChannel]:
    """Channels by name."""
    return select(WatchChannel).order_by(WatchChannel.name, WatchChannel.id)


def enabled(session: Session) -> Sequence[WatchChannel]:
    """Channels that are switched on."""
    return session.scalars(listing().where(WatchChannel.enabled)).all()


def waiting(session: Session, channel_id: uuid.UUID, now: datetime) -> Sequence[WatchDelivery]:
    """What a channel is to be told now, oldest first."""
    return session.scalars(
        select(WatchDelivery)
        .where(WatchDelivery.channel_id == channel_id, WatchDelivery.message_id.is_(None),
               WatchDelivery.not_before <= now)
        .order_by(WatchDelivery.created_at, WatchDelivery.id).limit(500)
    ).all()


def messages_since(session: Session, channel_id: uuid.UUID, since: datetime) -> int:
    """How many messages have left for a channel."""
    return session.scalar(
        select(func.count(WatchDelivery.message_id.distinct()))
        .where(WatchDelivery.channel_id == channel_id, WatchDelivery.queued_at > since)
    ) or 0


def of_message(session: Session, message_id: uuid.UUID) -> Sequence[WatchDelivery]:
    """What is told in one message, in order."""
    return session.scalars(
        select(WatchDelivery).where(WatchDelivery.message_id == message_id)
        .order_by(WatchDelivery.created_at, WatchDelivery.id)
    ).all()


def newest(session: Session, channel_id: uuid.UUID, limit: int) -> Sequence[WatchDelivery]:
    """What a channel was told last."""
    return session.scalars(
        select(WatchDelivery).where(WatchDelivery.channel_id == channel_id)
        .order_by(WatchDelivery.created_at.desc(), WatchDelivery.id.desc()).limit(limit)
    ).all()
