"""What crosses the wire of the change feed."""

import uuid
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ChangeOut(BaseModel):
    """One change of the public part."""

    model_config = ConfigDict(from_attributes=True)
    seq: int = Field(description="变更号，连续递增")
    op: Literal["upsert", "withdraw"] = Field(description="upsert 公开或变更，withdraw 不再公开")
    entry_id: uuid.UUID
    code: str
    version: int
    digest: str | None = Field(description="公开内容的 SM3；withdraw 时为空")
    at: datetime = Field(description="变更时刻，RFC 3339 UTC，随变更号递增")


class Changes(BaseModel):
    """A slice of the feed; ask again with the ``cursor``, or with ``after`` = ``next`` and the ``epoch``."""

    items: list[ChangeOut]
    next: int = Field(description="下次请求的 after")
    head: int = Field(description="当前最新变更号；next 等于 head 时已取完")
    epoch: str = Field(description="变更序列的标识；改变后须从 0 重新同步")
    cursor: str = Field(description="下次请求的 cursor：含序列标识、变更号与时刻，序列重新开始时会被拒绝而不是漏读")


class PublicCount(BaseModel):
    """How many entries are public."""

    total: int
    departments: int
