"""Tables of jobs."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class Job(Base):
    """One piece of background work. ``fence`` grows with each claim and each take-back."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_state_run_at", "state", "run_at"),
        Index("ix_job_owner_id_created_at", "owner_id", "created_at"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(80))
    params: Mapped[dict[str, Any]] = mapped_column(JSONText())
    state: Mapped[str] = mapped_column(String(12))
    percent: Mapped[int] = mapped_column(Integer, default=0)
    done: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger, default=0)
    message: Mapped[str] = mapped_column(Text, default="")
    cancel_requested: Mapped[bool] = mapped_column(Boolean, default=False)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    max_attempts: Mapped[int] = mapped_column(Integer)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    holder: Mapped[str | None] = mapped_column(String(160))
    fence: Mapped[int] = mapped_column(BigInteger, default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Instant())
    heartbeat_at: Mapped[datetime | None] = mapped_column(Instant())
    run_at: Mapped[datetime] = mapped_column(Instant())
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("app_user.id"))
    owner_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    started_at: Mapped[datetime | None] = mapped_column(Instant())
    finished_at: Mapped[datetime | None] = mapped_column(Instant())


class JobLog(Base):
    """A line of a job's log, numbered within the job."""

    __tablename__ = "job_log"
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant())
    level: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)


class JobSlot(Base):
    """The ledger of scheduled slots: one row per (kind, slot), claimed once, completed once.

    ``job_id`` names the job row that does the work, or is empty where the leader runs the body itself.
    """

    __tablename__ = "job_slot"
    __table_args__ = (Index("ix_job_slot_state", "state"),)
    kind: Mapped[str] = mapped_column(String(80), primary_key=True)
    slot: Mapped[datetime] = mapped_column(Instant(), primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    fence: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer)
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), unique=True)
    claimed_at: Mapped[datetime] = mapped_column(Instant())
    completed_at: Mapped[datetime | None] = mapped_column(Instant())
    error: Mapped[str | None] = mapped_column(Text)
