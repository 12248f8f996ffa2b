"""Delivery of what was put in the post."""

import uuid
from typing import Any

from catalog.subscriptions import service
from catalog.subscriptions.service import TOPIC, Change
from kernel.outbox.registry import handler
from kernel.runtime import Runtime


@handler(TOPIC)
def tell_followers(runtime: Runtime, payload: dict[str, Any]) -> None:
    """Tell the followers of one decision, in one unit."""
    changes = [Change(kind, uuid.UUID(node_id), action) for kind, node_id, action in payload["changes"]]
    audit_id = uuid.UUID(payload["audit_id"])
    runtime.database.run(lambda session: service.deliver(session, audit_id, changes))
