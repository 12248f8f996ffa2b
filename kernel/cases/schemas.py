"""What cases send and take on the wire. Times of the clock are whole seconds."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from kernel.http.wire import Title, When, Wire

Text = Annotated[str, Field(min_length=1, max_length=2000)]


class CaseIn(Wire):
    """A new case; ``clock_from`` (RFC 3339) is the earlier of first failing probe and report."""

    type: Annotated[str, Field(max_length=40, examples=["event"])]
    title: Annotated[str, Field(min_length=1, max_length=300)]
    description: Annotated[str, Field(max_length=4000)] = ""
    severity: Literal["normal", "important", "critical"] = "normal"
    department_id: uuid.UUID | None = None
    clock_from: When | None = None


class CaseOut(Wire):
    """A case. ``running_seconds`` is the clock less its pauses; ``in_time`` compares it with ``due_seconds``."""

    id: uuid.UUID
    number: Annotated[str, Field(examples=["SJ2026-00001"])]
    type: str
    type_title: Title
    state: Literal["open", "closed"]
    title: str
    description: str
    severity: str
    department_id: uuid.UUID | None
    assignee_id: uuid.UUID | None
    reporter_name: str
    object_type: str | None
    object_id: str | None
    opened_at: datetime
    clock_from: datetime
    clock_until: datetime | None
    closed_at: datetime | None
    paused: bool
    running_seconds: int
    due_seconds: int | None
    in_time: bool
    version: int


class CasePage(Wire):
    items: list[CaseOut]
    total: int
    page: int
    size: int


class EventOut(Wire):
    """A line of the timeline."""

    seq: int
    at: datetime
    kind: str
    actor_name: str
    text: str


class Timeline(Wire):
    items: list[EventOut]


class Assign(Wire):
    assignee_id: uuid.UUID | None


class Note(Wire):
    text: Text


class Pause(Wire):
    """The clock stops only with a reason and the client's consent."""

    reason: Text
    consent_by: Annotated[str, Field(min_length=1, max_length=120)]


class Close(Wire):
    """Closing needs the cause; ``clock_until`` is when recovery was seen or confirmed."""

    cause: Text
    clock_until: When | None = None
