"""Maintenance windows on the wire."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from kernel.http.wire import When
from kernel.identity.schemas import Wire


class WindowIn(Wire):
    """A planned window."""

    starts_at: When
    ends_at: When
    text: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["数据库升级"],
        description="给调用方看的说明")]


class WindowOut(Wire):
    """A window."""

    id: uuid.UUID
    interface_id: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    text: str
    created_at: datetime
    cancelled_at: datetime | None


class Windows(Wire):
    """Windows of an interface that are open, to come, or ended in the last 90 days."""

    items: list[WindowOut]
