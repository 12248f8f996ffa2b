"""Tables of duty changes and of the tasks that follow from them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class DutyChange(Base):
    """One change. ``plan`` is what was proposed and is bound by the approval; ``across``: for the bureau to decide.

    ``blocked_on``, ``blocked_reason``: the last day on which a scheduled change should have been applied and could not.
    """

    __tablename__ = "duty_change"
    __table_args__ = (Index("ix_duty_change_state", "state"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(12))
    across: Mapped[bool] = mapped_column(Boolean)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    plan: Mapped[dict[str, Any]] = mapped_column(JSONText())
    below: Mapped[dict[str, int]] = mapped_column(JSONText())
    reason: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(String(400))
    effective_on: Mapped[str] = mapped_column(String(10))
    workdays: Mapped[int] = mapped_column(Integer)
    approval_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval.id"))
    secrecy_conclusion: Mapped[str | None] = mapped_column(String(20))
    secrecy_basis: Mapped[str | None] = mapped_column(Text)
    secrecy_by: Mapped[uuid.UUID | None]
    secrecy_name: Mapped[str | None] = mapped_column(String(120))
    created_by: Mapped[uuid.UUID | None]
    created_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    closed_at: Mapped[datetime | None] = mapped_column(Instant())
    closed_reason: Mapped[str | None] = mapped_column(Text)
    blocked_on: Mapped[str | None] = mapped_column(String(10))
    blocked_reason: Mapped[str | None] = mapped_column(Text)
    audit_id: Mapped[uuid.UUID]


class DutyChangeDuty(Base):
    """A duty that a change takes (``source``, as it stood when proposed) or makes (``result``)."""

    __tablename__ = "duty_change_duty"
    __table_args__ = (Index("ix_duty_change_duty_duty_id", "duty_id"),)
    change_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_change.id"), primary_key=True)
    duty_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(160))
    name: Mapped[str] = mapped_column(String(400))
    version: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))


class DutyTask(Base):
    """What a department must look at because a duty changed: one row for each node (or interface) below it.

    ``due_on`` empty: the work calendar ends before it (期限待定); a job fills it when the calendar is extended.
    """

    __tablename__ = "duty_task"
    __table_args__ = (
        UniqueConstraint("change_id", "node_id"),
        Index("ix_duty_task_department_id_state", "department_id", "state"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    change_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty_change.id"))
    node_kind: Mapped[str] = mapped_column(String(20))
    node_id: Mapped[uuid.UUID] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(String(160))
    name: Mapped[str] = mapped_column(String(400))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    state: Mapped[str] = mapped_column(String(10))
    answer: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    due_on: Mapped[str | None] = mapped_column(String(10))
    opened_on: Mapped[str] = mapped_column(String(10))
    workdays: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Instant())
    done_by: Mapped[uuid.UUID | None]
    done_name: Mapped[str | None] = mapped_column(String(120))
    done_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
