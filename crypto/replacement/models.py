"""Tables of targets and replacement jobs: the job, its journal of ranges, what it found, its sealed secret."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from crypto.scopes.registry import EncryptedColumn, EncryptedTable, declare
from crypto.scopes.types import EncryptedBytes
from kernel.db import Base, Instant, JSONText

SECRET_TABLE = "crypto_replacement_secret"
OBJECT = "crypto_replacement"  # of approvals and trail lines


class CryptoTarget(Base):
    """A department's own database. ``secret`` is the password, sealed by the SecretBox."""

    __tablename__ = "crypto_target"
    __table_args__ = (Index("ix_crypto_target_department_id", "department_id"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    name: Mapped[str] = mapped_column(String(120))
    product: Mapped[str] = mapped_column(String(60))
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int] = mapped_column(Integer)
    database: Mapped[str] = mapped_column(String(120))
    username: Mapped[str] = mapped_column(String(120))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    tls: Mapped[str] = mapped_column(String(8))
    authority: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    removed_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class CryptoReplacement(Base):
    """A job over several columns of one database; without a target it is carried out by the offline package.

    ``columns``: objects of schema, table, column, field (and key, key type offline). ``forms``: field to form.
    ``checked`` is what the assessment and the dry run saw; ``evidence`` what the run did.
    """

    __tablename__ = "crypto_replacement"
    __table_args__ = (Index("ix_crypto_replacement_department_id", "department_id"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    target_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("crypto_target.id"))
    title: Mapped[str] = mapped_column(String(200))
    columns: Mapped[list[dict[str, str]]] = mapped_column(JSONText())
    forms: Mapped[dict[str, str]] = mapped_column(JSONText())
    state: Mapped[str] = mapped_column(String(12))
    decision: Mapped[str | None] = mapped_column(String(12))
    checked: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    done: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class CryptoReplacementRange(Base):
    """A page of rows of one column: written to the undo file at ``place``, then changed. Resume rests on these rows.

    ``round`` 1 is the whole table, later ones look for what was written meanwhile. ``last``: the column ended here.
    """

    __tablename__ = "crypto_replacement_range"
    __table_args__ = (Index("ix_crypto_replacement_range_state", "replacement_id", "state"),)
    replacement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("crypto_replacement.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    round: Mapped[int] = mapped_column(Integer)
    slot: Mapped[int] = mapped_column(Integer)
    place: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(Integer)
    left: Mapped[int] = mapped_column(Integer)
    last: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(10))


class CryptoReplacementFinding(Base):
    """A row that a job lists: an exception, what looks like an identifier, what somebody else changed. Never clear.

    ``row_key`` is masked where the key is the sensitive column itself.
    """

    __tablename__ = "crypto_replacement_finding"
    replacement_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("crypto_replacement.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    phase: Mapped[str] = mapped_column(String(10))
    slot: Mapped[int] = mapped_column(Integer)
    row_key: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(60))
    shown: Mapped[str] = mapped_column(String(120))


class CryptoReplacementSecret(Base):
    """What opens a job's undo file (and its offline package), under a data key of the department."""

    __tablename__ = SECRET_TABLE
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    dept_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    secret_env: Mapped[bytes] = mapped_column(EncryptedBytes())


declare(EncryptedTable(
    name=SECRET_TABLE, columns=(EncryptedColumn("secret_env", zh="替换任务撤销密钥", mask="all"),),
))
