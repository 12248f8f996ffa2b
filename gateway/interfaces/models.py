"""An interface and its revisions."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText

_OPEN = "state IN ('draft', 'testing', 'submitted', 'returned', 'scheduled', 'canary')"


class Interface(Base):
    """``state``: draft until the first publication, then published, at last retired.

    ``revision`` is served in the production environment (0: none yet), ``test_revision`` in the test environment.
    ``ends_on``: the announced day of 停用, with the instant of the announcement.
    """

    __tablename__ = "gateway_interface"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(String(200), unique=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(Integer)
    test_revision: Mapped[int | None] = mapped_column(Integer)
    ends_on: Mapped[date | None] = mapped_column(Date)
    announced_at: Mapped[datetime | None] = mapped_column(Instant())
    version: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(Instant())
    updated_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class InterfaceRevision(Base):
    """One revision; only a draft's definition changes, from the test environment on it is frozen with its number.

    ``state``: draft, testing, submitted, returned, scheduled (approved, served from ``effective_on`` on), canary
    (approved, served to a part: ``canary`` = {"share": per mille of calls, "apps": [ids]}), published or superseded.
    ``published_at``: its first publication, which a rollback does not move.
    """

    __tablename__ = "gateway_interface_revision"
    __table_args__ = (
        UniqueConstraint("interface_id", "number"),
        Index(
            "uq_gateway_interface_revision_open", "interface_id", unique=True,
            sqlite_where=text(_OPEN), postgresql_where=text(_OPEN),
        ),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    interface_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gateway_interface.id"))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20))
    definition: Mapped[dict[str, Any]] = mapped_column(JSONText())
    sm3: Mapped[str] = mapped_column(String(64))
    tested_at: Mapped[datetime | None] = mapped_column(Instant())
    submitted_by: Mapped[uuid.UUID | None]
    submitted_at: Mapped[datetime | None] = mapped_column(Instant())
    decided_by: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None] = mapped_column(Instant())
    opinion: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime | None] = mapped_column(Instant())
    effective_on: Mapped[date | None] = mapped_column(Date)
    canary: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    audit_id: Mapped[uuid.UUID]
