"""Job rows: claimed once, run, cancelled, retried, taken back; two workers; kill -9 in the middle."""

import signal
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from kernel.db import Database
from kernel.errors import MulianError, define
from kernel.identity.actor import Actor, system_actor
from kernel.jobs import queries, registry, runner, service
from kernel.jobs.context import JobContext
from kernel.jobs.models import Job, JobLog
from kernel.jobs.registry import job
from kernel.runtime import Runtime
from tests.kernel import processes

BAD_INPUT = define("test.bad_input", 422, zh="输入有误", en="bad input")
SYSTEM = system_actor("test")


@job("test.plain", zh="普通任务", en="Plain job")
def plain(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    ctx.log("begin")
    for n in range(4):
        ctx.progress(n + 1, 4, f"{n + 1}/4")
    if params.get("fail") == "input":
        raise BAD_INPUT()
    if params.get("fail"):
        raise RuntimeError(params["fail"])
    return {"sum": 10}


def _runtime(database: Database) -> Runtime:
    assert database.runtime is not None
    return database.runtime


def _enqueue(database: Database, kind: str, **params: Any) -> uuid.UUID:
    return database.run(lambda session: service.enqueue(session, SYSTEM, kind, params).id)


def _job(database: Database, job_id: uuid.UUID) -> Job:
    with database.read() as session:
        return session.scalars(select(Job).where(Job.id == job_id)).one()


def _run_one(database: Database) -> None:
    runtime = _runtime(database)
    held = runner.claim(runtime)
    assert held is not None
    runner.execute(runtime, held, runner.context_of(runtime, held))


def test_job_exists_exactly_when_its_cause_is_committed(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        service.enqueue(session, SYSTEM, "test.plain", {})
        raise RuntimeError
    assert runner.claim(_runtime(database)) is None
    with pytest.raises(MulianError, match="kind_unknown"):
        _enqueue(database, "test.no_such_kind")


def test_run_to_the_end(database: Database) -> None:
    job_id = _enqueue(database, "test.plain", a=1)
    _run_one(database)
    row = _job(database, job_id)
    assert (row.state, row.percent, row.done, row.total, row.message) == ("done", 100, 4, 4, "4/4")
    assert row.result == {"sum": 10}
    assert row.attempts == 1
    assert row.finished_at is not None
    with database.read() as session:
        assert [line.text for line in queries.log_lines(session, job_id, after=0, limit=10)] == ["begin"]


def test_failures_are_retried_or_final(database: Database) -> None:
    job_id = _enqueue(database, "test.plain", fail="boom")
    for attempt in (1, 2, 3):
        database.run(lambda session: session.execute(text("UPDATE job SET run_at = 0")))
        _run_one(database)
        row = _job(database, job_id)
        assert row.attempts == attempt
        assert row.state == ("queued" if attempt < 3 else "failed")
    assert row.error is not None
    assert row.error["code"] == "kernel.job.failed"
    assert "boom" in row.error["zh"]
    bad = _enqueue(database, "test.plain", fail="input")
    _run_one(database)
    row = _job(database, bad)
    assert (row.state, row.attempts) == ("failed", 1), "what is wrong with the input is not tried again"
    assert row.error is not None
    assert row.error["code"] == "test.bad_input"


def test_every_claim_goes_to_one_thread(database: Database) -> None:
    runtime, got = _runtime(database), []
    ids = {_enqueue(database, "test.plain", n=n) for n in range(24)}

    def take() -> None:
        while (held := runner.claim(runtime)) is not None:
            got.append(held.job_id)
            time.sleep(0.001)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while (held := runner.claim(runtime)) is not None:  # a lost race may have ended a thread early
        got.append(held.job_id)
    assert len(got) == 24
    assert set(got) == ids


def test_cancel(database: Database, make_actor: Callable[..., Actor]) -> None:
    runtime = _runtime(database)
    manager, stranger = make_actor(service.READ, service.MANAGE, scope="all"), make_actor()
    waiting = _enqueue(database, "test.plain")
    with pytest.raises(MulianError, match="not_found"):
        database.run(lambda session: service.cancel(session, stranger, job_id=waiting))
    database.run(lambda session: service.cancel(session, manager, job_id=waiting))
    assert _job(database, waiting).state == "cancelled"
    with pytest.raises(MulianError, match="finished"):
        database.run(lambda session: service.cancel(session, manager, job_id=waiting))

    processes.prepare(database)
    running = _enqueue(database, "test.slow", steps=1000, pause_ms=5, tag="c")
    held = runner.claim(runtime)
    assert held is not None
    ctx = runner.context_of(runtime, held)
    thread = threading.Thread(target=runner.execute, args=(runtime, held, ctx))
    thread.start()
    database.run(lambda session: service.cancel(session, manager, job_id=running))
    runner.beat(runtime, held, ctx)
    thread.join(10)
    row = _job(database, running)
    assert row.state == "cancelled"
    assert row.done < 1000
    assert row.message.startswith("step")


def test_job_of_a_paused_worker_is_taken_back_and_the_old_body_writes_nothing(database: Database) -> None:
    processes.prepare(database)
    runtime = _runtime(database)
    job_id = _enqueue(database, "test.plain")
    old = runner.claim(runtime)
    assert old is not None
    ctx = runner.context_of(runtime, old)
    ctx.database.run(lambda session: processes.note(session, "before"))
    database.run(lambda session: session.execute(text("UPDATE job SET lease_until = 1")))
    assert runner.take_back_lost(runtime) == 1
    new = runner.claim(runtime)
    assert new is not None
    assert new.job_id == job_id
    assert new.fence > old.fence
    with pytest.raises(MulianError, match="lost"):
        ctx.database.run(lambda session: processes.note(session, "after"))
    runner.beat(runtime, old, ctx)
    with pytest.raises(MulianError, match="lost"):
        ctx.check_cancelled()
    runner.execute(runtime, old, runner.context_of(runtime, old))
    assert _job(database, job_id).state == "running", "the old holder cannot end what it lost"
    runner.execute(runtime, new, runner.context_of(runtime, new))
    assert _job(database, job_id).state == "done"
    assert processes.effects(database) == [("before", "")]


def test_job_that_kills_its_workers_is_given_up(database: Database) -> None:
    runtime = _runtime(database)
    job_id = _enqueue(database, "test.plain")
    for _ in range(3):
        assert runner.claim(runtime) is not None
        database.run(lambda session: session.execute(text("UPDATE job SET lease_until = 1")))
        runner.take_back_lost(runtime)
    row = _job(database, job_id)
    assert row.state == "failed"
    assert row.error is not None
    assert row.error["code"] == "kernel.job.worker_died"
    with database.read() as session:
        assert session.query(JobLog).count() == 3


@pytest.mark.one_database
def test_kill_9_of_a_worker_in_the_middle_of_a_job(database: Database) -> None:
    processes.prepare(database)
    job_id = _enqueue(database, "test.slow", steps=40, pause_ms=50, tag="k")
    with processes.child(database, "worker") as first:
        processes.expect(first, "started")
        processes.eventually(lambda: len(processes.effects(database)) >= 3)
        first.kill()
        first.wait(10)
    assert _job(database, job_id).state == "running"
    with processes.child(database, "worker") as second:
        processes.expect(second, "started")
        processes.eventually(lambda: _job(database, job_id).state == "done")
    steps = sorted(int(what) for _, what in processes.effects(database))
    assert steps == list(range(40)), "every step once, none lost"
    row = _job(database, job_id)
    assert row.attempts == 2
    assert row.percent == 100


@pytest.mark.one_database
def test_sigterm_gives_the_job_back_within_a_second(database: Database) -> None:
    processes.prepare(database)
    job_id = _enqueue(database, "test.slow", steps=100_000, pause_ms=5, tag="t")
    with processes.child(database, "worker") as process:
        processes.expect(process, "started")
        processes.eventually(lambda: len(processes.effects(database)) >= 3)
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - begin < 1.0
    row = _job(database, job_id)
    assert (row.state, row.attempts) == ("queued", 0), "an orderly end is no failed attempt"


def test_worker_ends_when_its_parent_is_gone(sqlite_database: Database) -> None:
    with processes.child(sqlite_database, "worker") as process:
        processes.expect(process, "started")
        assert process.stdin is not None
        begin = time.monotonic()
        process.stdin.close()
        process.stdin = None
        process.wait(10)
        assert time.monotonic() - begin < 1.2


@pytest.mark.one_database
def test_two_workers_share_the_jobs(database: Database) -> None:
    processes.prepare(database)
    ids = [_enqueue(database, "test.slow", steps=3, pause_ms=10, tag=f"j{n}") for n in range(12)]
    with processes.child(database, "worker") as one, processes.child(database, "worker") as two:
        processes.expect(one, "started")
        processes.expect(two, "started")
        processes.eventually(lambda: all(_job(database, job_id).state == "done" for job_id in ids))
    found = processes.effects(database)
    assert len(found) == 36
    assert len(set(found)) == 36
    assert all(_job(database, job_id).attempts == 1 for job_id in ids)


def test_registry_refuses_a_second_body() -> None:
    with pytest.raises(ValueError, match="twice"):
        job("test.plain", zh="", en="")(lambda ctx, params: None)
    with pytest.raises(ValueError, match="every_seconds or cron"):
        registry.schedule("test.plain")
    assert registry.kind_of("test.plain").zh == "普通任务"
