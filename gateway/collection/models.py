"""Tables of collection: declared tables, upstreams, tasks, their runs, 问题数据."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from crypto.scopes.registry import EncryptedColumn, EncryptedTable, declare
from crypto.scopes.types import EncryptedBytes
from kernel.db import Base, Instant, JSONText

PROBLEM_TABLE = "collection_problem"
OPEN_RUN = "state IN ('queued', 'running')"


class CollectionTable(Base):
    """A declared table: its rows are in ``collected_<code>``, those of the load that is seen in its live view.

    ``columns``: JSON of ``contract.Column``. ``next_row``, ``next_load``: numbers that were never given.
    ``live_load`` 0: nothing was loaded. ``previous_load``: what undoing the last full load shows again.
    """

    __tablename__ = "collection_table"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_entry.id"), index=True)
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSONText())
    next_row: Mapped[int] = mapped_column(BigInteger)
    next_load: Mapped[int] = mapped_column(BigInteger)
    live_load: Mapped[int] = mapped_column(BigInteger)
    previous_load: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class CollectionUpstream(Base):
    """适配应用: how a system is logged in to. ``secret``: JSON of names and passwords, sealed by the SecretBox."""

    __tablename__ = "collection_upstream"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    base_url: Mapped[str] = mapped_column(String(500))
    login: Mapped[dict[str, Any]] = mapped_column(JSONText())
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class CollectionTask(Base):
    """A 汇聚任务. ``source``: what to read, by ``kind`` (http, database, file). ``mapping``: column to source field.

    ``cursor``: where a task by cursor goes on. ``promise_hours``: how old the data may become. ``hook_at``: time of
    the last callback (milliseconds); ``hook_secret`` is sealed.
    """

    __tablename__ = "collection_task"
    __table_args__ = (Index("ix_collection_task_state_next_at", "state", "next_at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    table_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("collection_table.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    source: Mapped[dict[str, Any]] = mapped_column(JSONText())
    mapping: Mapped[dict[str, str]] = mapped_column(JSONText())
    mode: Mapped[str] = mapped_column(String(8))
    bad_limit: Mapped[int] = mapped_column(Integer)
    schedule: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    promise_hours: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12))
    next_at: Mapped[datetime | None] = mapped_column(Instant())
    cursor: Mapped[Any] = mapped_column(JSONText(), nullable=True)
    last_run: Mapped[int] = mapped_column(Integer)
    last_success_at: Mapped[datetime | None] = mapped_column(Instant())
    hook_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    hook_at: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class CollectionRun(Base):
    """One run. ``position``: where to go on, written with each chunk; ``chunks`` counts them.

    ``rows``: read, of which ``bad`` are in 问题数据. ``load``: under which number its rows are.
    """

    __tablename__ = "collection_run"
    __table_args__ = (
        Index("uq_collection_run_number", "task_id", "number", unique=True),
        Index("uq_collection_run_open", "task_id", unique=True, sqlite_where=text(OPEN_RUN),
              postgresql_where=text(OPEN_RUN)),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("collection_task.id"))
    number: Mapped[int] = mapped_column(Integer)
    cause: Mapped[str] = mapped_column(String(12))
    mode: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12))
    load: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    chunks: Mapped[int] = mapped_column(Integer)
    rows: Mapped[int] = mapped_column(BigInteger)
    good: Mapped[int] = mapped_column(BigInteger)
    bad: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("attachment.id"))
    started_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    started_at: Mapped[datetime | None] = mapped_column(Instant())
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class CollectionProblem(Base):
    """问题数据: a row that was refused, whole and sealed (JSON), with its reasons ("column:rule").

    ``number``: the row's place in its run, from 1. ``digest``: keyed, tells the same row again.
    """

    __tablename__ = PROBLEM_TABLE
    __table_args__ = (
        Index("uq_collection_problem_run_number", "run_id", "number", unique=True),
        Index("ix_collection_problem_task_state", "task_id", "state", "reason"),
        Index("ix_collection_problem_task_digest", "task_id", "digest"),
        Index("ix_collection_problem_dept_id_id", "dept_id", "id"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    dept_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("collection_task.id"))
    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("collection_run.id"))
    number: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(70))
    reasons: Mapped[list[str]] = mapped_column(JSONText())
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    row_env: Mapped[bytes] = mapped_column(EncryptedBytes())
    state: Mapped[str] = mapped_column(String(12))
    changed_by: Mapped[str | None] = mapped_column(String(120))
    changed_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID | None]


declare(EncryptedTable(
    name=PROBLEM_TABLE, columns=(EncryptedColumn("row_env", zh="汇聚问题数据", mask="all"),),
))
