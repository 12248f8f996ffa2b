"""Tables of applications on the chain: applications, their places, evidence, use per day, test reports."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class ChainApp(Base):
    """An application of a department. ``life``: see ``rules.Life``; ``suspended``: why it is, None when it is not.

    ``contracts`` (names) and ``accounts`` (addresses) are what it declares to use by web3 of its own.
    ``open_check``: whoever has a digest may ask the public 核验 whether it was stored.
    """

    __tablename__ = "chain_app"
    __table_args__ = (Index("ix_chain_app_department_id", "department_id"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    system_name: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(500))
    contact: Mapped[str] = mapped_column(String(200))
    contracts: Mapped[list[str]] = mapped_column(JSONText())
    accounts: Mapped[list[str]] = mapped_column(JSONText())
    open_check: Mapped[bool] = mapped_column(Boolean)
    life: Mapped[str] = mapped_column(String(12))
    suspended: Mapped[str | None] = mapped_column(String(500))
    version: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class ChainAppPlace(Base):
    """An application in one environment ("test", "production"). ``credential_id`` is the application at the door
    (AppKey and secrets) and None until its first secret was issued."""

    __tablename__ = "chain_app_place"
    __table_args__ = (UniqueConstraint("app_id", "environment"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    app_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chain_app.id"))
    environment: Mapped[str] = mapped_column(String(12))
    stream: Mapped[str] = mapped_column(String(28), unique=True)
    credential_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("gateway_app.id"), unique=True)
    daily_quota: Mapped[int] = mapped_column(Integer)
    callback_url: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class ChainAppReport(Base):
    """A test report: figures and checks as they were, with the officer's conclusion; never changed."""

    __tablename__ = "chain_app_report"
    __table_args__ = (UniqueConstraint("app_id", "number"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    app_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chain_app.id"))
    number: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]] = mapped_column(JSONText())
    digest: Mapped[str] = mapped_column(String(80))
    conclusion: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(Instant())
    approval_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("approval.id"))
    audit_id: Mapped[uuid.UUID]


class EvidenceCall(Base):
    """One keyed call: the Idempotency-Key of a place and the SM3 of the body that came with it."""

    __tablename__ = "chain_evidence_call"
    __table_args__ = (UniqueConstraint("place_id", "key"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    place_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chain_app_place.id"))
    key: Mapped[str] = mapped_column(String(200))
    body_digest: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant())


class Evidence(Base):
    """One digest that an application stored. ``content`` is the SM3 of what was sent: the same again, or another.

    The record itself (digest, salt, meta) is the leaf's.
    """

    __tablename__ = "chain_evidence"
    __table_args__ = (
        UniqueConstraint("place_id", "client_id"),
        Index("ix_chain_evidence_digest", "digest"),
        Index("ix_chain_evidence_place_id_id", "place_id", "id"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    place_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chain_app_place.id"))
    client_id: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(80))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("anchor_leaf.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant())


class EvidenceUse(Base):
    """What a place did on one Beijing day: calls, digests stored, sent again, refused, proofs, callbacks."""

    __tablename__ = "chain_evidence_use"
    __table_args__ = (Index("ix_chain_evidence_use_day", "day"),)
    place_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chain_app_place.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    calls: Mapped[int] = mapped_column(Integer, default=0)
    stored: Mapped[int] = mapped_column(Integer, default=0)
    repeated: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    proofs: Mapped[int] = mapped_column(Integer, default=0)
    callbacks: Mapped[int] = mapped_column(Integer, default=0)
