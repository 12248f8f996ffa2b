"""Tables: nodes and their health samples."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class ChainNode(Base):
    """A registered node. ``role``: validator or observer; ``department_id`` None: the platform's own."""

    __tablename__ = "chain_node"
    __table_args__ = (UniqueConstraint("url"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(300))
    role: Mapped[str] = mapped_column(String(12))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    created_at: Mapped[datetime] = mapped_column(Instant())


class ChainNodeSample(Base):
    """What one look at a node showed. ``state``: ok, idle (nothing to seal), stalled (work waits, no blocks),
    clock (its clock is behind its chain), down. ``latency`` is microseconds of one round trip."""

    __tablename__ = "chain_node_sample"
    __table_args__ = (Index("ix_chain_node_sample_node_id_at", "node_id", "at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chain_node.id"))
    at: Mapped[datetime] = mapped_column(Instant())
    state: Mapped[str] = mapped_column(String(12))
    height: Mapped[int | None] = mapped_column(BigInteger)
    head_at: Mapped[datetime | None] = mapped_column(Instant())
    pending: Mapped[int | None] = mapped_column(Integer)
    latency: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[str | None] = mapped_column(String(120))
    reason: Mapped[str | None] = mapped_column(String(300))
