"""Tables of registries: which are switched on, and what is to be written to them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText

_WAITING = text("state = 'waiting'")


class ChainRegistry(Base):
    """A registry contract, by its name in the production environment, and whether causes are written to it."""

    __tablename__ = "chain_registry"
    contract: Mapped[str] = mapped_column(String(40), primary_key=True)
    enabled: Mapped[bool] = mapped_column(Boolean)
    changed_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class RegistryRecord(Base):
    """One thing that a registry shall say. ``subject`` is its name there (32 bytes, hex), ``position`` the order within
    a subject, ``goal`` what shall stand there (:mod:`chain.registries.goals`).

    ``state``: waiting, final (the chain says it), skipped (the chain says something later; ``problem`` what).
    ``call_id``: the transaction under way or the last one; ``operation_id``: what persons sign instead.
    """

    __tablename__ = "chain_registry_record"
    __table_args__ = (
        UniqueConstraint("contract", "subject", "position"),
        Index("ix_chain_registry_record_object", "object_type", "object_id"),
        Index(
            "ix_chain_registry_record_waiting", "contract", "created_at", sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    contract: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(BigInteger)
    object_type: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(80))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    goal: Mapped[dict[str, Any]] = mapped_column(JSONText())
    state: Mapped[str] = mapped_column(String(12))
    problem: Mapped[str] = mapped_column(Text)
    role: Mapped[str | None] = mapped_column(String(64))
    call_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contract_call.id"))
    operation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("chain_operation.id"))
    created_at: Mapped[datetime] = mapped_column(Instant())
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
