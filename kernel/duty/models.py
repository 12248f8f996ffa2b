"""Table of the duty roster."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class DutyShift(Base):
    """One person's shift [starts_at, ends_at). ``position`` 1 is called first, 2 next."""

    __tablename__ = "duty_shift"
    __table_args__ = (Index("ix_duty_shift_interval", "starts_at", "ends_at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"))
    position: Mapped[int] = mapped_column(Integer)
    starts_at: Mapped[datetime] = mapped_column(Instant())
    ends_at: Mapped[datetime] = mapped_column(Instant())
    note: Mapped[str] = mapped_column(String(300))
    version: Mapped[int] = mapped_column(Integer, default=1)
    audit_id: Mapped[uuid.UUID]
