"""Kept pairs of likely duplicates, and what was decided about pairs."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class LikelyDuplicate(Base):
    """Two entries of different departments that look alike, as last computed; likenesses in thousandths.

    ``left_id`` is the smaller id. ``items`` and ``codes`` are None where one of them has none.
    """

    __tablename__ = "likely_duplicate"
    __table_args__ = (
        Index("ix_likely_duplicate_left", "left_department_id", "score"),
        Index("ix_likely_duplicate_right", "right_department_id", "score"),
    )
    left_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id", ondelete="CASCADE"), primary_key=True)
    right_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("data_entry.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    left_department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    right_department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    score: Mapped[int] = mapped_column(Integer, index=True)
    title: Mapped[int] = mapped_column(Integer)
    items: Mapped[int | None] = mapped_column(Integer)
    codes: Mapped[int | None] = mapped_column(Integer)
    computed_at: Mapped[datetime] = mapped_column(Instant())


class DuplicateDecision(Base):
    """A reviewer looked at a pair: ``different`` takes it off the list, ``same`` leaves it there with the reason."""

    __tablename__ = "duplicate_decision"
    left_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id", ondelete="CASCADE"), primary_key=True)
    right_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("data_entry.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[uuid.UUID | None]
    decided_name: Mapped[str] = mapped_column(String(100))
    decided_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
