"""Scheduled slots: claimed by the leader once, completed once, whatever dies in between.

APScheduler only wakes us up, from triggers in this process; what is due is decided from the ledger ``job_slot``.
"""

import dataclasses
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from kernel import clock
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.jobs import queries, registry, rules
from kernel.jobs.context import JobContext
from kernel.jobs.models import JobSlot
from kernel.jobs.registry import Schedule
from kernel.jobs.rules import EverySeconds
from kernel.jobs.service import enqueue
from kernel.leases import service as leases
from kernel.leases.rules import Held
from kernel.runtime import Runtime

_log = structlog.get_logger(__name__)
MAX_SLOT_ATTEMPTS = 5


@dataclasses.dataclass(frozen=True)
class SlotClaim:
    """An inline slot in the leader's hands; ``held`` is the lease under which it was claimed."""

    kind: str
    slot: datetime
    held: Held


class Scheduler:
    """Runs the registered schedules while ``held()`` gives the leader's lease."""

    def __init__(
        self, runtime: Runtime, held: Callable[[], Held | None], schedules: tuple[Schedule, ...] | None = None
    ) -> None:
        self._runtime = runtime
        self._held = held
        self._schedules = registry.schedules() if schedules is None else schedules
        self._clock = BackgroundScheduler(
            timezone=clock.BEIJING, executors={"default": ThreadPoolExecutor(8)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._claiming = threading.Lock()
        self._in_hand: set[tuple[str, datetime]] = set()
        self._last_fence = 0

    def start(self) -> None:
        """Wake up at each slot, and once a second look for new leadership and for slots left unfinished."""
        for schedule in self._schedules:
            self._clock.add_job(self._wake, _alarm_clock(schedule), args=[schedule])
        self._clock.add_job(self._look_after, IntervalTrigger(seconds=1))
        self._clock.start()

    def stop(self) -> None:
        """Start nothing more; bodies that run are refused at their commit once the lease is given back."""
        self._clock.shutdown(wait=False)

    def tick(self, schedule: Schedule, now: datetime) -> SlotClaim | None:
        """Decide on the schedule's latest slot; returns a claim that the caller runs where it is inline."""
        held = self._held()
        if held is None:
            return None
        with self._claiming:
            claim = self._runtime.database.run(lambda session: _take(session, held, schedule, now))
            if claim is not None:
                self._in_hand.add((claim.kind, claim.slot))
            return claim

    def take_over_orphans(self) -> list[SlotClaim]:
        """Claim the inline slots that were claimed and never completed: by an earlier leader, or by us when
        the completion itself could not be written.
        """
        held = self._held()
        if held is None:
            return []
        with self._claiming:
            with self._runtime.database.read() as session:
                if not self._orphans(session, held):
                    return []
            claims = self._runtime.database.run(lambda s: _take_orphans(s, held, self._orphans(s, held)))
            self._in_hand.update((claim.kind, claim.slot) for claim in claims)
            return claims

    def run_inline(self, claim: SlotClaim) -> None:
        """Run the body of a slot and complete the slot, both under the fence of the claim."""
        ctx = JobContext(
            self._runtime, lambda session: leases.assert_fence(session, claim.held),
            name=claim.kind, slot=claim.slot,
        )
        try:
            error = self._run_body(ctx, claim)
            ctx.database.run(lambda session: _complete(session, claim, error))
        finally:
            with self._claiming:
                self._in_hand.discard((claim.kind, claim.slot))

    def _run_body(self, ctx: JobContext, claim: SlotClaim) -> str | None:
        params = next((s.params for s in self._schedules if s.kind == claim.kind), {})
        try:
            registry.kind_of(claim.kind).body(ctx, params)
        except MulianError as failure:
            return str(failure)
        except Exception as failure:
            _log.error("slot.failed", kind=claim.kind, slot=clock.iso(claim.slot), exc_info=failure)
            return f"{type(failure).__name__}: {failure}"
        return None

    def _orphans(self, session: Session, held: Held) -> list[JobSlot]:
        inline = {schedule.kind for schedule in self._schedules if schedule.inline}
        found = queries.claimed_slots(session, held.fence)
        return [row for row in found if row.kind in inline and (row.kind, row.slot) not in self._in_hand]

    def _wake(self, schedule: Schedule) -> None:
        try:
            claim = self.tick(schedule, clock.now())
            if claim is not None:
                self.run_inline(claim)
        except MulianError as error:
            _log.warning("slot.not_completed", kind=schedule.kind, code=error.code)

    def _look_after(self) -> None:
        try:
            for claim in self.take_over_orphans():
                self.run_inline(claim)
        except MulianError as error:
            _log.warning("slot.orphans_not_completed", code=error.code)
        held = self._held()
        if held is not None and held.fence != self._last_fence:
            self._last_fence = held.fence
            for schedule in self._schedules:
                if not schedule.inline:
                    self._wake(schedule)  # a daily slot missed while nobody led is not due again for a day


def _alarm_clock(schedule: Schedule) -> Any:
    """APScheduler's own trigger for a schedule, beating exactly at the slots."""
    trigger = schedule.trigger
    if not isinstance(trigger, EverySeconds):
        return trigger
    first = trigger.get_next_fire_time(None, clock.now())
    return IntervalTrigger(seconds=trigger.seconds, start_date=first)


def _take(session: Session, held: Held, schedule: Schedule, now: datetime) -> SlotClaim | None:
    decision = rules.decide(
        rules.latest_slot(schedule.trigger, now), queries.newest_slot(session, schedule.kind), now,
        grace=rules.grace_of(schedule.trigger, now), missed=schedule.missed,
    )
    if decision is None:
        return None
    run = decision.action == "run"
    if not _insert(session, schedule.kind, decision.slot, held, state="claimed" if run else "skipped"):
        return None
    claim = None
    if run and schedule.inline:
        claim = SlotClaim(schedule.kind, decision.slot, held)
    elif run:
        params = {**schedule.params, "slot": clock.iso(decision.slot)}
        row = enqueue(session, system_actor("scheduler"), schedule.kind, params)
        mine = update(JobSlot).where(JobSlot.kind == schedule.kind, JobSlot.slot == decision.slot)
        session.execute(mine.values(job_id=row.id))
    leases.assert_fence(session, held)
    return claim


def _insert(session: Session, kind: str, slot: datetime, held: Held, *, state: str) -> bool:
    """Write the ledger row; False where it is there already."""
    now = clock.now()
    values: dict[str, Any] = {
        "kind": kind, "slot": slot, "state": state, "fence": held.fence, "attempts": 1, "claimed_at": now,
        "completed_at": None if state == "claimed" else now,
    }
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = insert(JobSlot).values(**values).on_conflict_do_nothing().returning(JobSlot.kind)
    return session.execute(statement).first() is not None


def _take_orphans(session: Session, held: Held, orphans: list[JobSlot]) -> list[SlotClaim]:
    claims = []
    for row in orphans:
        row.fence = held.fence
        row.attempts += 1
        if row.attempts > MAX_SLOT_ATTEMPTS:
            row.state, row.completed_at, row.error = "failed", clock.now(), "its worker died every time"
        else:
            claims.append(SlotClaim(row.kind, row.slot, held))
    leases.assert_fence(session, held)
    return claims


def _complete(session: Session, claim: SlotClaim, error: str | None) -> None:
    """Complete a claimed slot once; one already completed, or claimed by a later leader, stays as it is."""
    session.execute(
        update(JobSlot)
        .where(
            JobSlot.kind == claim.kind, JobSlot.slot == claim.slot, JobSlot.state == "claimed",
            JobSlot.fence == claim.held.fence,
        )
        .values(state="failed" if error else "done", completed_at=clock.now(), error=error)
    )


def prune(session: Session, before: datetime) -> int:
    """Forget completed slots older than ``before``, but never the newest of a kind, which decides what is due."""
    removed = 0
    for kind in registry.kinds():
        newest = queries.newest_slot(session, kind)
        if newest is not None:
            limit = min(before, newest - timedelta(microseconds=1))
            removed += queries.delete_slots(session, kind, limit)
    return removed
