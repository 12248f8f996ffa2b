"""Availability on the wire: percent as decimal text, seconds."""

import uuid
from datetime import datetime

from kernel.http.wire import Wire


class LineOut(Wire):
    """``share``: percent, rounded down to five places; ``covered`` of ``intervals`` were looked at."""

    key: str
    name: str
    department_id: uuid.UUID | None
    department: str
    share: str | None
    outages: int
    down_seconds: int
    planned_seconds: int
    covered: int
    intervals: int


class AvailabilityOut(Wire):
    """A period, as far as it has passed."""

    period: str
    start: datetime
    end: datetime
    until: datetime
    targets: list[LineOut]
    departments: list[LineOut]
