"""One row a snapshot, and one row an environment with the current number (the integer that workers poll)."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class Snapshot(Base):
    """``body``: canonical JSON; ``sm3``: its digest. Rows are never changed."""

    __tablename__ = "gateway_snapshot"

    environment: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    sm3: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class SnapshotHead(Base):
    """The current number of an environment."""

    __tablename__ = "gateway_snapshot_head"
    __table_args__ = (CheckConstraint("number > 0", name="positive"),)

    environment: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
