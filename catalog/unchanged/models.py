"""The table of answers that nothing changed."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class UnchangedConfirmation(Base):
    """One answer: the data of an entry in a period (``rules.period_of``), at the version that was looked at."""

    __tablename__ = "unchanged_confirmation"
    __table_args__ = (Index("ix_unchanged_confirmation_entry_id_at", "entry_id", "at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id", ondelete="CASCADE"))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    period: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(Integer)
    note: Mapped[str | None] = mapped_column(Text)
    confirmed_by: Mapped[uuid.UUID | None]
    confirmed_name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(Instant())
    revoked_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
