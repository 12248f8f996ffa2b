"""Tables of cases."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class CaseCounter(Base):
    """Last number given per type and Beijing year; raised in the transaction that opens the case."""

    __tablename__ = "case_counter"
    type: Mapped[str] = mapped_column(String(40), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(Integer)


class CaseFile(Base):
    """One case. The clock runs from ``clock_from`` to ``clock_until``, less its pauses."""

    __tablename__ = "case_file"
    __table_args__ = (
        Index("ix_case_file_state_type", "state", "type"),
        Index("ix_case_file_object", "object_type", "object_id"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    type: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(String(10))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    assignee_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("app_user.id"))
    reporter_name: Mapped[str] = mapped_column(String(120))
    object_type: Mapped[str | None] = mapped_column(String(60))
    object_id: Mapped[str | None] = mapped_column(String(80))
    opened_at: Mapped[datetime] = mapped_column(Instant())
    clock_from: Mapped[datetime] = mapped_column(Instant())
    clock_until: Mapped[datetime | None] = mapped_column(Instant())
    due_seconds: Mapped[int | None] = mapped_column(Integer)
    closed_at: Mapped[datetime | None] = mapped_column(Instant())
    version: Mapped[int] = mapped_column(Integer, default=1)
    audit_id: Mapped[uuid.UUID]


class CasePause(Base):
    """A half-open interval in which the clock stands; ``ended_at`` empty while it does."""

    __tablename__ = "case_pause"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(Instant())
    ended_at: Mapped[datetime | None] = mapped_column(Instant())
    reason: Mapped[str] = mapped_column(Text)
    consent_by: Mapped[str] = mapped_column(String(120))


class CaseEvent(Base):
    """A line of the timeline, numbered within the case."""

    __tablename__ = "case_event"
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant())
    kind: Mapped[str] = mapped_column(String(20))
    actor_name: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
