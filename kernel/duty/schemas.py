"""What the duty roster sends and takes on the wire."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from kernel.http.wire import When, Wire


class ShiftIn(Wire):
    """A shift [starts_at, ends_at), RFC 3339; position 1 is called first."""

    user_id: uuid.UUID
    starts_at: When
    ends_at: When
    position: Annotated[int, Field(ge=1, le=9)] = 1
    note: Annotated[str, Field(max_length=300)] = ""


class ShiftOut(Wire):
    id: uuid.UUID
    user_id: uuid.UUID
    position: int
    starts_at: datetime
    ends_at: datetime
    note: str


class Gap(Wire):
    """A time in which nobody holds position 1."""

    starts_at: datetime
    ends_at: datetime


class Roster(Wire):
    items: list[ShiftOut]
    gaps: list[Gap]


class OnDutyOut(Wire):
    """A person on duty now; called in the order of ``position``."""

    user_id: uuid.UUID
    name: str
    position: int
    until: datetime


class OnDutyList(Wire):
    items: list[OnDutyOut]
