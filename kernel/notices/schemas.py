"""What notices send on the wire."""

import uuid
from datetime import datetime

from kernel.http.wire import Title, Wire


class NoticeOut(Wire):
    """A notice; ``read_at`` empty means unread."""

    id: uuid.UUID
    severity: str
    title: Title
    body: Title
    url: str
    created_at: datetime
    read_at: datetime | None


class NoticePage(Wire):
    items: list[NoticeOut]
    total: int
    page: int
    size: int


class ReadCount(Wire):
    """How many notices were marked."""

    marked: int
