"""A dated link to an interface's page."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class PageLink(Base):
    """Opens one interface's page without an account until ``expires_at``; only the token's SM3 is kept."""

    __tablename__ = "gateway_page_link"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    interface_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_interface.id"), index=True)
    token_sm3: Mapped[str] = mapped_column(String(64), unique=True)
    note: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime] = mapped_column(Instant())
    revoked_at: Mapped[datetime | None] = mapped_column(Instant())
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
