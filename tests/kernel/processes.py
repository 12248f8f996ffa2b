"""Real processes for tests of leases, jobs, slots and the outbox: started, stopped, continued and killed.

Run as ``python -m tests.kernel.processes COMMAND HOME URL …``; a parent sees lines on standard output.
"""

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from crypto.servicekeys import service as servicekeys
from kernel import lifeline, worker
from kernel.db import Database
from kernel.errors import MulianError
from kernel.home import Home
from kernel.jobs.context import JobContext
from kernel.jobs.registry import job, schedule
from kernel.leases import holder, service
from kernel.outbox.registry import handler
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import features

ROOT = Path(__file__).resolve().parents[2]


def note(session: Session, who: str, what: str = "") -> None:
    """Write one row of the test's own table."""
    session.execute(
        text("INSERT INTO test_effect (id, who, what) VALUES (:id, :who, :what)"),
        {"id": uuid.uuid4().hex, "who": who, "what": what},
    )


def prepare(database: Database) -> None:
    """Create the table in which the processes leave what they committed."""
    with database.write() as session:
        session.execute(text("CREATE TABLE test_effect (id VARCHAR(32) PRIMARY KEY, who TEXT, what TEXT)"))


def effects(database: Database) -> list[tuple[str, str]]:
    """What was committed."""
    with database.read() as session:
        return [(who, what) for who, what in session.execute(text("SELECT who, what FROM test_effect"))]


@contextlib.contextmanager
def child(database: Database, command: str, *args: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process of this module on the database; whatever is left of it is killed at the end."""
    assert database.runtime is not None
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.kernel.processes", command, str(database.runtime.home.root), database.url, *args],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.kill()
        process.wait(10)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def expect(process: subprocess.Popen[str], line: str) -> None:
    """Wait until the process prints ``line``."""
    assert process.stdout is not None
    while (got := process.stdout.readline()) != "":
        if got.strip() == line:
            return
    raise AssertionError(f"the process ended without printing {line!r}")


def eventually(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Poll until the condition holds and return its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)
    return value


def _runtime(home: str, url: str) -> Runtime:
    place = Home(home)
    for name in features.MODELS:
        if name.startswith("kernel."):  # importing every package would cost each child seconds
            importlib.import_module(name)
    settings = Settings(home=place.root, database_url=None if url.startswith("sqlite") else url)
    return Runtime(settings=settings, home=place, database=Database(url), box=servicekeys.open_box(place))


def _hold_between(runtime: Runtime, seconds: str = "1") -> None:
    """Take the lease for some seconds; on each line from the parent, write a row under the fence."""
    held = runtime.database.run(lambda s: service.acquire(s, "test", holder.mine(), float(seconds)))
    assert held is not None
    print("held", flush=True)
    for _ in sys.stdin:
        def unit(session: Session) -> None:
            note(session, "old")
            service.assert_fence(session, held)
        try:
            runtime.database.run(unit)
            print("written", flush=True)
        except MulianError as error:
            print(error.code, flush=True)


def _hold_inside(runtime: Runtime) -> None:
    """Take the lease, write in an open transaction, wait for the parent in it, then assert and commit."""
    held = runtime.database.run(lambda s: service.acquire(s, "test", holder.mine(), 1.0))
    assert held is not None
    first = True

    def unit(session: Session) -> None:
        nonlocal first
        note(session, "old")
        if first:
            first = False
            print("inside", flush=True)
            sys.stdin.readline()
        service.assert_fence(session, held)
    try:
        runtime.database.run(unit)
        print("written", flush=True)
    except MulianError as error:
        print(error.code, flush=True)


@job("test.slow", zh="慢任务", en="Slow job")
def slow(ctx: JobContext, params: dict[str, Any]) -> dict[str, Any]:
    """Commit one row per step; on a later attempt go on where the rows end."""
    steps = int(params["steps"])
    for step in range(steps):
        ctx.check_cancelled()
        ctx.progress(step, steps, f"step {step}")

        def unit(session: Session, step: int = step) -> None:
            key = {"who": params["tag"], "what": str(step)}
            if session.execute(text("SELECT 1 FROM test_effect WHERE who=:who AND what=:what"), key).first() is None:
                note(session, params["tag"], str(step))
        ctx.database.run(unit)
        time.sleep(float(params["pause_ms"]) / 1000)
    return {"steps": steps}


@job("test.slot", zh="定时", en="Slot")
def slot(ctx: JobContext, params: dict[str, Any]) -> None:
    """Leave one row per run, naming the slot."""
    assert ctx.slot is not None
    print("slot", flush=True)
    time.sleep(0.2)
    ctx.database.run(lambda session: note(session, "slot", ctx.slot.isoformat() if ctx.slot else ""))


@handler("test.topic")
def deliver(runtime: Runtime, payload: dict[str, Any]) -> None:
    """Append to a file outside the database, as a webhook's receiver would."""
    with (runtime.home.root / "delivered.txt").open("a") as file:
        file.write(f"{payload['key']} {payload['n']}\n")
    time.sleep(0.01)


def _worker(runtime: Runtime, with_slots: str = "") -> None:
    if with_slots:
        schedule("test.slot", every_seconds=1)
    threading.Thread(target=lambda: (time.sleep(0.05), print("started", flush=True)), daemon=True).start()
    os.environ[lifeline.VARIABLE] = str(sys.stdin.fileno())
    lifeline.arm()
    worker.run(runtime)


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {
        "between": _hold_between, "inside": _hold_inside, "worker": _worker,
    }
    commands[sys.argv[1]](_runtime(sys.argv[2], sys.argv[3]), *sys.argv[4:])
