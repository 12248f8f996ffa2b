"""Kept quality: figures and failing cells of each department as last computed, and the figures of each day."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class QualityState(Base):
    """When a department was computed, and the mark of what it was computed from (``service.marks``)."""

    __tablename__ = "quality_state"
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), primary_key=True)
    mark: Mapped[str] = mapped_column(String(64))
    nodes: Mapped[int] = mapped_column(Integer)
    computed_at: Mapped[datetime] = mapped_column(Instant())


class QualityFigure(Base):
    """Cells that pass a rule and cells that it looked at, on one level of a department."""

    __tablename__ = "quality_figure"
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    rule: Mapped[str] = mapped_column(String(40), primary_key=True)
    numerator: Mapped[int] = mapped_column(Integer)
    denominator: Mapped[int] = mapped_column(Integer)


class QualityFailure(Base):
    """A cell that fails a rule; ``code`` and ``name`` are the node's when it was judged."""

    __tablename__ = "quality_failure"
    __table_args__ = (
        Index("ix_quality_failure_department_id_node_kind", "department_id", "node_kind", "code", "rule"),
        Index("ix_quality_failure_rule", "rule", "department_id"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    node_kind: Mapped[str] = mapped_column(String(20))
    node_id: Mapped[uuid.UUID] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(String(160))
    name: Mapped[str] = mapped_column(String(400))
    rule: Mapped[str] = mapped_column(String(40))
    field: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(String(200))
    child_id: Mapped[uuid.UUID | None]
    child_name: Mapped[str | None] = mapped_column(String(200))


class QualityDay(Base):
    """The figures as they stood at the end of a day (Beijing), for the trend."""

    __tablename__ = "quality_day"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    rule: Mapped[str] = mapped_column(String(40), primary_key=True)
    numerator: Mapped[int] = mapped_column(Integer)
    denominator: Mapped[int] = mapped_column(Integer)
