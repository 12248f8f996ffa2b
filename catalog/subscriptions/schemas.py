"""What subscriptions send and take."""

import uuid
from datetime import datetime
from typing import Literal

from kernel.http.wire import Wire

Target = Literal["duty", "data_entry", "system", "db_table", "department", "search"]


class SubscriptionIn(Wire):
    """What to follow: a node by its level and id, a department, or a saved search of one's own."""

    target: Target
    target_id: uuid.UUID


class SubscriptionOut(Wire):
    """A subscription; ``label`` is the target's name at the time."""

    id: uuid.UUID
    target: Target
    target_id: uuid.UUID
    label: str
    created_at: datetime


class SubscriptionList(Wire):
    """All subscriptions of the caller, newest first."""

    items: list[SubscriptionOut]
    total: int
