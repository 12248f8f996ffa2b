"""Tables: accounts whose keys the platform keeps (custodial), and the journal of deployments."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class ChainAccount(Base):
    """A ledger account of the platform. ``key_sealed`` is the secret under SecretBox purpose "chain.account"."""

    __tablename__ = "chain_account"
    __table_args__ = (UniqueConstraint("purpose"),)
    address: Mapped[str] = mapped_column(String(42), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(60))
    key_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant())


class ContractRelease(Base):
    """One deployment. ``state``: prepared (signed, perhaps sent), live (code compared), void (its transaction can
    never be sealed), superseded (a newer one is live). ``code_hash`` is SHA-256 of the runtime code, hex;
    ``creation_hash`` binds creation code and constructor arguments."""

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
