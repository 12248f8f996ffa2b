"""Scheduled slots: claimed once and completed once, over kill -9 and two workers; missed slots as declared."""

import dataclasses
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from kernel.jobs import queries, runner, scheduler
from kernel.jobs.context import JobContext
from kernel.jobs.models import Job, JobSlot
from kernel.jobs.registry import Schedule, job
from kernel.jobs.rules import EverySeconds
from kernel.jobs.scheduler import Scheduler
from kernel.leases import service as leases
from kernel.leases.leader import LEADER
from kernel.leases.rules import Held
from kernel.runtime import Runtime
from tests.kernel import processes
from tests.support.scale import Scale

NOW = datetime(2026, 11, 21, 9, 0, 1, tzinfo=clock.BEIJING)


@job("test.tick", zh="滴答", en="Tick")
def tick_body(ctx: JobContext, params: dict[str, Any]) -> None:
    if params.get("fail"):
        raise RuntimeError("no luck")
    ctx.database.run(lambda session: processes.note(session, "tick", str(ctx.slot)))


def _runtime(database: Database) -> Runtime:
    assert database.runtime is not None
    return database.runtime


def _lead(database: Database, who: str = "one") -> Held:
    held = database.run(lambda session: leases.acquire(session, LEADER, who, 0.01))
    assert held is not None
    time.sleep(0.02)  # it may be taken over from here on
    return held


def _slots(database: Database) -> list[tuple[str, str, int]]:
    with database.read() as session:
        return [(row.kind, row.state, row.attempts) for row in session.scalars(select(JobSlot).order_by(JobSlot.slot))]


def _every(seconds: int, missed: str = "skip", **params: Any) -> Schedule:
    return Schedule("test.tick", EverySeconds(seconds), missed, params)  # type: ignore[arg-type]


def test_inline_slot_runs_once(database: Database) -> None:
    processes.prepare(database)
    held, every = _lead(database), _every(10)
    timer = Scheduler(_runtime(database), lambda: held, (every,))
    claim = timer.tick(every, NOW)
    assert claim is not None
    assert claim.slot == NOW - timedelta(seconds=1)
    assert timer.tick(every, NOW) is None, "claimed"
    timer.run_inline(claim)
    assert timer.tick(every, NOW) is None, "completed"
    assert timer.tick(every, NOW + timedelta(seconds=8.9)) is None
    assert timer.tick(every, NOW + timedelta(seconds=9)) is not None
    assert [state for _, state, _ in _slots(database)] == ["done", "claimed"]
    assert len(processes.effects(database)) == 1


def test_failing_body_is_recorded_and_the_next_slot_comes(database: Database) -> None:
    held, every = _lead(database), _every(10, fail=True)
    timer = Scheduler(_runtime(database), lambda: held, (every,))
    claim = timer.tick(every, NOW)
    assert claim is not None
    timer.run_inline(claim)
    with database.read() as session:
        row = session.scalars(select(JobSlot)).one()
        assert (row.state, row.error) == ("failed", "RuntimeError: no luck")
    assert timer.tick(every, NOW + timedelta(seconds=10)) is not None


def test_follower_and_deposed_leader_claim_nothing(database: Database) -> None:
    processes.prepare(database)
    old, every = _lead(database), _every(10)
    first = Scheduler(_runtime(database), lambda: old, (every,))
    claim = first.tick(every, NOW)
    assert claim is not None
    new = _lead(database, "two")
    assert Scheduler(_runtime(database), lambda: None, (every,)).tick(every, NOW) is None
    with pytest.raises(MulianError, match="lost"):
        first.tick(every, NOW + timedelta(seconds=10))
    with pytest.raises(MulianError, match="lost"):
        first.run_inline(claim)
    assert processes.effects(database) == [], "a deposed leader's body committed nothing"
    second = Scheduler(_runtime(database), lambda: new, (every,))
    (again,) = second.take_over_orphans()
    second.run_inline(again)
    assert second.take_over_orphans() == []
    assert _slots(database) == [("test.tick", "done", 2)]
    assert len(processes.effects(database)) == 1


def test_slot_whose_completion_was_not_written_runs_again(database: Database) -> None:
    processes.prepare(database)
    held, every = _lead(database), _every(10)
    timer = Scheduler(_runtime(database), lambda: held, (every,))
    assert timer.tick(every, NOW) is not None
    assert timer.take_over_orphans() == [], "it is in hand"
    restarted = Scheduler(_runtime(database), lambda: held, (every,))
    assert len(restarted.take_over_orphans()) == 1


def test_slot_that_kills_its_worker_is_given_up(database: Database) -> None:
    every = _every(10)
    held = _lead(database)
    assert Scheduler(_runtime(database), lambda: held, (every,)).tick(every, NOW) is not None
    for number in range(scheduler.MAX_SLOT_ATTEMPTS):
        held = _lead(database, f"w{number}")
        Scheduler(_runtime(database), lambda held=held: held, (every,)).take_over_orphans()
    assert _slots(database) == [("test.tick", "failed", scheduler.MAX_SLOT_ATTEMPTS + 1)]


@pytest.mark.parametrize(("missed", "runs"), [("skip", 0), ("run_once", 1)])
def test_missed_slots_after_three_days_down(database: Database, missed: str, runs: int) -> None:
    processes.prepare(database)
    held, hourly = _lead(database), _every(3600, missed)
    timer = Scheduler(_runtime(database), lambda: held, (hourly,))
    assert timer.tick(hourly, NOW) is None, "an hourly slot becomes a job row"
    later = NOW + timedelta(days=3, minutes=20)
    timer.tick(hourly, later)
    timer.tick(hourly, later + timedelta(seconds=5))
    runtime = _runtime(database)
    with database.read() as session:
        jobs = session.scalars(select(Job)).all()
        assert len(jobs) == 1 + runs, "however many were missed, at most one runs"
    while (claimed := runner.claim(runtime)) is not None:
        runner.execute(runtime, claimed, runner.context_of(runtime, claimed))
    states = [state for _, state, _ in _slots(database)]
    assert states == ["done", "done" if runs else "skipped"], "the job's end completed its slot"


def test_prune_keeps_the_newest_slot(database: Database) -> None:
    processes.prepare(database)
    held, every = _lead(database), _every(10)
    timer = Scheduler(_runtime(database), lambda: held, (every,))
    for n in range(5):
        claim = timer.tick(every, NOW + timedelta(seconds=10 * n))
        assert claim is not None
        timer.run_inline(claim)
    removed = database.run(lambda session: scheduler.prune(session, NOW + timedelta(days=1)))
    assert removed == 4
    assert timer.tick(every, NOW + timedelta(seconds=40)) is None, "what was done stays done"


def test_ended_jobs_are_forgotten_and_waiting_ones_are_not(database: Database) -> None:
    processes.prepare(database)
    held, hourly = _lead(database), _every(3600)
    timer = Scheduler(_runtime(database), lambda: held, (hourly,))
    timer.tick(hourly, NOW)
    runtime = _runtime(database)
    claimed = runner.claim(runtime)
    assert claimed is not None
    runner.execute(runtime, claimed, runner.context_of(runtime, claimed))
    timer.tick(hourly, NOW + timedelta(hours=1))
    for days, expected in ((-1, 0), (1, 1), (1, 0)):
        before = clock.now() + timedelta(days=days)
        assert database.run(lambda session, before=before: queries.delete_ended(session, before, 10)) == expected
    with database.read() as session:
        assert [job.state for job in session.scalars(select(Job))] == ["queued"]


@pytest.mark.one_database
def test_slots_over_kill_9_with_two_workers(database: Database, scale: Scale) -> None:
    """Workers come and go by SIGKILL; every slot in the ledger ends done, and none was completed twice."""
    processes.prepare(database)
    rounds = scale.of(1, 5)
    for _ in range(rounds):
        with processes.child(database, "worker", "slots") as one, processes.child(database, "worker", "slots") as two:
            processes.expect(one, "started")
            processes.expect(two, "started")
            before = len(processes.effects(database))
            processes.eventually(lambda before=before: len(processes.effects(database)) >= before + 2)
            one.kill()
            processes.eventually(lambda before=before: len(processes.effects(database)) >= before + 4)
            processes.eventually(lambda: _open_slots(database) <= 1)
    per_slot: dict[str, int] = {}
    for _, slot in processes.effects(database):
        per_slot[slot] = per_slot.get(slot, 0) + 1
    with database.read() as session:
        rows = session.scalars(select(JobSlot).where(JobSlot.kind == "test.slot")).all()
        done = {row.slot.isoformat(): _Seen(row.state, row.attempts) for row in rows}
        ended = session.scalar(text("SELECT count(*) FROM job_slot WHERE state NOT IN ('done', 'claimed', 'skipped')"))
    assert ended == 0
    for slot, seen in done.items():
        if seen.state == "done":
            assert 1 <= per_slot[slot] <= seen.attempts, "more effects than claims"
    # a slow machine skips slots, and a slot that a killed worker had begun counts twice among the effects
    assert sum(1 for seen in done.values() if seen.state == "done") >= 2 * rounds


@dataclasses.dataclass
class _Seen:
    state: str
    attempts: int


def _open_slots(database: Database) -> int:
    with database.read() as session:
        return session.scalar(text("SELECT count(*) FROM job_slot WHERE state = 'claimed'")) or 0
