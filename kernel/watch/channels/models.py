"""Tables of channels and what they are told."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class WatchChannel(Base):
    """A way to tell people. ``sealed``: addresses, secrets and numbers; quiet hours are Beijing minutes of the day."""

    __tablename__ = "watch_channel"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(120))
    settings: Mapped[dict[str, Any]] = mapped_column(JSONText())
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    min_severity: Mapped[str] = mapped_column(String(10))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    quiet_from: Mapped[int | None] = mapped_column(Integer)
    quiet_to: Mapped[int | None] = mapped_column(Integer)
    enabled: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer, default=1)
    audit_id: Mapped[uuid.UUID]


class WatchDelivery(Base):
    """One thing that a channel is told; several may leave as one message (``message_id`` of the outbox)."""

    __tablename__ = "watch_delivery"
    __table_args__ = (Index("ix_watch_delivery_message_id_channel_id", "message_id", "channel_id"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    channel_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("watch_channel.id", ondelete="CASCADE"))
    incident_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("watch_incident.id"), index=True)
    severity: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    level: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Instant())
    not_before: Mapped[datetime] = mapped_column(Instant())
    message_id: Mapped[uuid.UUID | None]
    sent_at: Mapped[datetime | None] = mapped_column(Instant())
    queued_at: Mapped[datetime | None] = mapped_column(Instant())
