"""Incidents on the wire."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from kernel.http.wire import Title, Wire


class IncidentOut(Wire):
    """``duty_left``: seconds left of the 60 minutes to mend it, negative when missed; for critical ones."""

    id: uuid.UUID
    title: Title
    severity: str
    department_id: uuid.UUID | None
    began_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    case_id: uuid.UUID | None
    last_good_at: datetime | None
    sentence: Title | None
    duty_left: int | None


class IncidentPage(Wire):
    items: list[IncidentOut]
    total: int
    page: int
    size: int


class RungOut(Wire):
    """One rung of the ladder."""

    step: str
    title: Title
    ok: bool
    micros: int
    detail: str


class LineOut(Wire):
    """A line of the timeline."""

    seq: int
    at: datetime
    kind: str
    text: Title
    actor_name: str | None


class MemberOut(Wire):
    """An alarm of the incident."""

    id: uuid.UUID
    target_id: uuid.UUID | None
    rule_id: uuid.UUID | None
    expression_id: uuid.UUID | None
    title: Title
    severity: str
    opened_at: datetime
    closed_at: datetime | None
    notified: bool


class IncidentDetail(IncidentOut):
    """An incident with its ladder, alarms and timeline."""

    ladder: list[RungOut]
    alarms: list[MemberOut]
    timeline: list[LineOut]


class CommentIn(Wire):
    """A person's line."""

    text: Annotated[str, Field(min_length=1, max_length=1000)]


class CaseRef(Wire):
    """The case that an incident became."""

    id: uuid.UUID
    number: str


