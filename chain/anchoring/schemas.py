"""What crosses the wire about anchoring."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class BatchOut(BaseModel):
    """One batch: leaves [from_index, from_index + leaves) of a stream and the transaction that anchored them."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    stream: str = Field(examples=["catalog"])
    epoch: int = Field(description="流的纪元；2 起表示发生过丢失", examples=[1])
    seq: int
    from_index: int
    leaves: int = Field(description="本批记录数")
    root: str = Field(description="SM3 树根（全流，十六进制）")
    state: str = Field(description="prepared 上链中 · final 已确认 · lost 恢复前已上链 · void 已作废", examples=["final"])
    tx_hash: str | None
    block_number: int | None
    block_hash: str | None
    block_time: datetime | None
    created_at: datetime
    final_at: datetime | None


class BatchPage(BaseModel):
    """A page of batches, newest first within a stream."""

    items: list[BatchOut]
    total: int
    page: int
    size: int


class StreamOut(BaseModel):
    """One stream: its account, how far it is, and what waits."""

    name: str = Field(examples=["catalog"])
    epoch: int
    address: str = Field(description="本流专用的链上账户")
    state: str = Field(description="open 正常 · halted 已停止封存", examples=["open"])
    reason: str | None = Field(description="停止原因")
    size: int = Field(description="已编号的记录数")
    anchored: int = Field(description="已确认的记录数")
    waiting: int = Field(description="待编号的记录数")
    last_seq: int
    last_block: int | None
    last_final_at: datetime | None
    oldest_waiting_at: datetime | None = Field(description="最早一条未确认记录的写入时间")


class StreamList(BaseModel):
    """Every stream."""

    items: list[StreamOut]
    total: int
    page: int = 1
    size: int


class AnchorStateOut(BaseModel):
    """Where an object's version stands."""

    model_config = ConfigDict(from_attributes=True)

    state: str = Field(description="waiting 待上链 · sent 上链中 · anchored 已上链", examples=["anchored"])
    stream: str
    index: int | None
    batch_seq: int | None
    tx_hash: str | None
    block_number: int | None
    block_time: datetime | None


class ConsistencyOut(BaseModel):
    """A consistency proof (RFC 6962 section 2.1.2) with both roots; hashes in hexadecimal."""

    stream: str
    old: int
    size: int
    old_root: str
    root: str
    path: list[str]


class VerifyOut(BaseModel):
    """The result of checking one proof file against this installation's trust file."""

    status: str = Field(description="authenticated 已认证 · consistent 自洽但未认证 · invalid 无效")
    reasons: list[str]
    facts: dict[str, Any]
    trust_fingerprint: str = Field(description="信任文件的 SM3 指纹")
