"""The pool of reader processes with its deadline."""

import json
import os
import queue
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from chain.ledger.embedded.rpc.errors import INTERNAL, LIMIT_EXCEEDED, SERVER_ERROR, RpcError

DEADLINE_SECONDS = 5.0
_QUEUE_SECONDS = 5.0
_START_SECONDS = 60.0
_ROOT = Path(__file__).resolve().parents[3]


class _Worker:
    """One process; used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), environment.get("PYTHONPATH")]))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chain.ledger.embedded.reader", str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
        )
        self._buffer = b""
        self.ready = False

    def ask(self, request: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Return the answer; raise TimeoutError or OSError, after which the worker is of no more use."""
        if not self.ready:
            self._line(_START_SECONDS)
            self.ready = True
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        document: dict[str, Any] = json.loads(self._line(deadline))
        return document

    def _line(self, timeout: float) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        while b"\n" not in self._buffer:
            # a poll object, because select() cannot watch descriptors above 1023
            poller = select.poll()
            poller.register(descriptor, select.POLLIN)
            if not poller.poll(timeout * 1000):
                raise TimeoutError
            chunk = os.read(descriptor, 1 << 20)
            if not chunk:
                raise OSError("the reader process ended")
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line

    def end(self) -> None:
        """Kill and reap the process."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


class ReaderPool:
    """Up to ``size`` reader processes; :meth:`execute` may be called by any thread.

    A process is started when it is first needed: most chains are mainly written, and each costs 1.3 CPU-seconds to
    start and 70 MB. The last used one is used first, so that a second one starts only for calls at the same time.
    """

    def __init__(self, folder: Path, size: int = 2) -> None:
        self._folder = folder
        # None: a place whose process is not started
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(size):
            self._idle.put(None)

    def _start(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise RpcError(SERVER_ERROR, "the node is shutting down")
            worker = _Worker(self._folder)
            self._all.add(worker)
            return worker

    def execute(self, kind: str, request: dict[str, Any], number: int, overrides: dict[str, Any] | None) -> Any:
        """Run a call of one of ``kinds.KINDS`` within the deadline; raise RpcError."""
        try:
            place = self._idle.get(timeout=_QUEUE_SECONDS)
        except queue.Empty as error:
            raise RpcError(LIMIT_EXCEEDED, "too many calls are running") from error
        try:
            worker = place or self._start()
        except OSError as error:
            self._idle.put(None)
            raise RpcError(INTERNAL, "no reader process could be started") from error
        try:
            answer = worker.ask(
                {"kind": kind, "call": request, "number": number, "overrides": overrides}, DEADLINE_SECONDS
            )
        except TimeoutError as error:
            self._replace(worker)
            raise RpcError(SERVER_ERROR, f"execution aborted (timeout = {DEADLINE_SECONDS:g}s)") from error
        except (OSError, ValueError) as error:
            self._replace(worker)
            raise RpcError(INTERNAL, "the reader process failed") from error
        self._idle.put(worker)
        if "error" in answer:
            raise RpcError(*answer["error"])
        return answer["result"]

    def _replace(self, worker: _Worker) -> None:
        worker.end()
        with self._lock:
            self._all.discard(worker)
        self._idle.put(None)

    def close(self) -> None:
        """End every process."""
        with self._lock:
            self._closed = True
            workers, self._all = self._all, set()
        for worker in workers:
            worker.end()
