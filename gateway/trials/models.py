"""A recorded trial call."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class Trial(Base):
    """``sealed``: request and answer as JSON, sealed by the SecretBox; the row goes at ``expires_at``."""

    __tablename__ = "gateway_trial"
    __table_args__ = (
        Index("ix_gateway_trial_expires_at", "expires_at"),
        Index("ix_gateway_trial_interface_id_made_at", "interface_id", "made_at"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    interface_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_interface.id"))
    app_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_app.id"))
    environment: Mapped[str] = mapped_column(String(12))
    status: Mapped[int] = mapped_column(Integer)
    request_id: Mapped[str] = mapped_column(String(40))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[uuid.UUID | None]
    made_at: Mapped[datetime] = mapped_column(Instant())
    expires_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
