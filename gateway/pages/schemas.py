"""Pages on the wire."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from kernel.identity.schemas import Wire


class LinkIn(Wire):
    """A dated link for somebody without an account."""

    note: Annotated[str, Field(min_length=1, max_length=200, description="给谁", examples=["教委承建单位开发人员"])]
    days: Annotated[int, Field(ge=1, le=90, description="有效天数")] = 14


class LinkOut(Wire):
    """A link, without its token."""

    id: uuid.UUID
    note: str
    expires_at: datetime
    revoked_at: datetime | None
    created_at: datetime


class LinkMade(LinkOut):
    """The answer that shows the address, once."""

    path: Annotated[str, Field(description="页面地址（本平台地址之后的部分），只显示一次")]


class Links(Wire):
    """The links of an interface, newest first."""

    items: list[LinkOut]


class Sample(Wire):
    """A signing sample: its file and the line that calls this interface with it."""

    name: str
    command: str
    text: str


class Samples(Wire):
    """The signing samples of an interface."""

    items: list[Sample]
