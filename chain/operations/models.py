"""Tables of operations and the signatures over them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class ChainOperation(Base):
    """An operation: ``calls`` are {contract, method, arguments, target, data} each, ``evidence`` 32 bytes in hex,
    ``salt`` a decimal number, ``not_after`` Unix seconds, ``digest`` what members sign (0x and 64 hex digits).

    ``state``: open → executing → executed or failed; expired, cancelled. ``step`` names it within a deployment, which
    carries it out itself; others have a ``call_id`` of their own.
    """

    __tablename__ = "chain_operation"
    __table_args__ = (
        UniqueConstraint("digest"), UniqueConstraint("deployment_id", "step"),
        Index("ix_chain_operation_state", "state", "created_at"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(String(20))
    chain_id: Mapped[int] = mapped_column(BigInteger)
    board: Mapped[str] = mapped_column(String(40))
    contract: Mapped[str] = mapped_column(String(42))
    title: Mapped[str] = mapped_column(String(200))
    calls: Mapped[list[dict[str, Any]]] = mapped_column(JSONText())
    evidence: Mapped[str] = mapped_column(String(64))
    salt: Mapped[str] = mapped_column(String(40))
    not_after: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(66))
    members: Mapped[list[str]] = mapped_column(JSONText())
    threshold: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12))
    problem: Mapped[str] = mapped_column(Text)
    deployment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contract_deployment.id"))
    step: Mapped[str | None] = mapped_column(String(20))
    call_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contract_call.id"))
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class OperationSignature(Base):
    """One member's signature (65 bytes: r, s, v), as it was imported and checked."""

    __tablename__ = "chain_operation_signature"
    __table_args__ = (UniqueConstraint("operation_id", "member"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    operation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chain_operation.id"))
    member: Mapped[str] = mapped_column(String(42))
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    imported_by: Mapped[str] = mapped_column(String(120))
    imported_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
