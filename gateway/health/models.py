"""What is checked of an interface beyond its source being there."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class HealthCheck(Base):
    """One check of an interface; ``kind``: http, freshness, golden or chain (``checks``), ``spec`` its parameters."""

    __tablename__ = "gateway_health_check"
    __table_args__ = (UniqueConstraint("interface_id", "kind"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    interface_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_interface.id"))
    kind: Mapped[str] = mapped_column(String(12))
    spec: Mapped[dict[str, Any]] = mapped_column(JSONText())
    enabled: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
