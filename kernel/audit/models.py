"""Tables of the audit trail. Nothing here is ever updated or deleted (triggers say so too)."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class AuditLog(Base):
    """One action. ``mac`` is HMAC-SM3 over the canonical content (``service.content``)."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_at", "at"),
        Index("ix_audit_log_object", "object_type", "object_id"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant())
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(String(120))
    actor_kind: Mapped[str] = mapped_column(String(10))
    department_id: Mapped[uuid.UUID | None]
    action: Mapped[str] = mapped_column(String(80))
    object_type: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONText())
    mac: Mapped[bytes] = mapped_column(LargeBinary)


class AuditSeal(Base):
    """The sealer's order of committed rows: link = SM3(previous link ‖ seq ‖ mac)."""

    __tablename__ = "audit_seal"
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    audit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("audit_log.id"), unique=True)
    link: Mapped[bytes] = mapped_column(LargeBinary)


class AuditUnsealed(Base):
    """Lines that wait for the sealer; a trigger on ``audit_log`` fills it, so that sealing costs O(new)."""

    __tablename__ = "audit_unsealed"
    audit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("audit_log.id"), primary_key=True)
