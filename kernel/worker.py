"""The worker process: jobs, scheduler, outbox dispatcher and sealer, each in threads of one process.

Any number of workers may run on one database. Jobs are claimed by whichever is free; scheduling, dispatching
and sealing belong to the one that holds the lease ``worker.leader``. The process ends within a second of SIGTERM
or of its parent's death: what runs is given back first, and what it might still write is refused by the fences.
"""

import functools
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from types import FrameType

import structlog

from kernel.audit.sealing import Sealer
from kernel.jobs import runner
from kernel.jobs.context import JobContext
from kernel.jobs.runner import Claim
from kernel.jobs.scheduler import Scheduler
from kernel.leases.leader import Leader
from kernel.leases.rules import Held
from kernel.outbox.dispatcher import Dispatcher
from kernel.runtime import Runtime

_log = structlog.get_logger(__name__)
_GRACE_SECONDS = 0.3
_END_SECONDS = 0.7
_POLL_SECONDS = 0.25
_TAKE_BACK_SECONDS = 2.0


class Worker:
    """All loops of one worker. ``start`` returns at once; ``stop`` ends it in about half a second."""

    def __init__(self, runtime: Runtime, *, threads: int = 2) -> None:
        self.runtime = runtime
        self.leader = Leader(runtime.database)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._running: dict[uuid.UUID, tuple[Claim, JobContext]] = {}
        self._scheduler = Scheduler(runtime, self._held)
        loops: dict[str, Callable[[], None]] = {
            "leader": functools.partial(self.leader.run, self._stop),
            "outbox": functools.partial(Dispatcher(runtime, self._held).run, self._stop),
            "sealer": functools.partial(Sealer(runtime, self._held).run, self._stop),
            "heartbeat": self._heartbeat,
        }
        loops |= {f"jobs-{number}": self._work for number in range(threads)}
        self._threads = [threading.Thread(target=loop, name=name, daemon=True) for name, loop in loops.items()]

    def start(self) -> None:
        """Try for the lead, then begin all loops."""
        self.leader.beat()
        for thread in self._threads:
            thread.start()
        self._scheduler.start()

    def stop(self) -> None:
        """Ask the bodies to stop, wait a moment, give back what still runs, resign."""
        self._stop.set()
        self._scheduler.stop()
        running = self._in_hand()
        for _, ctx in running:
            ctx.lost.set()
        deadline = time.monotonic() + _GRACE_SECONDS
        while self._in_hand() and time.monotonic() < deadline:
            time.sleep(0.02)
        for held, _ in running:
            _guarded("give_back", functools.partial(runner.give_back, self.runtime, held))
        _guarded("resign", self.leader.resign)

    def _held(self) -> Held | None:
        return None if self._stop.is_set() else self.leader.held

    def _in_hand(self) -> list[tuple[Claim, JobContext]]:
        with self._lock:
            return list(self._running.values())

    def _work(self) -> None:
        while not self._stop.is_set():
            claimed = False
            try:
                held = runner.claim(self.runtime)
                if held is not None:
                    claimed = True
                    self._run(held)
            except Exception as error:
                _log.error("worker.job_loop", exc_info=error)
            if not claimed:
                self._stop.wait(_POLL_SECONDS)

    def _run(self, held: Claim) -> None:
        ctx = runner.context_of(self.runtime, held)
        with self._lock:
            self._running[held.job_id] = (held, ctx)
        try:
            if self._stop.is_set():
                runner.give_back(self.runtime, held)
            else:
                runner.execute(self.runtime, held, ctx)
        finally:
            with self._lock:
                self._running.pop(held.job_id, None)

    def _heartbeat(self) -> None:
        next_take_back = 0.0
        while not self._stop.wait(1.0):
            for held, ctx in self._in_hand():
                _guarded("beat", functools.partial(runner.beat, self.runtime, held, ctx))
            if time.monotonic() >= next_take_back:
                next_take_back = time.monotonic() + _TAKE_BACK_SECONDS
                _guarded("take_back", functools.partial(runner.take_back_lost, self.runtime))


def run(runtime: Runtime, *, threads: int = 2) -> None:
    """Be a worker process until SIGTERM or SIGINT (``kernel.lifeline`` turns the parent's death into SIGTERM).

    Ends the process within a second of the signal and does not return.
    """
    ended = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    worker = Worker(runtime, threads=threads)
    worker.start()
    while not ended.wait(0.05):
        pass
    # the database may be busy or gone: the end of the process does not depend on it
    last = threading.Timer(_END_SECONDS, os._exit, args=(0,))
    last.daemon = True
    last.start()
    worker.stop()
    os._exit(0)


def _guarded(name: str, action: Callable[[], object]) -> None:
    """One failing round is logged; the loop goes on."""
    try:
        action()
    except Exception as error:
        _log.warning("worker.round_failed", round=name, exc_info=error)
