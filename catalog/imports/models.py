"""Tables of imports: a batch, its staged rows and its findings. Staged rows belong to the batch alone."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class ImportBatch(Base):
    """One uploaded workbook. state: uploaded → checked → applied → undone, or failed."""

    __tablename__ = "import_batch"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    profile: Mapped[str] = mapped_column(String(60))
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    sm3: Mapped[str] = mapped_column(String(64))
    options: Mapped[dict[str, Any]] = mapped_column(JSONText())
    state: Mapped[str] = mapped_column(String(12))
    counts: Mapped[dict[str, Any]] = mapped_column(JSONText())
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"), index=True)
    created_by: Mapped[uuid.UUID | None]
    created_name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Instant())
    applied_at: Mapped[datetime | None] = mapped_column(Instant())
    undone_at: Mapped[datetime | None] = mapped_column(Instant())
    job_id: Mapped[uuid.UUID | None]
    audit_id: Mapped[uuid.UUID]


class ImportRow(Base):
    """One staged row: what its cells mean, and what applying it does or did."""

    __tablename__ = "import_row"
    __table_args__ = (Index("ix_import_row_batch_id_kind_action", "batch_id", "kind", "action"),)
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("import_batch.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sheet: Mapped[str] = mapped_column(String(64))
    row_no: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(20))
    data: Mapped[dict[str, Any]] = mapped_column(JSONText())
    action: Mapped[str] = mapped_column(String(10))
    node_id: Mapped[uuid.UUID | None]
    revision: Mapped[int | None] = mapped_column(Integer)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONText())


class ImportFinding(Base):
    """One finding: 行号·列·原值·问题·建议, with its severity error, row_error or warning."""

    __tablename__ = "import_finding"
    __table_args__ = (Index("ix_import_finding_batch_id_severity", "batch_id", "severity"),)
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("import_batch.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sheet: Mapped[str] = mapped_column(String(64))
    row_no: Mapped[int | None] = mapped_column(Integer)
    column: Mapped[str | None] = mapped_column(String(4))
    header: Mapped[str | None] = mapped_column(String(100))
    value: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(40))
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    fix_zh: Mapped[str] = mapped_column(Text)
    fix_en: Mapped[str] = mapped_column(Text)


class ImportClash(Base):
    """A cell that the workbook and somebody else changed: 导出时/现在/您的. ``choice`` None is not yet decided."""

    __tablename__ = "import_clash"
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("import_batch.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    row_seq: Mapped[int] = mapped_column(Integer)
    node_id: Mapped[uuid.UUID]
    code: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(400))
    sheet: Mapped[str] = mapped_column(String(64))
    row_no: Mapped[int] = mapped_column(Integer)
    field: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(100))
    base: Mapped[str] = mapped_column(Text)
    current: Mapped[str] = mapped_column(Text)
    mine: Mapped[str] = mapped_column(Text)
    choice: Mapped[str | None] = mapped_column(String(10))
    chosen_by: Mapped[uuid.UUID | None]
    chosen_at: Mapped[datetime | None] = mapped_column(Instant())


class ImportCorrection(Base):
    """A cell that was corrected beside the uploaded file; the last one of a cell holds, ``value`` None takes it back.

    ``number`` counts up within the batch: a check notes the last one that it has read.
    """

    __tablename__ = "import_correction"
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("import_batch.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sheet: Mapped[str] = mapped_column(String(64))
    row_no: Mapped[int] = mapped_column(Integer)
    column: Mapped[str] = mapped_column(String(4))
    header: Mapped[str | None] = mapped_column(String(100))
    original: Mapped[str] = mapped_column(Text)
    value: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[uuid.UUID | None]
    created_name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class CatalogExport(Base):
    """A workbook made in the background. state: queued → made, or failed; the file lies under ``files/exports``."""

    __tablename__ = "catalog_export"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    format: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str | None] = mapped_column(String(20))
    template: Mapped[bool] = mapped_column(Boolean)
    filename: Mapped[str] = mapped_column(String(255))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    rows: Mapped[int | None] = mapped_column(Integer)
    held_back: Mapped[int | None] = mapped_column(Integer)
    size: Mapped[int | None] = mapped_column(BigInteger)
    sm3: Mapped[str | None] = mapped_column(String(64))
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    created_by: Mapped[uuid.UUID | None]
    created_name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Instant())
    made_at: Mapped[datetime | None] = mapped_column(Instant())
    job_id: Mapped[uuid.UUID | None]
    audit_id: Mapped[uuid.UUID]
