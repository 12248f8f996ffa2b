"""Tables of contracts: custodial accounts, versions with their evidence, deployments, journals, rights, history."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class ChainAccount(Base):
    """A ledger account of the platform. ``key_sealed`` is the secret under SecretBox purpose "chain.account".

    ``held``: its key is being exchanged, and nothing is signed with it until that is done.
    """

    __tablename__ = "chain_account"
    __table_args__ = (UniqueConstraint("purpose"),)
    address: Mapped[str] = mapped_column(String(42), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(60))
    key_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant())
    held: Mapped[bool] = mapped_column(Boolean, server_default=false())


class ContractRelease(Base):
    """One contract at an address: the journal of its creation. ``state``: prepared (signed, perhaps sent), live (code
    compared), void (its transaction can never be sealed), superseded (a newer one is live). ``code_hash`` is SHA-256
    of the built runtime code, hex; ``creation_hash`` binds creation code and constructor arguments.

    Behind a proxy two rows are live: ``Name`` (the proxy, whose ``version_id`` follows every upgrade) and
    ``Name.implementation``. ``version_id`` and ``deployment_id`` are empty for what the program deploys by itself.
    """

    __tablename__ = "contract_release"
    __table_args__ = (
        Index(
            "ix_contract_release_open", "environment", "name", "chain_id", unique=True,
            sqlite_where=text("state = 'prepared'"), postgresql_where=text("state = 'prepared'"),
        ),
        Index(
            "ix_contract_release_live", "environment", "name", "chain_id", unique=True,
            sqlite_where=text("state = 'live'"), postgresql_where=text("state = 'live'"),
        ),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(20))
    chain_id: Mapped[int] = mapped_column(BigInteger)
    code_hash: Mapped[str] = mapped_column(String(64))
    creation_hash: Mapped[str] = mapped_column(String(64))
    deployer: Mapped[str] = mapped_column(String(42))
    nonce: Mapped[int] = mapped_column(BigInteger)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    tx_hash: Mapped[str] = mapped_column(String(66))
    address: Mapped[str] = mapped_column(String(42))
    state: Mapped[str] = mapped_column(String(12))
    block_number: Mapped[int | None] = mapped_column(BigInteger)
    gas_used: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant())
    live_at: Mapped[datetime | None] = mapped_column(Instant())
    version_id: Mapped[uuid.UUID | None]
    deployment_id: Mapped[uuid.UUID | None]
    implementation: Mapped[str | None] = mapped_column(String(42))
    comparison: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    frozen_at: Mapped[datetime | None] = mapped_column(Instant())
    frozen_by: Mapped[str | None] = mapped_column(String(120))


class ContractVersion(Base):
    """A contract as it was handed in, with what its rehearsal saw. ``digest`` binds all of it once it is ready.

    ``kind``: plain, or uups (behind an ERC-1967 proxy). ``state``: draft, failed, ready, retired. ``artifact`` is
    :class:`chain.contracts.packages.Package` as JSON, ``source`` the compiler's standard-JSON input.
    """

    __tablename__ = "contract_version"
    __table_args__ = (UniqueConstraint("name", "version"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(12))
    contract: Mapped[str] = mapped_column(String(300))
    compiler: Mapped[str] = mapped_column(String(100))
    fork: Mapped[str] = mapped_column(String(20))
    code_hash: Mapped[str] = mapped_column(String(64))
    arguments: Mapped[list[Any]] = mapped_column(JSONText())
    initialiser: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    libraries: Mapped[dict[str, str]] = mapped_column(JSONText())
    suite: Mapped[dict[str, Any]] = mapped_column(JSONText())
    previous_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contract_version.id"))
    state: Mapped[str] = mapped_column(String(12))
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    digest: Mapped[str | None] = mapped_column(String(80))
    artifact: Mapped[dict[str, Any]] = mapped_column(JSONText(), deferred=True)
    source: Mapped[dict[str, Any]] = mapped_column(JSONText(), deferred=True)
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    rehearsed_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class ContractDeployment(Base):
    """What two people decide and a journal carries out: bring a version to an environment, go back, unfreeze.

    ``action``: deploy, promote, upgrade, rollback, unfreeze. ``state``: proposed, running, done, failed, rejected.
    ``params`` are what the approval binds; ``digest`` is in them and names the version with everything resolved for
    this chain.
    """

    __tablename__ = "contract_deployment"
    __table_args__ = (
        Index(
            "ix_contract_deployment_open", "environment", "name", "chain_id", unique=True,
            sqlite_where=text("state IN ('proposed', 'running')"),
            postgresql_where=text("state IN ('proposed', 'running')"),
        ),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contract_version.id"))
    name: Mapped[str] = mapped_column(String(40))
    environment: Mapped[str] = mapped_column(String(20))
    chain_id: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(12))
    params: Mapped[dict[str, Any]] = mapped_column(JSONText())
    digest: Mapped[str] = mapped_column(String(80))
    approval_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(String(12))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class ContractCall(Base):
    """One write: the journal of its transaction. ``state``: queued, prepared (signed, perhaps sent), sealed, failed
    (sealed and reverted, or refused before it was signed). A transaction whose nonce another one used is listed in
    ``voided`` and signed anew. ``step`` names it within its deployment: each step has one row."""

    __tablename__ = "contract_call"
    __table_args__ = (
        UniqueConstraint("deployment_id", "step"),
        Index("ix_contract_call_name", "name", "environment", "created_at"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    environment: Mapped[str] = mapped_column(String(20))
    chain_id: Mapped[int] = mapped_column(BigInteger)
    deployment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contract_deployment.id"))
    step: Mapped[str | None] = mapped_column(String(20))
    method: Mapped[str] = mapped_column(String(300))
    arguments: Mapped[list[Any]] = mapped_column(JSONText())
    target: Mapped[str] = mapped_column(String(42))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    purpose: Mapped[str] = mapped_column(String(60))
    account: Mapped[str | None] = mapped_column(String(42))
    nonce: Mapped[int | None] = mapped_column(BigInteger)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    tx_hash: Mapped[str | None] = mapped_column(String(66))
    voided: Mapped[list[str]] = mapped_column(JSONText())
    state: Mapped[str] = mapped_column(String(12))
    problem: Mapped[str] = mapped_column(Text)
    events: Mapped[list[Any] | None] = mapped_column(JSONText())
    block_number: Mapped[int | None] = mapped_column(BigInteger)
    gas_used: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer)
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    closed_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class ContractRight(Base):
    """Which role may write through the platform: one method (its signature) or ``*`` of one contract."""

    __tablename__ = "contract_right"
    __table_args__ = (UniqueConstraint("environment", "name", "method", "role"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(40))
    method: Mapped[str] = mapped_column(String(300))
    role: Mapped[str] = mapped_column(String(60))
    created_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class ContractEvent(Base):
    """One line of a contract's history; the audit trail has the same act under ``audit_id``."""

    __tablename__ = "contract_event"
    __table_args__ = (Index("ix_contract_event_name", "name", "at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    environment: Mapped[str | None] = mapped_column(String(20))
    version: Mapped[str | None] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(60))
    actor: Mapped[str] = mapped_column(String(120))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONText())
    at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
