"""Tables of keys: ids, states and check values; KEK material is never here, DEK material only wrapped."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class CryptoKek(Base):
    """A key-encryption key of a department; its material is one object of the root provider.

    ``retired_at`` is also when the department's surviving data keys were wrapped under the next KEK.
    ``destroying_at`` marks an approved destruction whose object may be gone before the certificate is written.
    """

    __tablename__ = "crypto_kek"
    __table_args__ = (
        UniqueConstraint("department_id", "version"),
        Index(
            "uq_crypto_kek_one_active", "department_id", unique=True,
            sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'"),
        ),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16))
    provider: Mapped[str] = mapped_column(String(40))
    kcv: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant())
    retired_at: Mapped[datetime | None] = mapped_column(Instant())
    destroying_at: Mapped[datetime | None] = mapped_column(Instant())
    destroyed_at: Mapped[datetime | None] = mapped_column(Instant())
    certificate: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    audit_id: Mapped[uuid.UUID]


class CryptoDek(Base):
    """A data key of one scope and purpose, wrapped under a KEK.

    ``key_id`` is global and only grows, so that ``<`` means older; ``reserved`` counts uses in blocks of 2^20.
    ``wrapped`` is empty once the key is destroyed.
    """

    __tablename__ = "crypto_dek"
    __table_args__ = (
        UniqueConstraint("scope_id", "purpose", "version"),
        Index(
            "uq_crypto_dek_one_active", "scope_id", "purpose", unique=True,
            sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'"),
        ),
    )
    key_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    scope_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("crypto_scope.id"))
    purpose: Mapped[str] = mapped_column(String(8))
    version: Mapped[int] = mapped_column(Integer)
    kek_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("crypto_kek.id"))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    kcv: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16))
    reserved: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant())
    activated_at: Mapped[datetime | None] = mapped_column(Instant())
    replaced_at: Mapped[datetime | None] = mapped_column(Instant())
    retired_at: Mapped[datetime | None] = mapped_column(Instant())
    compromised_at: Mapped[datetime | None] = mapped_column(Instant())
    destroyed_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
