"""Pure decisions of the watch: the probe state machine, threshold rules, coverage, outage arithmetic.

Nothing here reads a clock, a database or a socket: every function is (state, event, clock) -> (state, actions),
so that a day of samples can be replayed in a test and an argument about an outage settled by arithmetic.
Source: design ops.md "Worked examples" (Probe, Alert) and requirements A.1, A.11.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal


class State(StrEnum):
    """What is known of a target. UNKNOWN is not DOWN: a dead prober says nothing about its target."""

    UNKNOWN = "unknown"
    OK = "ok"
    SUSPECT = "suspect"
    DOWN = "down"
    RECOVERING = "recovering"


STATE_TITLES: dict[State, tuple[str, str]] = {
    State.UNKNOWN: ("未知", "Unknown"),
    State.OK: ("正常", "OK"),
    State.SUSPECT: ("疑似异常", "Suspect"),
    State.DOWN: ("异常", "Down"),
    State.RECOVERING: ("恢复中", "Recovering"),
}


class Outcome(StrEnum):
    """Result of one probe. PROBER_ERROR is the prober's own failure and carries no news of the target."""

    OK = "ok"
    FAIL = "fail"
    PROBER_ERROR = "prober_error"


@dataclass(frozen=True)
class Policy:
    """Thresholds of one target. Times are seconds; `late_after` without a conclusive sample means unknown.

    An outage within `flap_window` of the last noticed one is noticed only once it has lasted `insist_after`.
    """

    interval: int = 60
    down_after: int = 3
    up_after: int = 2
    late_after: int = 180
    flap_window: int = 3600
    insist_after: int = 600


@dataclass(frozen=True)
class Sample:
    """One probe result, observed at `at`."""

    at: datetime
    outcome: Outcome


@dataclass(frozen=True)
class Tick:
    """The watchdog's look at a target that may have gone silent; carries no result."""


@dataclass(frozen=True)
class Memory:
    """All that the machine remembers of a target between two events.

    `announced`: an alarm is open; `held`: its notice was held back. `watched_since` is set when a target is added.
    """

    state: State = State.UNKNOWN
    since: datetime | None = None
    fails: int = 0
    oks: int = 0
    first_fail: datetime | None = None
    last_fail: datetime | None = None
    first_ok: datetime | None = None
    last_sample: datetime | None = None
    outage_open: bool = False
    announced: bool = False
    held: bool = False
    last_announced: datetime | None = None
    watched_since: datetime | None = None
    late: bool = False


@dataclass(frozen=True)
class OutageOpened:
    """The target is down since `start`, the first failing sample."""

    start: datetime


@dataclass(frozen=True)
class OutageClosed:
    """Half-open outage [start, end). `proven_end` is false when the prober was lost and only the seen part counts."""

    start: datetime
    end: datetime
    proven_end: bool


@dataclass(frozen=True)
class Announce:
    """An alarm opens or closes: down and recovered, unknown (no conclusive result for too long) and seen again.

    `insist` is the late notice of an outage whose own was held back as flapping; `notify` is false for those.
    """

    what: Literal["down", "insist", "recovered", "unknown", "seen"]
    at: datetime
    notify: bool = True


Action = OutageOpened | OutageClosed | Announce
Step = tuple[Memory, tuple[Action, ...]]


def step(policy: Policy, memory: Memory, event: Sample | Tick, now: datetime) -> Step:
    """Advance one target by one event.

    A gap longer than `late_after` is applied first, so the result does not depend on whether the watchdog
    happened to look during the gap. Samples older than the last one are ignored.
    """
    observed = event.at if isinstance(event, Sample) else now
    memory, lost = _apply_gap(policy, memory, observed)
    if isinstance(event, Tick) or event.outcome is Outcome.PROBER_ERROR:
        return memory, lost
    if memory.last_sample is not None and event.at <= memory.last_sample:
        return memory, lost
    if memory.late:
        lost = (*lost, Announce("seen", event.at))
    memory = replace(memory, last_sample=event.at, late=False)
    after, actions = (_on_ok if event.outcome is Outcome.OK else _on_fail)(policy, memory, event.at)
    return after, lost + actions


def _enter(memory: Memory, state: State, at: datetime) -> Memory:
    return memory if memory.state is state else replace(memory, state=state, since=at)


def _apply_gap(policy: Policy, memory: Memory, at: datetime) -> Step:
    known = memory.last_sample or memory.watched_since
    if known is None or memory.late:
        return memory, ()
    lost_at = known + timedelta(seconds=policy.late_after)
    if at <= lost_at:
        return memory, ()
    actions: tuple[Action, ...] = (Announce("unknown", lost_at),)
    if memory.outage_open and memory.first_fail is not None and memory.last_fail is not None:
        # Only what was seen counts as outage; an ok seen while recovering ends it at that ok.
        end = memory.first_ok or memory.last_fail
        actions = (OutageClosed(memory.first_fail, end, memory.first_ok is not None), *actions)
    memory = replace(
        memory, fails=0, oks=0, first_fail=None, last_fail=None, first_ok=None, outage_open=False, late=True
    )
    return _enter(memory, State.UNKNOWN, lost_at), actions


def _on_ok(policy: Policy, memory: Memory, at: datetime) -> Step:
    if not (memory.announced or memory.outage_open):
        healthy = replace(memory, fails=0, oks=0, first_fail=None, last_fail=None, first_ok=None)
        return _enter(healthy, State.OK, at), ()
    oks = memory.oks + 1
    memory = replace(memory, oks=oks, first_ok=memory.first_ok or at)
    if oks < policy.up_after:
        return _enter(memory, State.RECOVERING, at), ()
    return _recovered(memory, at)


def _recovered(memory: Memory, at: datetime) -> Step:
    actions: tuple[Action, ...] = ()
    if memory.outage_open and memory.first_fail is not None and memory.first_ok is not None:
        actions = (OutageClosed(memory.first_fail, memory.first_ok, True),)
    if memory.announced:
        actions = (*actions, Announce("recovered", at, not memory.held))
    memory = replace(
        memory, fails=0, oks=0, first_fail=None, last_fail=None, first_ok=None,
        outage_open=False, announced=False, held=False,
    )
    return _enter(memory, State.OK, at), actions


def _on_fail(policy: Policy, memory: Memory, at: datetime) -> Step:
    fails = memory.fails + 1
    memory = replace(
        memory, fails=fails, oks=0, first_ok=None, first_fail=memory.first_fail or at, last_fail=at
    )
    if memory.outage_open:
        return _insist(policy, _enter(memory, State.DOWN, at), at)
    if fails < policy.down_after or memory.first_fail is None:
        return _enter(memory, State.SUSPECT, at), ()
    opened = OutageOpened(memory.first_fail)
    memory = _enter(replace(memory, outage_open=True), State.DOWN, at)
    if memory.announced:
        return memory, (opened,)
    notify = not _flapping(policy, memory, at)
    last = at if notify else memory.last_announced
    return replace(memory, announced=True, held=not notify, last_announced=last), (opened, Announce("down", at, notify))


def _insist(policy: Policy, memory: Memory, at: datetime) -> Step:
    """Tell of an outage that was taken for flapping and lasts."""
    lasting = memory.first_fail is not None and at - memory.first_fail >= timedelta(seconds=policy.insist_after)
    if not (memory.held and lasting):
        return memory, ()
    return replace(memory, held=False, last_announced=at), (Announce("insist", at),)


def _flapping(policy: Policy, memory: Memory, at: datetime) -> bool:
    """True within `flap_window` of the last noticed outage: a flapping target gives one notice."""
    return memory.last_announced is not None and at - memory.last_announced < timedelta(seconds=policy.flap_window)


# --- threshold rules -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Threshold:
    """`value > fire for fire_for, recover when value <= clear for clear_for` (seconds); `below` mirrors both.

    The gap between `fire` and `clear` is the hysteresis: in it a firing rule keeps firing and a quiet one stays quiet.
    """

    fire: Decimal
    clear: Decimal
    fire_for: int
    clear_for: int
    below: bool = False
    repeat_after: int = 3600


@dataclass(frozen=True)
class AlertMemory:
    """What a threshold rule remembers: firing or not, and since when the opposite condition has held."""

    firing: bool = False
    fired_at: datetime | None = None
    pending_since: datetime | None = None
    last_notice: datetime | None = None


@dataclass(frozen=True)
class AlertChange:
    """A rule fired or cleared at `at`; `notify` is false for a repeat within `repeat_after`."""

    what: Literal["fired", "cleared"]
    at: datetime
    notify: bool


def evaluate(rule: Threshold, memory: AlertMemory, at: datetime, value: Decimal | None) -> tuple[
    AlertMemory, AlertChange | None
]:
    """Advance a threshold rule by one sample. A missing sample (None) holds the state and never fires."""
    if value is None:
        return memory, None
    if memory.firing:
        return _while_firing(rule, memory, at, value)
    if not (value < rule.fire if rule.below else value > rule.fire):
        return replace(memory, pending_since=None), None
    since = memory.pending_since or at
    if at - since < timedelta(seconds=rule.fire_for):
        return replace(memory, pending_since=since), None
    repeat = memory.last_notice is not None and at - memory.last_notice < timedelta(seconds=rule.repeat_after)
    fired = AlertMemory(
        firing=True, fired_at=at, pending_since=None, last_notice=memory.last_notice if repeat else at
    )
    return fired, AlertChange("fired", at, not repeat)


def _while_firing(rule: Threshold, memory: AlertMemory, at: datetime, value: Decimal) -> tuple[
    AlertMemory, AlertChange | None
]:
    if not (value >= rule.clear if rule.below else value <= rule.clear):
        return replace(memory, pending_since=None), None
    since = memory.pending_since or at
    if at - since < timedelta(seconds=rule.clear_for):
        return replace(memory, pending_since=since), None
    notified = memory.last_notice == memory.fired_at
    return replace(memory, firing=False, fired_at=None, pending_since=None), AlertChange("cleared", at, notified)


# --- arithmetic over a period ----------------------------------------------------------------------------------


def outage_time(outages: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime) -> timedelta:
    """Length of the union of half-open outages clipped to [start, end); overlaps count once."""
    clipped = sorted((max(a, start), min(b, end)) for a, b in outages if a < end and b > start)
    total, reached = timedelta(0), start
    for begin, finish in clipped:
        begin = max(begin, reached)
        if finish > begin:
            total += finish - begin
            reached = finish
    return total


def coverage(samples: Sequence[datetime], start: datetime, end: datetime, interval: int) -> tuple[int, int]:
    """(intervals of [start, end) with at least one conclusive sample, intervals in all)."""
    width = timedelta(seconds=interval)
    total = -(-(end - start) // width)
    return len({(at - start) // width for at in samples if start <= at < end}), total
