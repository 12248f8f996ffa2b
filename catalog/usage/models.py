"""The table of usage."""

import uuid

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class UsageDay(Base):
    """What happened to an entry on one day (Beijing). ``failed``: calls without a good answer, among ``calls``."""

    __tablename__ = "usage_day"
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True, index=True)
    views: Mapped[int] = mapped_column(Integer, default=0)
    downloads: Mapped[int] = mapped_column(Integer, default=0)
    calls: Mapped[int] = mapped_column(Integer, default=0)
    failed: Mapped[int] = mapped_column(Integer, default=0)
