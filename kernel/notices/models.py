"""Tables of notices."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class Notice(Base):
    """One notice. ``audience`` is a user id, a role key or a department id, by ``audience_kind``."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_audience", "audience_kind", "audience", "created_at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    audience_kind: Mapped[str] = mapped_column(String(12))
    audience: Mapped[str] = mapped_column(String(60))
    severity: Mapped[str] = mapped_column(String(10))
    title_zh: Mapped[str] = mapped_column(String(300))
    title_en: Mapped[str] = mapped_column(String(300))
    body_zh: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(Instant())


class NoticeRead(Base):
    """A person has read a notice."""

    __tablename__ = "notice_read"
    notice_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id"), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(Instant())
