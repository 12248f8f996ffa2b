"""Callbacks: an upstream says that there is new data; its signed message queues a run.

Signature: hex HMAC-SM3 under the task's secret over "timestamp\\ntask id\\nSM3 of the body, hex". The timestamp
(milliseconds) is within five minutes of now and above the last one that was taken: no message is taken twice.
"""

import hmac
import uuid

from sqlalchemy.orm import Session

from gateway.collection import queries, runs, tasks
from gateway.collection.errors import HOOK_REFUSED, RUNNING
from kernel import clock
from kernel.digest import hmac_sm3, sm3_hex
from kernel.errors import NOT_FOUND, MulianError
from kernel.identity.actor import system_actor

WINDOW = 300_000


def signature(secret: bytes, timestamp: int, task_id: uuid.UUID, body: bytes) -> str:
    """Return what signs a message."""
    return hmac_sm3(secret, f"{timestamp}\n{task_id}\n{sm3_hex(body)}".encode()).hex()


def accept(session: Session, *, task_id: uuid.UUID, timestamp: str, signed: str, body: bytes) -> str:
    """Take a message; return "queued", "running" (a run is under way) or "paused".

    Raises ``gateway.collection.hook_refused`` alike for an unknown task and a wrong signature.
    """
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 15:
        raise HOOK_REFUSED(reason="timestamp")
    at = int(timestamp)
    try:
        task = queries.task(session, task_id)
    except MulianError as error:
        if error.kind is not NOT_FOUND:
            raise
        raise HOOK_REFUSED(reason="signature") from None
    secret = tasks.hook_secret(session, task)
    if secret is None or not hmac.compare_digest(signature(secret, at, task_id, body), signed.lower()):
        raise HOOK_REFUSED(reason="signature")
    if abs(at - clock.now_micros() // 1000) > WINDOW or at <= task.hook_at:
        raise HOOK_REFUSED(reason="timestamp")
    task.hook_at = at
    if task.state != "active":
        return "paused"
    try:
        runs.queue(session, system_actor("collection.hook"), task, "callback")
    except MulianError as error:
        if error.kind is not RUNNING:
            raise
        return "running"
    return "queued"
