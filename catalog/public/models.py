"""Tables of what left the public part, and of what may leave although it is important or core data."""

import uuid
from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class Tombstone(Base):
    """A withdrawn node: its code is never given again, and whoever asks is told when and why. Insert only."""

    __tablename__ = "node_tombstone"
    __table_args__ = (Index("ix_node_tombstone_node_kind_withdrawn_at", "node_kind", "withdrawn_at"),)
    node_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(160), unique=True)
    name: Mapped[str] = mapped_column(String(400))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    version: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime] = mapped_column(Instant())
    withdrawn_by: Mapped[str] = mapped_column(String(100))
    audit_id: Mapped[uuid.UUID]


class OnlineChange(Base):
    """上线 or 下线 of a published entry: who, when and why. Insert only."""

    __tablename__ = "online_change"
    __table_args__ = (Index("ix_online_change_entry_id_changed_at", "entry_id", "changed_at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id"))
    online: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[uuid.UUID | None]
    changed_name: Mapped[str] = mapped_column(String(100))
    changed_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class Release(Base):
    """An approved way out for an entry of important or core data: one entry, one purpose, until a day."""

    __tablename__ = "release_approval"
    __table_args__ = (Index("ix_release_approval_entry_id_purpose", "entry_id", "purpose"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id"))
    purpose: Mapped[str] = mapped_column(String(12))
    level: Mapped[int] = mapped_column(Integer)
    receiver: Mapped[str] = mapped_column(String(200))
    basis: Mapped[str] = mapped_column(Text)
    approval_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval.id"))
    approved_at: Mapped[datetime] = mapped_column(Instant())
    valid_until: Mapped[datetime] = mapped_column(Instant())
    revoked_at: Mapped[datetime | None] = mapped_column(Instant())
    revoked_by: Mapped[str | None] = mapped_column(String(100))
    revoke_reason: Mapped[str | None] = mapped_column(Text)
    audit_id: Mapped[uuid.UUID]
