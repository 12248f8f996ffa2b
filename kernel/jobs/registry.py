"""What kinds of work exist and when they run by themselves. Filled at import time of the packages' jobs modules."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apscheduler.triggers.cron import CronTrigger

from kernel import clock
from kernel.jobs.errors import KIND_UNKNOWN
from kernel.jobs.rules import EverySeconds, Missed, Trigger

if TYPE_CHECKING:
    from kernel.jobs.context import JobContext

Body = Callable[["JobContext", dict[str, Any]], dict[str, Any] | None]
_kinds: dict[str, "JobKind"] = {}
_schedules: dict[str, "Schedule"] = {}


@dataclass(frozen=True)
class JobKind:
    """A registered kind with its titles, body and number of attempts."""

    key: str
    zh: str
    en: str
    body: Body
    max_attempts: int


@dataclass(frozen=True)
class Schedule:
    """When a kind runs by itself, and what happens to slots that passed while nobody ran."""

    kind: str
    trigger: Trigger
    missed: Missed
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def inline(self) -> bool:
        """True below one slot a minute: run by the leader itself, since a job row each would drown the list."""
        return isinstance(self.trigger, EverySeconds) and self.trigger.seconds < 60


def job(key: str, *, zh: str, en: str, max_attempts: int = 3) -> Callable[[Body], Body]:
    """Register ``body(ctx, params) -> dict | None`` under ``package.feature.verb``.

    The body is idempotent: it runs again after a crash. A second body under one key raises ValueError.
    """

    def register(body: Body) -> Body:
        kind = JobKind(key, zh, en, body, max_attempts)
        known = _kinds.setdefault(key, kind)
        if known.body.__qualname__ != body.__qualname__ or known.body.__module__ != body.__module__:
            raise ValueError(f"job kind {key} is registered twice")
        _kinds[key] = kind
        return body

    return register


def schedule(
    kind: str,
    *,
    every_seconds: int | None = None,
    cron: str | None = None,
    missed: Missed = "skip",
    params: dict[str, Any] | None = None,
) -> None:
    """Run ``kind`` every N seconds (aligned to the epoch) or by a five-field cron line in Beijing time."""
    if (every_seconds is None) == (cron is None):
        raise ValueError("give every_seconds or cron")
    trigger: Trigger
    if cron is not None:
        trigger = CronTrigger.from_crontab(cron, timezone=clock.BEIJING)
    else:
        trigger = EverySeconds(every_seconds or 0)
    _schedules[kind] = Schedule(kind, trigger, missed, params or {})


def kind_of(key: str) -> JobKind:
    """The registered kind, or ``kernel.job.kind_unknown``."""
    kind = _kinds.get(key)
    if kind is None:
        raise KIND_UNKNOWN(kind=key)
    return kind


def kinds() -> dict[str, JobKind]:
    """All registered kinds by key."""
    return dict(_kinds)


def schedules() -> tuple[Schedule, ...]:
    """All schedules."""
    return tuple(_schedules.values())
