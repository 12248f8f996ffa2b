"""The table of information projects."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class LedgerProject(Base):
    """One information project of the ledger (信息化项目底账). ``budget`` is in cents (分)."""

    __tablename__ = "project_ledger"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    project_no: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(400))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    year: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(20))
    budget: Mapped[int | None] = mapped_column(BigInteger)
    stage: Mapped[str] = mapped_column(String(20))
    system_names: Mapped[list[str]] = mapped_column(JSONText())
    created_at: Mapped[datetime] = mapped_column(Instant())
    updated_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
