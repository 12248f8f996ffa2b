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
    quota_day: int
    used_today: Annotated[int, Field(description="今日已扣减额度（北京时间）")]
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
