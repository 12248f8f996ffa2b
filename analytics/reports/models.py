"""Tables of reports: a run, what it froze, what it gave."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class ReportRun(Base):
    """One build of a quarterly report. ``department_id`` None: the district.

    ``state``: queued, running, done, failed. ``run_root`` is the SM3 of the manifest and set once, with done;
    ``leaf_id`` is its leaf in the stream "reports".
    """

    __tablename__ = "report_run"
    __table_args__ = (Index("ix_report_run_period", "year", "quarter", "department_id", "state"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    year: Mapped[int] = mapped_column(Integer)
    quarter: Mapped[int] = mapped_column(Integer)
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    input_root: Mapped[str | None] = mapped_column(String(64))
    run_root: Mapped[str | None] = mapped_column(String(64))
    leaf_id: Mapped[uuid.UUID | None]
    job_id: Mapped[uuid.UUID | None]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Instant())
    frozen_at: Mapped[datetime | None] = mapped_column(Instant())
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class ReportInput(Base):
    """A frozen input of a run. ``file`` is relative to the run's folder."""

    __tablename__ = "report_input"
    __table_args__ = (UniqueConstraint("run_id", "name"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("report_run.id"))
    name: Mapped[str] = mapped_column(String(40))
    file: Mapped[str] = mapped_column(String(100))
    predicate: Mapped[str] = mapped_column(Text)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONText())
    rows: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    sm3: Mapped[str] = mapped_column(String(64))


class ReportArtifact(Base):
    """A file that a run gave, the manifest among them."""

    __tablename__ = "report_artifact"
    __table_args__ = (UniqueConstraint("run_id", "name"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("report_run.id"))
    name: Mapped[str] = mapped_column(String(60))
    media_type: Mapped[str] = mapped_column(String(120))
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    sm3: Mapped[str] = mapped_column(String(64))
