"""Tables of transfers."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class NodeTransfer(Base):
    """One transfer. ``nodes_sm3`` binds the list to the approvals; ``reverses_id``: the one that this one undoes."""

    __tablename__ = "node_transfer"
    __table_args__ = (
        Index("ix_node_transfer_state", "state"),
        Index("ix_node_transfer_from_department_id", "from_department_id"),
        Index("ix_node_transfer_to_department_id", "to_department_id"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    from_department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    to_department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    from_name: Mapped[str] = mapped_column(String(200))
    to_name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(String(400))
    nodes_count: Mapped[int] = mapped_column(Integer)
    nodes_sm3: Mapped[str] = mapped_column(String(64))
    reverses_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("node_transfer.id"))
    give_approval_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval.id"))
    receive_approval_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("approval.id"))
    created_by: Mapped[uuid.UUID | None]
    created_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    closed_at: Mapped[datetime | None] = mapped_column(Instant())
    closed_reason: Mapped[str | None] = mapped_column(Text)
    audit_id: Mapped[uuid.UUID]


class NodeTransferNode(Base):
    """One node of a transfer as it stood when proposed; ``moved_version`` is the version that the transfer wrote."""

    __tablename__ = "node_transfer_node"
    __table_args__ = (Index("ix_node_transfer_node_node_id", "node_id"),)
    transfer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("node_transfer.id"), primary_key=True)
    node_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(160))
    name: Mapped[str] = mapped_column(String(400))
    status: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer)
    children: Mapped[int] = mapped_column(Integer)
    moved_version: Mapped[int | None] = mapped_column(Integer)
    moved_revision: Mapped[int | None] = mapped_column(Integer)
