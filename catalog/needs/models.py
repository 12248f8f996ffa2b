"""A need."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class Need(Base):
    """``state``: open, matched (``entry_id`` holds the data: a demand may follow) or declined, with ``answer``."""

    __tablename__ = "need"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
    matter: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12))
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_entry.id"))
    answer: Mapped[str | None] = mapped_column(Text)
    submitted_by: Mapped[uuid.UUID | None]
    submitted_name: Mapped[str] = mapped_column(String(120))
    submitted_at: Mapped[datetime] = mapped_column(Instant())
    answered_at: Mapped[datetime | None] = mapped_column(Instant())
    version: Mapped[int] = mapped_column(Integer)
    audit_id: Mapped[uuid.UUID]
