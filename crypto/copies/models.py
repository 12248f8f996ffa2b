"""Table of copies."""

import uuid
from datetime import datetime

from sqlalchemy import Boolean, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class CryptoCopy(Base):
    """A copy of data or keys outside the running installation.

    ``key_store``: it holds the provider's objects too, those of retired KEKs with them. A copy is gone when
    ``deleted_at`` is set or ``expires_at`` has passed.
    """

    __tablename__ = "crypto_copy"
    __table_args__ = (Index("ix_crypto_copy_made_at", "made_at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    location: Mapped[str] = mapped_column(String(500))
    made_at: Mapped[datetime] = mapped_column(Instant())
    key_store: Mapped[bool] = mapped_column(Boolean)
    expires_at: Mapped[datetime | None] = mapped_column(Instant())
    deleted_at: Mapped[datetime | None] = mapped_column(Instant())
    note: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
