"""Tables of identified fields and of the values behind identifiers."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crypto.scopes.registry import EncryptedColumn, EncryptedTable, declare
from crypto.scopes.rules import normalise_text
from crypto.scopes.types import EncryptedBytes
from kernel.db import Base, Instant

TABLE, COLUMN = "identifier", "value_env"


class IdentifierField(Base):
    """A field of a department whose values have identifiers, such as 公民身份号码.

    ``number`` and ``department_number`` stand in every identifier; ``issued`` counts the field's values.
    """

    __tablename__ = "identifier_field"
    __table_args__ = (UniqueConstraint("department_id", "name"),)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    department_number: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(16))
    mask: Mapped[str] = mapped_column(String(16))
    issued: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class IdentifierRow(Base):
    """A value of a field. ``id`` is field number ‖ running number of 44 bits: what a native identifier encrypts.

    ``epoch`` is the version of the keys under which its identifiers were issued, and stay.
    """

    __tablename__ = TABLE
    __table_args__ = (
        Index("uq_identifier_field_number_value_bi", "field_number", "value_bi", unique=True),
        Index("uq_identifier_field_number_value_bi_next", "field_number", "value_bi_next", unique=True),
        Index("ix_identifier_dept_id_id", "dept_id", "id"),
        {"postgresql_with": {"fillfactor": 50}},  # rotation rewrites every row once
    )
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    dept_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    field_number: Mapped[int] = mapped_column(Integer, ForeignKey("identifier_field.number"))
    epoch: Mapped[int] = mapped_column(Integer)
    value_env: Mapped[bytes] = mapped_column(EncryptedBytes())
    value_bi: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant())
    value_bi_next: Mapped[bytes | None] = mapped_column(LargeBinary)


class IdentifierBatch(Base):
    """A file of values that a job gives identifiers to. ``key`` (idempotency) names it once in its department.

    ``done`` rows are finished, with their results sealed on disk; ``expires_at`` is when the files are deleted.
    """

    __tablename__ = "identifier_batch"
    __table_args__ = (
        UniqueConstraint("department_id", "key"), Index("ix_identifier_batch_created_at", "created_at"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    field_number: Mapped[int] = mapped_column(Integer, ForeignKey("identifier_field.number"))
    form: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(80))
    filename: Mapped[str] = mapped_column(String(255))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12))
    total: Mapped[int] = mapped_column(BigInteger)
    done: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[int] = mapped_column(BigInteger)
    refused: Mapped[int] = mapped_column(BigInteger)
    owner_id: Mapped[uuid.UUID | None]
    owner_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    expires_at: Mapped[datetime] = mapped_column(Instant())
    job_id: Mapped[uuid.UUID | None]
    audit_id: Mapped[uuid.UUID]


declare(
    EncryptedTable(
        name=TABLE,
        # stored values are in one spelling already, of their field's kind; the plain normaliser leaves that as it is
        columns=(EncryptedColumn(
            COLUMN, zh="标识原值", mask="all", blind_index="value_bi", normalise=normalise_text,
            blind_index_next="value_bi_next",
        ),),
    )
)
