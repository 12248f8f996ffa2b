"""Tables of links beyond those beside the nodes: two kinds of link, versions of links, changes that wait."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.nodes.models import LinkColumns
from kernel.db import Base, Instant


class DataData(LinkColumns, Base):
    """How a data entry (``from``) stands to another (``to``): ``relation`` related, derived or source."""

    __tablename__ = "data_data"
    __table_args__ = (UniqueConstraint("from_id", "to_id", "relation"),)
    from_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id", ondelete="CASCADE"))
    to_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id", ondelete="CASCADE"), index=True)
    relation: Mapped[str] = mapped_column(String(20))


class DutyDuty(LinkColumns, Base):
    """Where a duty went: ``relation`` moved, merged or split; written by the decided change of a duty."""

    __tablename__ = "duty_duty"
    __table_args__ = (UniqueConstraint("from_id", "to_id", "relation"),)
    from_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty.id", ondelete="CASCADE"))
    to_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty.id", ondelete="CASCADE"), index=True)
    relation: Mapped[str] = mapped_column(String(20))


class LinkVersion(Base):
    """A decided add or remove of a link: its canonical content and the hash chain. Insert only.

    ``link_id`` is the same whenever the same two ends are linked again. ``from_node_id`` and ``to_node_id`` are the
    nodes of the ends (the entry of an item, the table of a column), else the ends themselves.
    """

    __tablename__ = "link_version"
    __table_args__ = (
        UniqueConstraint("link_id", "version"),
        Index("ix_link_version_link_kind_from_id", "link_kind", "from_id"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    link_kind: Mapped[str] = mapped_column(String(20))
    link_id: Mapped[uuid.UUID]
    version: Mapped[int] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(10))
    from_id: Mapped[uuid.UUID]
    to_id: Mapped[uuid.UUID]
    relation: Mapped[str] = mapped_column(String(20))
    from_node_id: Mapped[uuid.UUID] = mapped_column(index=True)
    to_node_id: Mapped[uuid.UUID] = mapped_column(index=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    content: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str | None] = mapped_column(String(64))
    entry_hash: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[datetime] = mapped_column(Instant())
    author_id: Mapped[uuid.UUID | None]
    approver_id: Mapped[uuid.UUID | None]
    audit_id: Mapped[uuid.UUID]


class LinkChange(Base):
    """An add or remove between published nodes that waits for a second person, or what was decided about it."""

    __tablename__ = "link_change"
    __table_args__ = (
        Index(
            "uq_link_change_open", "link_kind", "from_id", "to_id", "relation", unique=True,
            sqlite_where=text("decision IS NULL"), postgresql_where=text("decision IS NULL"),
        ),
        Index("ix_link_change_department_id_decision", "department_id", "decision"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    link_kind: Mapped[str] = mapped_column(String(20))
    link_id: Mapped[uuid.UUID]
    action: Mapped[str] = mapped_column(String(10))
    from_id: Mapped[uuid.UUID] = mapped_column(index=True)
    to_id: Mapped[uuid.UUID] = mapped_column(index=True)
    relation: Mapped[str] = mapped_column(String(20))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    batch_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    submitted_by: Mapped[uuid.UUID | None]
    submitted_name: Mapped[str] = mapped_column(String(100))
    submitted_at: Mapped[datetime] = mapped_column(Instant())
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_by: Mapped[uuid.UUID | None]
    decided_name: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime | None] = mapped_column(Instant())
    reason: Mapped[str | None] = mapped_column(Text)
    audit_id: Mapped[uuid.UUID]
