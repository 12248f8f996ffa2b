"""What the explorer shows."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from chain.explorer.rules import Bucket
from chain.explorer.service import Overview
from chain.ledger.port import Block, Receipt
from kernel import clock


class OverviewOut(BaseModel):
    """The chain at a glance."""

    chain_id: int
    engine: str = Field(examples=["mulian-poa/1 (py-evm 0.12.1b1, cancun)"])
    label_zh: str
    label_en: str
    height: int
    head_hash: str
    head_at: datetime
    transactions: int | None = Field(description="累计交易数；引擎不提供时为空")
    pending: int | None = Field(description="待上链交易数")
    failure: str | None = Field(description="封块故障原因；正常为空")
    tps_mean: float = Field(description="近 24 小时平均每秒交易数")
    tps_peak: float = Field(description="近 24 小时最忙一分钟的每秒交易数")
    failed: int = Field(description="近 24 小时执行失败的交易数")
    block_interval: float | None = Field(description="近 24 小时平均出块间隔，秒")


class BlockOut(BaseModel):
    """A block."""

    number: int
    hash: str
    parent_hash: str
    at: datetime
    transactions: int
    gas_used: int
    size: int = Field(description="字节")
    sealer: str


class BlockDetail(BlockOut):
    """A block with the hashes of its transactions."""

    tx_hashes: list[str]


class BlockList(BaseModel):
    """Blocks, newest first; ``next_before`` asks for older ones."""

    items: list[BlockOut]
    total: int
    next_before: int | None


class TransactionOut(BaseModel):
    """A transaction; the fields of its result are empty while it waits."""

    hash: str
    sender: str
    to: str | None
    nonce: int
    input_bytes: int
    status: str = Field(description="pending 待上链 · success 成功 · failed 失败")
    block_number: int | None
    gas_used: int | None
    contract_address: str | None
    logs: int | None


class Point(BaseModel):
    """Sums of one interval that had blocks."""

    at: datetime
    blocks: int
    transactions: int
    failed: int


class Series(BaseModel):
    """A series for charts; intervals without blocks are left out."""

    seconds: int
    items: list[Point]


def overview_out(found: Overview) -> OverviewOut:
    """Build the overview."""
    figures = found.rates
    interval = figures.block_interval_ms
    return OverviewOut(
        chain_id=found.chain_id, engine=found.engine, label_zh=found.label_zh, label_en=found.label_en,
        height=found.height, head_hash=found.head_hash, head_at=found.head_at, transactions=found.transactions,
        pending=found.pending, failure=found.failure, tps_mean=figures.mean_tps_milli / 1000,
        tps_peak=figures.peak_tps_milli / 1000, failed=figures.failed,
        block_interval=None if interval is None else interval / 1000,
    )


def _block_fields(block: Block) -> dict[str, Any]:
    return {
        "number": block.number, "hash": block.hash, "parent_hash": block.parent_hash,
        "at": clock.from_micros(block.timestamp * 1_000_000), "transactions": len(block.tx_hashes),
        "gas_used": block.gas_used, "size": block.size, "sealer": block.sealer,
    }


def block_out(block: Block) -> BlockOut:
    """Build a block line."""
    return BlockOut(**_block_fields(block))


def block_detail(block: Block) -> BlockDetail:
    """Build a block page."""
    return BlockDetail(**_block_fields(block), tx_hashes=list(block.tx_hashes))


def transaction_out(found: dict[str, Any], receipt: Receipt | None) -> TransactionOut:
    """Build a transaction page."""
    status = "pending" if receipt is None else "success" if receipt.succeeded else "failed"
    return TransactionOut(
        hash=found["hash"], sender=str(found["from"]).lower(), to=str(found["to"]).lower() if found["to"] else None,
        nonce=int(found["nonce"], 16), input_bytes=len(found["input"]) // 2 - 1, status=status,
        block_number=receipt.block_number if receipt else None, gas_used=receipt.gas_used if receipt else None,
        contract_address=receipt.contract_address if receipt else None, logs=len(receipt.logs) if receipt else None,
    )


def point(bucket: Bucket) -> Point:
    """Build a point of a chart."""
    return Point(
        at=clock.from_micros(bucket.start * 1_000_000), blocks=bucket.blocks, transactions=bucket.transactions,
        failed=bucket.failed,
    )
