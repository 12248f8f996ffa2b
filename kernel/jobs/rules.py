"""Pure decisions about jobs and scheduled slots."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol

from kernel import clock

Missed = Literal["skip", "run_once"]
_LOOK_BACK = tuple(timedelta(seconds=n) for n in (120, 7200, 172_800, 2_764_800, 34_560_000))


class JobState(StrEnum):
    """Life of a job: queued → running → done | failed | cancelled; running → queued when its worker died."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """True for a state that never changes again."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


STATE_TITLES: dict[JobState, tuple[str, str]] = {
    JobState.QUEUED: ("排队中", "Queued"),
    JobState.RUNNING: ("执行中", "Running"),
    JobState.DONE: ("已完成", "Done"),
    JobState.FAILED: ("失败", "Failed"),
    JobState.CANCELLED: ("已取消", "Cancelled"),
}


def percent(done: int, total: int) -> int:
    """Whole percent, rounded down, 0..100; an unknown total (0) is 0. 100 means all of it, never nearly."""
    if total <= 0 or done <= 0:
        return 0
    return min(done, total) * 100 // total


def retry_delay(attempt: int) -> timedelta:
    """Pause before attempt number ``attempt + 1``: 2, 4, 8 … at most 300 s."""
    return timedelta(seconds=min(2**max(attempt, 1), 300))


def after_failure(attempts: int, max_attempts: int, *, permanent: bool) -> JobState:
    """State after a failed attempt. A permanent failure (bad input) is not tried again."""
    return JobState.FAILED if permanent or attempts >= max_attempts else JobState.QUEUED


class Trigger(Protocol):
    """The part of an APScheduler trigger that the rules use."""

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Return the first fire time at or after ``now``."""


@dataclass(frozen=True)
class EverySeconds:
    """Slots at whole multiples of ``seconds`` since the epoch, the same on every machine."""

    seconds: int

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Return the first slot at or after ``now`` and after ``previous_fire_time``."""
        step = self.seconds * 1_000_000
        slot = -(-clock.to_micros(now) // step) * step
        if previous_fire_time is not None and slot <= clock.to_micros(previous_fire_time):
            slot += step
        return clock.from_micros(slot)


def latest_slot(trigger: Trigger, now: datetime) -> datetime | None:
    """The last slot at or before ``now``, looked for at most 400 days back; None where there is none.

    The look-back grows in steps so that only few slots are walked, whatever the period.
    """
    if isinstance(trigger, EverySeconds):
        step = trigger.seconds * 1_000_000
        return clock.from_micros(clock.to_micros(now) // step * step)
    for look_back in _LOOK_BACK:
        found = None
        slot = trigger.get_next_fire_time(None, now - look_back)
        while slot is not None and slot <= now:
            found = slot
            slot = trigger.get_next_fire_time(slot, slot + timedelta(microseconds=1))
        if found is not None:
            return found
    return None


@dataclass(frozen=True)
class Decision:
    """What to do with the latest slot: run it, or only note that it was missed."""

    slot: datetime
    action: Literal["run", "skip"]


def decide(
    latest: datetime | None, recorded: datetime | None, now: datetime, *, grace: timedelta, missed: Missed
) -> Decision | None:
    """Decide on the latest slot given the newest slot in the ledger; None when nothing is due.

    A slot older than ``grace`` is missed. ``run_once`` runs the latest missed slot once, however many were
    missed; ``skip`` only records it. A schedule that never ran takes what lies before its installation as
    skipped, so that a new release does not start with a burst of old work.
    """
    if latest is None or (recorded is not None and latest <= recorded):
        return None
    on_time = now - latest <= grace
    if on_time or (missed == "run_once" and recorded is not None):
        return Decision(latest, "run")
    return Decision(latest, "skip")


def grace_of(trigger: Trigger, now: datetime) -> timedelta:
    """How late a slot may start and still be on time: half its period, at most 60 s, at least 2 s."""
    first = trigger.get_next_fire_time(None, now)
    second = trigger.get_next_fire_time(first, first + timedelta(microseconds=1)) if first else None
    if first is None or second is None:
        return timedelta(seconds=60)
    return min(max((second - first) / 2, timedelta(seconds=2)), timedelta(seconds=60))
