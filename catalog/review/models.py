"""Tables of review: one case for each submission, a step for each decision, the reasons of returns, the rules."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class ReviewRule(Base):
    """How a department's submissions are reviewed; ``scope`` is ``default`` or the department's id as text.

    ``stages`` are tokens of :data:`catalog.review.stages.STAGES` in order; ``due_workdays`` holds for each of them,
    None sets no date. With ``separate_secrecy`` the 保密审查 is done by somebody who approves no stage.
    """

    __tablename__ = "review_rule"
    scope: Mapped[str] = mapped_column(String(40), primary_key=True)
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    stages: Mapped[list[str]] = mapped_column(JSONText())
    due_workdays: Mapped[int | None] = mapped_column(Integer)
    separate_secrecy: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer)
    updated_by: Mapped[uuid.UUID | None]
    updated_name: Mapped[str] = mapped_column(String(100))
    updated_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class ReviewCase(Base):
    """One submission of a node. ``decision`` is None while open; a node has at most one open case.

    ``stages`` are those of the rule when it was submitted; ``stage`` is the one it waits in since ``stage_at``.
    ``content`` is kept of a returned case only: the next round is compared with it.
    """

    __tablename__ = "review_case"
    __table_args__ = (
        Index(
            "uq_review_case_open", "node_id", unique=True,
            sqlite_where=text("decision IS NULL"), postgresql_where=text("decision IS NULL"),
        ),
        Index("ix_review_case_department_id_decision", "department_id", "decision"),
        Index(
            "ix_review_case_due", "due_pending",
            sqlite_where=text("decision IS NULL"), postgresql_where=text("decision IS NULL"),
        ),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    node_id: Mapped[uuid.UUID] = mapped_column(index=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    subject: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(Integer)
    round: Mapped[int] = mapped_column(Integer, default=1)
    stages: Mapped[list[str]] = mapped_column(JSONText())
    stage_no: Mapped[int] = mapped_column(Integer, default=1)
    stage: Mapped[str] = mapped_column(String(20))
    stage_at: Mapped[datetime] = mapped_column(Instant())
    due_workdays: Mapped[int | None] = mapped_column(Integer)
    due_on: Mapped[str | None] = mapped_column(String(10))
    due_pending: Mapped[bool] = mapped_column(Boolean, default=False)
    note: Mapped[str | None] = mapped_column(Text)
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
    content: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    audit_id: Mapped[uuid.UUID]


class ReviewStep(Base):
    """One decision of one stage by one person. Insert only."""

    __tablename__ = "review_step"
    __table_args__ = (UniqueConstraint("case_id", "position"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review_case.id"))
    position: Mapped[int] = mapped_column(Integer)
    stage: Mapped[str] = mapped_column(String(20))
    decision: Mapped[str] = mapped_column(String(10))
    opinion: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[uuid.UUID | None]
    decided_name: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime] = mapped_column(Instant())
    due_on: Mapped[str | None] = mapped_column(String(10))
    audit_id: Mapped[uuid.UUID]


class ReviewReason(Base):
    """Why a case was returned: about the whole (``field`` None), a field, or a field of one item or column.

    ``answer`` is what the officer wrote; ``answered_in`` is the case that resubmitted it, where ``changed`` tells
    whether what the reason is about differs from what had been returned.
    """

    __tablename__ = "review_reason"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review_case.id"), index=True)
    node_id: Mapped[uuid.UUID] = mapped_column(index=True)
    position: Mapped[int] = mapped_column(Integer)
    field: Mapped[str | None] = mapped_column(String(60))
    child_id: Mapped[uuid.UUID | None]
    child_name: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    changed: Mapped[bool | None] = mapped_column(Boolean)
    answered_in: Mapped[uuid.UUID | None] = mapped_column(index=True)
    answered_at: Mapped[datetime | None] = mapped_column(Instant())


class SecrecyReview(Base):
    """保密审查 of one revision of a node: who concluded what, on which basis. Insert only."""

    __tablename__ = "secrecy_review"
    __table_args__ = (
        Index("ix_secrecy_review_node_id_revision", "node_id", "revision"),
        Index("ix_secrecy_review_reviewed_at", "reviewed_at"),
    )
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
