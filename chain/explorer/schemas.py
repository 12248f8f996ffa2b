"""What the explorer shows."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from chain.explorer.rules import Bucket
from chain.explorer.service import Overview
from chain.ledger.port import Block, Receipt
from kernel import clock
from kernel.text import Plain

Address = Annotated[str, Field(pattern="^0x[0-9a-f]{40}$")]


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
    failed: int | None = Field(default=None, description="执行失败的交易数；尚未索引时为空")
    interval: int | None = Field(default=None, description="与父区块的间隔，秒")


class BlockList(BaseModel):
    """Blocks, newest first; ``next_before`` asks for older ones."""

    items: list[BlockOut]
    total: int
    next_before: int | None


class LabelOut(BaseModel):
    """What an address is."""

    kind: str = Field(description="contract 合约 · stream 存证流签名账户 · account 平台账户")
    name: str


class CarriedOut(BaseModel):
    """Records of one department under one transaction; without a department they are the platform's."""

    department_id: uuid.UUID | None
    department: str | None
    stream: str
    records: int


class EventOut(BaseModel):
    """A decoded event."""

    block_number: int
    log_index: int
    at: datetime | None
    tx_hash: str
    address: str
    contract: str
    event: str
    arguments: dict[str, Any]
    stream: str | None


class EventPage(BaseModel):
    """Events, newest first; ``next_before`` asks for older ones."""

    items: list[EventOut]
    next_before: str | None


class TransactionOut(BaseModel):
    """A transaction; the fields of its result are empty while it waits."""

    hash: str
    sender: str
    to: str | None
    nonce: int
    input_bytes: int
    tx_index: int | None = None
    at: datetime | None = None
    gas_limit: int | None = None
    contract: str | None = Field(default=None, description="合约名称；未知合约为空")
    method: str | None = None
    arguments: dict[str, Any] | None = Field(default=None, description="解码后的参数；超过 48 位的整数为文本")
    reason: str | None = Field(default=None, description="失败原因：合约错误名、out_of_gas、revert、unknown")
    reason_text: str | None = None
    sender_label: LabelOut | None = None
    to_label: LabelOut | None = None
    events: list[EventOut] | None = Field(default=None, description="解码后的事件；列表中不含")
    carried: list[CarriedOut] | None = Field(default=None, description="各部门随本交易上链的记录数")
    status: str = Field(description="pending 待上链 · success 成功 · failed 失败")
    block_number: int | None
    gas_used: int | None
    contract_address: str | None
    logs: int | None


class TransactionPage(BaseModel):
    """Transactions, newest first; ``next_before`` asks for older ones."""

    items: list[TransactionOut]
    next_before: str | None


class BlockDetail(BlockOut):
    """A block with the hashes of its transactions (at most 200); ``items`` only where it is indexed."""

    tx_hashes: list[str]
    missed: int | None = Field(default=None, description="此块之前错过的出块轮次")
    items: list[TransactionOut] | None = None


class AddressOut(BaseModel):
    """An address; without blocks it was never seen."""

    address: str
    label: LabelOut | None
    first_block: int | None
    last_block: int | None


class DepartmentActivity(BaseModel):
    """What a department (None: the platform) had anchored in a period; ``last_block`` is of all time."""

    department_id: uuid.UUID | None
    department: str | None
    transactions: int
    records: int
    last_block: int | None


class DepartmentList(BaseModel):
    """Departments with anchored records, most first."""

    items: list[DepartmentActivity]


class RunPoint(BaseModel):
    """Sums of one interval that had blocks."""

    at: datetime
    blocks: int
    transactions: int
    failed: int
    peak: int = Field(description="最忙一分钟的交易数")
    missed: int
    interval_mean: float | None
    interval_max: float | None


class RunOut(BaseModel):
    """Run analysis of [start, end) as far as it is indexed; intervals are seconds."""

    start: datetime
    end: datetime
    indexed_height: int | None
    indexed_at: datetime | None
    blocks: int
    empty: int
    transactions: int
    failed: int
    gas_used: int
    first_block: int | None
    last_block: int | None
    tps_mean: float
    tps_peak: float
    peak_at: datetime | None
    interval_mean: float | None
    interval_p50: float | None
    interval_p99: float | None
    interval_max: float | None
    missed: int
    no_turns: str | None = Field(description="不会有错过轮次的原因：single_sealer 单一出块者；否则为空")
    failures: dict[str, int]
    sealers: dict[str, int]
    width: int = Field(description="每点秒数：60、3600 或 86400（北京日）")
    points: list[RunPoint]


class Hit(BaseModel):
    """One thing that a search text means; ``value`` opens it."""

    kind: str = Field(description="block · transaction · address · department · contract · stream · object")
    value: str
    title: str
    hint: str | None = None


class Hits(BaseModel):
    """What a search text means, most exact first."""

    items: list[Hit]


class ExportIn(BaseModel):
    """What to export; filters are those of the list."""

    what: Literal["blocks", "transactions", "events", "departments", "run"]
    format: Literal["xlsx", "csv"] = "xlsx"
    address: Address | None = None
    contract: Annotated[Plain, Field(max_length=60)] | None = None
    event: Annotated[Plain, Field(max_length=80)] | None = None
    stream: Annotated[Plain, Field(max_length=66)] | None = None
    department_id: uuid.UUID | None = None
    failed: bool = False
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None


class ExportOut(BaseModel):
    """A queued export; its file is there when the job is done, for seven days."""

    job_id: uuid.UUID


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
