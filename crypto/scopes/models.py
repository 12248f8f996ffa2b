"""Table of scopes."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class CryptoScope(Base):
    """One encrypted column of one department.

    ``fence_key_id``: the key that may be written; database triggers are derived from it.
    ``window``: when a rotation may run (``rotation.windows``), None for any time.
    """

    __tablename__ = "crypto_scope"
    __table_args__ = (UniqueConstraint("department_id", "table_name", "column_name"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    table_name: Mapped[str] = mapped_column(String(63))
    column_name: Mapped[str] = mapped_column(String(63))
    mode: Mapped[str] = mapped_column(String(8))
    padded: Mapped[bool] = mapped_column(Boolean)
    blind_index: Mapped[str | None] = mapped_column(String(63))
    rotate_every_days: Mapped[int] = mapped_column(Integer)
    fence_key_id: Mapped[int] = mapped_column(BigInteger)
    window: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
