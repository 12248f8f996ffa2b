"""An interface and its revisions."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class Interface(Base):
    """``state``: draft until the first publication, then published, at last retired. ``revision``: the one served."""

    __tablename__ = "gateway_interface"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(String(200), unique=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(Instant())
    updated_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class InterfaceRevision(Base):
    """One revision: draft, submitted, returned, published or superseded. A published definition never changes."""

    __tablename__ = "gateway_interface_revision"
    __table_args__ = (
        UniqueConstraint("interface_id", "number"),
        Index(
            "uq_gateway_interface_revision_open", "interface_id", unique=True,
            sqlite_where=text("state IN ('draft', 'submitted', 'returned')"),
            postgresql_where=text("state IN ('draft', 'submitted', 'returned')"),
        ),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    interface_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_interface.id"))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20))
    definition: Mapped[dict[str, Any]] = mapped_column(JSONText())
    sm3: Mapped[str] = mapped_column(String(64))
    submitted_by: Mapped[uuid.UUID | None]
    submitted_at: Mapped[datetime | None] = mapped_column(Instant())
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None] = mapped_column(Instant())
    opinion: Mapped[str | None] = mapped_column(Text)
    audit_id: Mapped[uuid.UUID]
