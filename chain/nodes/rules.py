"""Pure judgement of a node's health."""

from typing import Literal

State = Literal["ok", "idle", "stalled", "clock", "down"]

# a block is due every period when work waits; three misses and some slack for a busy machine
STALL_PERIODS = 3
STALL_SLACK_SECONDS = 10
IDLE_SECONDS = 60


def judge(*, pending: int | None, head_age: int, period: int, failure: str | None, clock_back: int) -> State:
    """Return the state of a node that answered.

    ``head_age``: seconds since the head block's time; ``pending``: waiting transactions, None where unknown.
    Idle and stalled look alike in the height alone; waiting work tells them apart.
    """
    if clock_back > 0:
        return "clock"
    waits = bool(pending)
    if failure is not None or (waits and head_age > STALL_PERIODS * period + STALL_SLACK_SECONDS):
        return "stalled"
    return "idle" if not waits and head_age > IDLE_SECONDS else "ok"
