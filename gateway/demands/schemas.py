"""Demands on the wire."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from kernel.identity.schemas import Wire


class DemandItemIn(Wire):
    """An item that is asked for."""

    item_id: uuid.UUID
    clear: Annotated[bool, Field(description="申请明文；缺省为脱敏")] = False


class NeedIn(Wire):
    """A need: which data, for which matter; which entry holds them is not known yet."""

    title: Annotated[str, Field(min_length=1, max_length=200, examples=["适龄儿童户籍信息"])]
    content: Annotated[str, Field(min_length=1, max_length=4000, description="需要哪些数据项、范围、更新频率")]
    matter: Annotated[str, Field(min_length=1, max_length=200, description="业务事项")]


class NeedAnswer(Wire):
    """The entry that holds the data, or (without one) why none does."""

    answer: Annotated[str, Field(min_length=1, max_length=2000)]
    entry_id: uuid.UUID | None = None


class NeedOut(Wire):
    """A need. ``state``: open, matched or declined."""

    id: uuid.UUID
    number: str
    department_id: uuid.UUID
    title: str
    content: str
    matter: str
    state: str
    entry_id: uuid.UUID | None
    answer: str | None
    submitted_name: str
    submitted_at: datetime
    answered_at: datetime | None
    version: int


class NeedPage(Wire):
    """A page of needs."""

    items: list[NeedOut]
    total: int
    page: int
    size: int


class TimelineEntry(Wire):
    """One act: what, by whom, and its words (opinion, reason or answer)."""

    at: datetime
    action: str
    actor_name: str
    number: str
    text: str


class Timeline(Wire):
    """Everything that happened under one number, the oldest first."""

    items: list[TimelineEntry]


class DemandIn(Wire):
    """A demand by an application of the caller's department."""

    need_id: Annotated[uuid.UUID | None, Field(description="所答复的数据需求；申请沿用其编号")] = None
    negotiation: Annotated[str, Field(max_length=2000, description="申请协商的法律依据；含不予共享数据项时必填")] = ""
    entry_id: uuid.UUID
    app_id: uuid.UUID
    items: Annotated[list[DemandItemIn], Field(min_length=1, max_length=200)]
    matter: Annotated[str, Field(min_length=1, max_length=200, description="业务事项", examples=["义务教育入学资格核验"])]
    basis: Annotated[str, Field(min_length=1, max_length=2000, description="依据")]
    purpose: Annotated[str, Field(min_length=1, max_length=2000, description="用途")]
    calls_per_day: Annotated[int, Field(ge=1, le=10_000_000, description="每日调用次数上限")]
    calls_per_month: Annotated[int, Field(ge=0, le=310_000_000, description="每月调用次数上限；0 为不限")] = 0
    calls_per_second: Annotated[int, Field(ge=0, le=100_000, description="每秒调用次数（频次）上限；0 按每日次数折算")] = 0
    bytes_per_day: Annotated[int, Field(ge=0, le=2**50, description="每日返回字节（流量）上限；0 为不限")] = 0
    bytes_per_month: Annotated[int, Field(ge=0, le=2**50, description="每月返回字节（流量）上限；0 为不限")] = 0
    valid_until: datetime


class Decision(Wire):
    """An agreement; ``items`` narrows what is given (None: everything that is asked for)."""

    opinion: Annotated[str, Field(min_length=1, max_length=1000)]
    items: list[DemandItemIn] | None = None


class Rejection(Wire):
    """A refusal with its reason."""

    opinion: Annotated[str, Field(min_length=1, max_length=1000)]


class DemandItemOut(Wire):
    """An item and what was decided about it."""

    item_id: uuid.UUID
    name: str
    share_type: str
    clear: bool
    approved: bool | None
    clear_approved: bool | None


class DemandOut(Wire):
    """A demand. ``stage``: provider 数源部门 or bureau 数据局 decides next, "" nobody."""

    id: uuid.UUID
    number: str
    entry_id: uuid.UUID
    department_id: uuid.UUID
    provider_id: uuid.UUID
    consumer_ref: uuid.UUID
    need_id: uuid.UUID | None
    negotiation: str
    matter: str
    basis: str
    purpose: str
    calls_per_day: int
    calls_per_month: int
    calls_per_second: int
    bytes_per_day: int
    bytes_per_month: int
    valid_until: datetime
    status: str
    stage: str
    opinion: str | None
    submitted_name: str
    submitted_at: datetime
    decided_at: datetime | None
    version: int


class DemandDetail(DemandOut):
    """A demand with its items."""

    items: list[DemandItemOut]


class DemandPage(Wire):
    """A page of demands."""

    items: list[DemandOut]
    total: int
    page: int
    size: int
