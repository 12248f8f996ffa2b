"""A maintenance window."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class Maintenance(Base):
    """[``starts_at``, ``ends_at``) of one interface; ended early where ``cancelled_at`` is set."""

    __tablename__ = "gateway_maintenance"
    __table_args__ = (Index("ix_gateway_maintenance_interface_id_ends_at", "interface_id", "ends_at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    interface_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_interface.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant())
    ends_at: Mapped[datetime] = mapped_column(Instant())
    text: Mapped[str] = mapped_column(String(200))
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(Instant())
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
