"""The table of proposals."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class CatalogProposal(Base):
    """What a text suggests. kind: items (for an entry) or table; state: open → accepted or declined.

    ``mark`` is the digest of kind, place and content: the same suggestion is made once, also after it was declined.
    """

    __tablename__ = "catalog_proposal"
    __table_args__ = (Index("ix_catalog_proposal_department_id_state", "department_id", "state"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(400))
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("data_entry.id", ondelete="CASCADE"), index=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    content: Mapped[list[dict[str, Any]]] = mapped_column(JSONText())
    evidence: Mapped[str] = mapped_column(Text)
    mark: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    result_id: Mapped[uuid.UUID | None]
    created_by: Mapped[uuid.UUID | None]
    created_name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Instant())
    decided_by: Mapped[uuid.UUID | None]
    decided_name: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
