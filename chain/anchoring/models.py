"""Tables of anchoring.

A stream has one tree per epoch (epoch 2 and later exist only after a loss, see ``restore``). Rows of leaves and
batches are never deleted; a tile only grows.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class AnchorStream(Base):
    """One stream: its signer account and what has been handed out (``size``, ``seq``, ``head``, ``nonce``).

    ``head`` is that of the last batch row, final or not; ``nonce`` is the next one of the account.
    ``state`` is open or halted; ``reason`` is the code of the error that halted it.
    """

    __tablename__ = "anchor_stream"
    name: Mapped[str] = mapped_column(String(28), primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer)
    address: Mapped[str] = mapped_column(String(42))
    key_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)
    seq: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[bytes] = mapped_column(LargeBinary)
    nonce: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(60))
    changed_at: Mapped[datetime] = mapped_column(Instant())


class AnchorBatch(Base):
    """Leaves [from_index, from_index + leaves) and the transaction that anchors the root over all up to there.

    ``state``: prepared (committed, perhaps sent), final (evidence kept), lost (on the chain, but restored away
    here: no transaction and no leaves), void (its transaction can never be accepted; its leaves were freed).
    """

    __tablename__ = "anchor_batch"
    __table_args__ = (
        UniqueConstraint("stream", "epoch", "seq", "state"),
        Index(
            "ix_anchor_batch_open", "stream", unique=True,
            sqlite_where=text("state = 'prepared'"), postgresql_where=text("state = 'prepared'"),
        ),
        Index("ix_anchor_batch_created_at", "created_at"),
    )  # fmt: skip
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(ForeignKey("anchor_stream.name"))
    epoch: Mapped[int] = mapped_column(Integer)
    seq: Mapped[int] = mapped_column(BigInteger)
    from_index: Mapped[int] = mapped_column(BigInteger)
    leaves: Mapped[int] = mapped_column(Integer)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    prev_head: Mapped[bytes] = mapped_column(LargeBinary)
    head: Mapped[bytes] = mapped_column(LargeBinary)
    nonce: Mapped[int | None] = mapped_column(BigInteger)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    tx_hash: Mapped[str | None] = mapped_column(String(66))
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(Instant())
    final_at: Mapped[datetime | None] = mapped_column(Instant())
    block_number: Mapped[int | None] = mapped_column(BigInteger)
    block_hash: Mapped[str | None] = mapped_column(String(66))
    block_time: Mapped[datetime | None] = mapped_column(Instant())
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONText())


class AnchorLeaf(Base):
    """One record to anchor, written in the transaction of its cause; ``index`` is given later by the sealer."""

    __tablename__ = "anchor_leaf"
    __table_args__ = (
        UniqueConstraint("stream", "object_type", "object_id", "version"),
        UniqueConstraint("stream", "epoch", "index"),
        Index(
            "ix_anchor_leaf_waiting", "stream", "id",
            sqlite_where=text("batch_id IS NULL"), postgresql_where=text("batch_id IS NULL"),
        ),
        Index("ix_anchor_leaf_batch_id", "batch_id"),
        Index("ix_anchor_leaf_object", "object_type", "object_id", "version"),
        Index("ix_anchor_leaf_department_id_created_at", "department_id", "created_at"),
    )  # fmt: skip
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(String(28))
    object_type: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(BigInteger)
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    record: Mapped[dict[str, Any]] = mapped_column(JSONText())
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    audit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("audit_log.id"))
    created_at: Mapped[datetime] = mapped_column(Instant())
    epoch: Mapped[int | None] = mapped_column(Integer)
    index: Mapped[int | None] = mapped_column(BigInteger)
    batch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("anchor_batch.id"))


class AnchorTally(Base):
    """How many final records of a department a stream holds, all epochs together (``tallies``)."""

    __tablename__ = "anchor_tally"
    __table_args__ = (Index("ix_anchor_tally_department_id", "department_id"),)
    stream: Mapped[str] = mapped_column(ForeignKey("anchor_stream.name"), primary_key=True)
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), primary_key=True)
    records: Mapped[int] = mapped_column(BigInteger)


class AnchorTile(Base):
    """Up to 256 hashes of one level of one tree, 32 bytes each (``tree``)."""

    __tablename__ = "anchor_tile"
    stream: Mapped[str] = mapped_column(String(28), primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class AnchorCheckpoint(Base):
    """What the platform signed about one size of one tree (``key`` 65 bytes, ``signature`` r || s)."""

    __tablename__ = "anchor_checkpoint"
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("anchor_batch.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(200))
    stream: Mapped[str] = mapped_column(String(32))
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    time: Mapped[datetime] = mapped_column(Instant())
    key: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class AnchorTrust(Base):
    """What the trust file says about the chain, kept so that verifying needs no node. One row, ``id`` 1.

    ``witness_quorum``: how many witnesses a proof must show to be authenticated.
    """

    __tablename__ = "anchor_trust"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    genesis_hash: Mapped[str] = mapped_column(String(66))
    registry_address: Mapped[str] = mapped_column(String(42))
    sealers: Mapped[list[dict[str, Any]]] = mapped_column(JSONText())
    witness_quorum: Mapped[int] = mapped_column(Integer, server_default="0")
    changed_at: Mapped[datetime] = mapped_column(Instant())
