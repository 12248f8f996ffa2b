"""Tables of the index. Every row follows from the chain (attributions besides from anchored batches), so all can be
deleted and made again. Hashes and addresses are 0x and lower-case hex."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class IndexCursor(Base):
    """How far the index is: one row, ``id`` 1, written in the transaction of the rows it speaks of.

    ``forks`` counts how often blocks were taken back, ``fork_depth`` how many the last time.
    """

    __tablename__ = "chain_cursor"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    genesis_hash: Mapped[str] = mapped_column(String(66))
    height: Mapped[int] = mapped_column(BigInteger)
    block_hash: Mapped[str] = mapped_column(String(66))
    block_at: Mapped[datetime] = mapped_column(Instant())
    forks: Mapped[int] = mapped_column(Integer)
    fork_depth: Mapped[int] = mapped_column(Integer)
    forked_at: Mapped[datetime | None] = mapped_column(Instant())
    changed_at: Mapped[datetime] = mapped_column(Instant())


class ChainBlock(Base):
    """A block. ``interval`` is seconds since its parent (None for blocks 0 and 1: nobody sealed block 0), ``missed``
    the sealers' turns that passed before it."""

    __tablename__ = "chain_block"
    __table_args__ = (
        Index("ix_chain_block_hash", "hash", unique=True),
        Index("ix_chain_block_at", "at"),
        Index(
            "ix_chain_block_busy", "number", sqlite_where=text("transactions > 0"),
            postgresql_where=text("transactions > 0"),
        ),
    )  # fmt: skip
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(66))
    parent_hash: Mapped[str] = mapped_column(String(66))
    at: Mapped[datetime] = mapped_column(Instant())
    interval: Mapped[int | None] = mapped_column(BigInteger)
    transactions: Mapped[int] = mapped_column(Integer)
    failed: Mapped[int] = mapped_column(Integer)
    logs: Mapped[int] = mapped_column(Integer)
    gas_used: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(Integer)
    sealer: Mapped[str] = mapped_column(String(42))
    missed: Mapped[int] = mapped_column(Integer)


class ChainTransaction(Base):
    """A sealed transaction; ``contract``, ``method``, ``arguments`` are decoded where the ABI is known.

    ``reason`` is None for success, else the name of the error; ``revert`` the bytes it was decoded from.
    """

    __tablename__ = "chain_transaction"
    __table_args__ = (
        Index("ix_chain_transaction_hash", "hash", unique=True),
        Index("ix_chain_transaction_sender", "sender", "block_number", "tx_index"),
        Index("ix_chain_transaction_to_address", "to_address", "block_number", "tx_index"),
        Index("ix_chain_transaction_contract", "contract", "block_number", "tx_index"),
        Index(
            "ix_chain_transaction_failed", "block_number", "tx_index",
            sqlite_where=text("reason IS NOT NULL"), postgresql_where=text("reason IS NOT NULL"),
        ),
        Index(
            "ix_chain_transaction_created", "created",
            sqlite_where=text("created IS NOT NULL"), postgresql_where=text("created IS NOT NULL"),
        ),
    )  # fmt: skip
    block_number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    tx_index: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(66))
    sender: Mapped[str] = mapped_column(String(42))
    to_address: Mapped[str | None] = mapped_column(String(42))
    nonce: Mapped[int] = mapped_column(BigInteger)
    input: Mapped[bytes] = mapped_column(LargeBinary)
    gas_limit: Mapped[int] = mapped_column(BigInteger)
    gas_used: Mapped[int] = mapped_column(BigInteger)
    created: Mapped[str | None] = mapped_column(String(42))
    logs: Mapped[int] = mapped_column(Integer)
    contract: Mapped[str | None] = mapped_column(String(60))
    method: Mapped[str | None] = mapped_column(String(80))
    arguments: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    reason: Mapped[str | None] = mapped_column(String(80))
    reason_text: Mapped[str | None] = mapped_column(String(300))
    revert: Mapped[bytes | None] = mapped_column(LargeBinary)


class ChainLog(Base):
    """A raw log; ``topics`` are 32 bytes each, one after the other. Events are decoded anew from these."""

    __tablename__ = "chain_log"
    __table_args__ = (Index("ix_chain_log_address", "address", "block_number", "log_index"),)
    block_number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tx_index: Mapped[int] = mapped_column(Integer)
    address: Mapped[str] = mapped_column(String(42))
    topics: Mapped[bytes] = mapped_column(LargeBinary)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ChainEvent(Base):
    """A log decoded by the ABI of its contract; ``stream`` is the text of a ``bytes32 stream`` argument."""

    __tablename__ = "chain_event"
    __table_args__ = (
        Index("ix_chain_event_contract", "contract", "event", "block_number", "log_index"),
        Index("ix_chain_event_address", "address", "block_number", "log_index"),
        Index("ix_chain_event_stream", "stream", "block_number", "log_index"),
    )
    block_number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tx_index: Mapped[int] = mapped_column(Integer)
    address: Mapped[str] = mapped_column(String(42))
    contract: Mapped[str] = mapped_column(String(60))
    event: Mapped[str] = mapped_column(String(80))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONText())
    stream: Mapped[str | None] = mapped_column(String(66))


class ChainAttribution(Base):
    """Records of one department (None: the platform's own) that one anchoring transaction carries."""

    __tablename__ = "chain_attribution"
    __table_args__ = (Index("ix_chain_attribution_department_id", "department_id", "block_number", "tx_index", "part"),)
    block_number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    tx_index: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    stream: Mapped[str] = mapped_column(String(32))
    records: Mapped[int] = mapped_column(Integer)


class ChainContract(Base):
    """An address whose ABI is known. ``digest`` is SHA-256 of name and ABI; while ``redecode_from`` is a block
    number, rows from there on were decoded by an older ABI."""

    __tablename__ = "chain_contract"
    address: Mapped[str] = mapped_column(String(42), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(String(64))
    redecode_from: Mapped[int | None] = mapped_column(BigInteger)


class ChainRollup(Base):
    """Sums of the blocks of a minute (UTC), a day or a quarter (Beijing) that held one; block 0 is not counted.

    ``peak`` is the largest number of transactions in one of its minutes, ``peak_at`` the first such minute.
    ``failures``: reason → transactions; ``intervals``: seconds → blocks; ``sealers``: address → blocks;
    ``departments``: department id ("" is the platform) → [transactions, records].
    """

    __tablename__ = "chain_rollup"
    grain: Mapped[str] = mapped_column(String(8), primary_key=True)
    start: Mapped[datetime] = mapped_column(Instant(), primary_key=True)
    blocks: Mapped[int] = mapped_column(BigInteger)
    empty: Mapped[int] = mapped_column(BigInteger)
    transactions: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    gas_used: Mapped[int] = mapped_column(BigInteger)
    missed: Mapped[int] = mapped_column(BigInteger)
    first_block: Mapped[int] = mapped_column(BigInteger)
    last_block: Mapped[int] = mapped_column(BigInteger)
    peak: Mapped[int] = mapped_column(BigInteger)
    peak_at: Mapped[datetime] = mapped_column(Instant())
    failures: Mapped[dict[str, int]] = mapped_column(JSONText())
    intervals: Mapped[dict[str, int]] = mapped_column(JSONText())
    sealers: Mapped[dict[str, int]] = mapped_column(JSONText())
    departments: Mapped[dict[str, list[int]]] = mapped_column(JSONText())


# everything that is made from the chain with its block number, in an order in which it may be deleted
INDEXED: tuple[tuple[type[Base], InstrumentedAttribute[int]], ...] = (
    (ChainAttribution, ChainAttribution.block_number), (ChainEvent, ChainEvent.block_number),
    (ChainLog, ChainLog.block_number), (ChainTransaction, ChainTransaction.block_number),
    (ChainBlock, ChainBlock.number),
)
