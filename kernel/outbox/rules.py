"""Pure decisions about deliveries."""

from datetime import timedelta
from enum import StrEnum

MAX_ATTEMPTS = 12


class MessageState(StrEnum):
    """pending → done; pending → dead after too many failures; dead → pending (retried) or discarded."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"
    DISCARDED = "discarded"


def backoff(attempts: int) -> timedelta:
    """Pause after the ``attempts``-th failure: 1, 2, 4 … at most 300 s (12 attempts span about 25 minutes)."""
    return timedelta(seconds=min(2 ** max(attempts - 1, 0), 300))


def after_failure(attempts: int) -> MessageState:
    """State after the ``attempts``-th failed delivery."""
    return MessageState.DEAD if attempts >= MAX_ATTEMPTS else MessageState.PENDING
