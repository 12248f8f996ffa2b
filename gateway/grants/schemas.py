"""Grants on the wire."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from kernel.identity.schemas import Wire


class GrantOut(Wire):
    """A grant. ``fields``: field name → in clear."""

    id: uuid.UUID
    number: str
    app_id: uuid.UUID
    app_name: str
    interface_id: uuid.UUID
    interface_code: str
    interface_name: str
    demand_id: uuid.UUID
    fields: dict[str, bool]
    purpose: str
    expires_at: datetime
    quota_day: Annotated[int, Field(description="每日调用次数上限；0 为不限")]
    quota_month: Annotated[int, Field(description="每月调用次数上限；0 为不限")]
    bytes_day: Annotated[int, Field(description="每日返回字节上限；0 为不限")]
    bytes_month: Annotated[int, Field(description="每月返回字节上限；0 为不限")]
    rate: Annotated[int, Field(description="频次上限，每千秒调用次数；0 为不限")]
    used_today: Annotated[int, Field(description="今日已扣减次数（北京时间）")]
    used_month: Annotated[int, Field(description="本月已扣减次数")]
    bytes_today: Annotated[int, Field(description="今日已扣减字节")]
    bytes_this_month: Annotated[int, Field(description="本月已扣减字节")]
    state: str
    version: int
    created_at: datetime
    ended_at: datetime | None
    ended_reason: str | None


class GrantPage(Wire):
    """A page of grants."""

    items: list[GrantOut]
    total: int
    page: int
    size: int


class Revocation(Wire):
    """Why a grant ends."""

    reason: Annotated[str, Field(min_length=1, max_length=1000, examples=["业务终止"])]
