"""Table of approvals."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class Approval(Base):
    """A proposal with its decision and use. ``*_audit_id`` name the trail lines that wrote each step."""

    __tablename__ = "approval"
    __table_args__ = (
        Index("ix_approval_state_kind", "state", "kind"),
        Index("ix_approval_object", "object_type", "object_id"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(80))
    title_zh: Mapped[str] = mapped_column(String(300))
    title_en: Mapped[str] = mapped_column(String(300))
    params: Mapped[dict[str, Any]] = mapped_column(JSONText())
    digest: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(12))
    object_type: Mapped[str | None] = mapped_column(String(60))
    object_id: Mapped[str | None] = mapped_column(String(80))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    maker_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("app_user.id"))
    maker_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    expires_at: Mapped[datetime] = mapped_column(Instant())
    checker_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("app_user.id"))
    checker_name: Mapped[str | None] = mapped_column(String(120))
    opinion: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(Instant())
    used_at: Mapped[datetime | None] = mapped_column(Instant())
    proposed_audit_id: Mapped[uuid.UUID]
    decided_audit_id: Mapped[uuid.UUID | None]
    used_audit_id: Mapped[uuid.UUID | None]
