"""Trials on the wire."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from kernel.identity.schemas import Wire


class TrialIn(Wire):
    """A call to try. What is typed here goes to the gateway as it is, signed by the application."""

    app_id: uuid.UUID
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    below: Annotated[str, Field(max_length=200, pattern=r"^(/[A-Za-z0-9._~-]+)*$", description="接口地址之后的路径")] = ""
    query: Annotated[str, Field(max_length=2000, pattern=r"^[\x21\x22\x24-\x7e]*$", description="已编码的查询参数")] = ""
    body: Annotated[str, Field(max_length=16_000)] = ""


class TrialOut(Wire):
    """A trial. ``status`` −1: queued, 0: no answer came."""

    id: uuid.UUID
    interface_id: uuid.UUID
    app_id: uuid.UUID
    environment: str
    status: int
    request_id: str
    made_at: datetime
    expires_at: datetime


class TrialDetail(TrialOut):
    """A trial with what was kept of it."""

    request: dict[str, Any]
    answer: dict[str, Any]


class Trials(Wire):
    """The newest trials of an interface."""

    items: list[TrialOut]
