"""Tables of review: one case for each submission, one record for each secrecy review."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class ReviewCase(Base):
    """One submission of a node. ``decision`` is None while open; a node has at most one open case."""

    __tablename__ = "review_case"
    __table_args__ = (
        Index(
            "uq_review_case_open", "node_id", unique=True,
            sqlite_where=text("decision IS NULL"), postgresql_where=text("decision IS NULL"),
        ),
        Index("ix_review_case_department_id_decision", "department_id", "decision"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    node_id: Mapped[uuid.UUID] = mapped_column(index=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    subject: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(Integer)
    submitted_by: Mapped[uuid.UUID | None]
    submitted_name: Mapped[str] = mapped_column(String(100))
    submitted_at: Mapped[datetime] = mapped_column(Instant())
    opened_by: Mapped[uuid.UUID | None]
    opened_at: Mapped[datetime | None] = mapped_column(Instant())
    decided_by: Mapped[uuid.UUID | None]
    decided_name: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime | None] = mapped_column(Instant())
    decision: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(Text)
    audit_id: Mapped[uuid.UUID]


class SecrecyReview(Base):
    """保密审查 of one revision of a node: who concluded what, on which basis. Insert only."""

    __tablename__ = "secrecy_review"
    __table_args__ = (Index("ix_secrecy_review_node_id_revision", "node_id", "revision"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    node_id: Mapped[uuid.UUID]
    revision: Mapped[int] = mapped_column(Integer)
    reviewer_id: Mapped[uuid.UUID | None]
    reviewer_name: Mapped[str] = mapped_column(String(100))
    conclusion: Mapped[str] = mapped_column(String(20))
    basis: Mapped[str] = mapped_column(Text)
    reviewed_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
