"""What the trail sends on the wire."""

import uuid
from datetime import datetime
from typing import Any

from kernel.http.wire import Wire


class AuditOut(Wire):
    """A line; ``seq`` is its place in the sealed order, empty for about a second after it was written."""

    id: uuid.UUID
    seq: int | None
    at: datetime
    actor_name: str
    actor_kind: str
    department_id: uuid.UUID | None
    action: str
    object_type: str
    object_id: str
    detail: dict[str, Any]


class AuditPage(Wire):
    items: list[AuditOut]
    total: int
    page: int
    size: int
