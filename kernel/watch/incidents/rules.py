"""Pure decisions about incidents: what belongs together, when to tell again, whom to call next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Audience = Literal["first", "second", "operators", "bureau"]

# a group that closed this long ago and alarms again goes on as the same incident
REOPEN_WITHIN = timedelta(minutes=30)
# what joins an incident that was told is told with what else joins in this time
TELL_EVERY = timedelta(minutes=5)
# the service contract: a fault is mended in 60 minutes, counted from the first failing probe
DUTY = timedelta(minutes=60)


@dataclass(frozen=True)
class Escalation:
    """After so many minutes the audience is told; ``acknowledged``: even though somebody looks after it."""

    after: int
    audience: Audience
    acknowledged: bool
    zh: str
    en: str


CRITICAL: tuple[Escalation, ...] = (
    Escalation(10, "second", False, "10 分钟无人确认，呼叫第二值班人", "10 minutes without an answer: second on duty"),
    Escalation(30, "operators", False, "30 分钟无人确认，通知全体运维人员", "30 minutes without an answer: all operators"),
    Escalation(45, "bureau", True, "距 60 分钟修复时限还有 15 分钟", "15 minutes left of the 60 minutes to mend it"),
    Escalation(60, "bureau", True, "已超过 60 分钟修复时限", "The 60 minutes to mend it are over"),
)
WARNING: tuple[Escalation, ...] = (
    Escalation(60, "operators", False, "60 分钟无人确认，通知全体运维人员", "60 minutes without an answer: all operators"),
)


def continues(closed_at: datetime | None, at: datetime) -> bool:
    """Tell whether an alarm at ``at`` goes on with its group's last incident."""
    return closed_at is None or at - closed_at < REOPEN_WITHIN


def tell_now(told_at: datetime | None, at: datetime) -> bool:
    """Tell at once, or let it wait for what else joins."""
    return told_at is None or at - told_at >= TELL_EVERY


def steps(severity: str) -> tuple[Escalation, ...]:
    """The escalation of a severity."""
    return CRITICAL if severity == "critical" else WARNING


def due(severity: str, began: datetime, level: int, acknowledged: bool, now: datetime) -> tuple[int, list[Escalation]]:
    """Return the new level and the escalations that are due; those an acknowledgement spares are passed over."""
    passed = [one for one in steps(severity)[level:] if now - began >= timedelta(minutes=one.after)]
    return level + len(passed), [one for one in passed if one.acknowledged or not acknowledged]


def remaining(began: datetime, closed: datetime | None, now: datetime) -> int:
    """Seconds left of the 60-minute duty; negative when it was missed."""
    return int((DUTY - ((closed or now) - began)).total_seconds())
