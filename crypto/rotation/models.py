"""Table of rotations."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from crypto.envelope.row_keys import JSONKey
from kernel.db import Base, Instant, JSONText


class CryptoRotation(Base):
    """One exchange of a scope's data key. ``cursor`` is the last row key done in this pass, ``unreadable`` lists row
    keys; both hold them as ``row_keys.to_json`` writes them.

    ``waits_until``: when the scope's window opens for which it waits (a job is queued for then), None while it may
    run. ``urgent``: no window holds it up. ``abort``: None, or the decision to go back to the old key (reason, maker,
    checker, approval, at, and the state and number of rows done that it found); the figures count the way back then.
    """

    __tablename__ = "crypto_rotation"
    __table_args__ = (
        Index(
            "uq_crypto_rotation_one_open", "scope_id", "purpose", unique=True,
            sqlite_where=text("finished_at IS NULL"), postgresql_where=text("finished_at IS NULL"),
        ),
        Index("ix_crypto_rotation_created_at", "created_at"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    scope_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("crypto_scope.id"))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    purpose: Mapped[str] = mapped_column(String(8), server_default="enc")
    urgent: Mapped[bool] = mapped_column(Boolean, server_default=false())
    waits_until: Mapped[datetime | None] = mapped_column(Instant())
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    old_key_id: Mapped[int] = mapped_column(BigInteger)
    new_key_id: Mapped[int | None] = mapped_column(BigInteger)
    cursor: Mapped[JSONKey | None] = mapped_column(JSONText())
    total: Mapped[int] = mapped_column(BigInteger)
    done: Mapped[int] = mapped_column(BigInteger)
    skipped: Mapped[int] = mapped_column(BigInteger)
    passes: Mapped[int] = mapped_column(Integer)
    unreadable: Mapped[list[JSONKey]] = mapped_column(JSONText())
    certificate: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    abort: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    approval_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval.id"))
    maker_name: Mapped[str] = mapped_column(String(120))
    checker_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    updated_at: Mapped[datetime] = mapped_column(Instant())
    switched_at: Mapped[datetime | None] = mapped_column(Instant())
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
