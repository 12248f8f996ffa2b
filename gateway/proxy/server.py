"""The supervisor: one broker, N workers, each with a listening socket that outlives it.

Children are forked before any thread or loop exists, so they share the imported code; a child that dies is started
again on the same socket, whose queue of connections is kept. Each child holds the reading end of a pipe: when the
supervisor is gone it reads the end of file and ends at once.
"""

import contextlib
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from gateway.broker import server as broker_server
from gateway.errors import PORT_IN_USE
from gateway.proxy import metrics
from gateway.proxy.worker import Worker
from gateway.snapshot.places import runtime_in
from kernel import lifeline
from kernel.cli import open_runtime
from kernel.home import Home

_READY_SECONDS = 60.0
_STOP_SECONDS = 40.0
_RESTART_SECONDS = 0.2


@dataclass
class Child:
    """A running child: how it was started, and since when."""

    name: str
    pid: int
    body: Callable[[Callable[[], None]], None]
    started: float


class Supervisor:
    """Starts, restarts, rolls and stops the children. Runs no loop and opens no database itself."""

    def __init__(self, home: Path, host: str, port: int, workers: int, environment: str) -> None:
        self._home, self._environment = home, environment
        self._listeners = listen(host, port, workers)
        self.port = self._listeners[0].getsockname()[1]
        self._death_read, self._death_write = os.pipe()
        self._children: dict[int, Child] = {}
        self._leaving: dict[int, Child] = {}
        self._stopping = self._rolling = False

    # -- children ------------------------------------------------------------------------------------------------
    def _spawn(self, name: str, body: Callable[[Callable[[], None]], None]) -> Child:
        """Fork a child and wait until it is ready."""
        ready_read, ready_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ready_read)
            os.close(self._death_write)
            self._child(name, body, ready_write)
        os.close(ready_write)
        child = self._children[pid] = Child(name, pid, body, time.monotonic())
        readable, _, _ = select.select([ready_read], [], [], _READY_SECONDS)
        came = bool(readable) and os.read(ready_read, 1) == b"1"
        os.close(ready_read)
        if not came and not self._stopping:
            raise ChildFailed(name)
        return child

    def _child(self, name: str, body: Callable[[Callable[[], None]], None], ready: int) -> None:
        """Run in the child; never returns."""
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the supervisor decides
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.set_wakeup_fd(-1)
            threading.Thread(target=_watch_parent, args=(self._death_read,), daemon=True).start()
            body(lambda: (os.write(ready, b"1"), None)[1])
            status = 0
        except BaseException:  # a child must not return into the supervisor's code
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _broker(self, ready: Callable[[], None]) -> None:
        for listener in self._listeners:
            listener.close()
        with open_runtime(self._home) as runtime:
            place = runtime_in(runtime, self._environment)
            uvloop.run(broker_server.serve(place, ready))

    def _worker(self, index: int) -> Callable[[Callable[[], None]], None]:
        def body(ready: Callable[[], None]) -> None:
            with open_runtime(self._home) as runtime:
                async def main() -> None:
                    place = runtime_in(runtime, self._environment)
                    await Worker(place, self._listeners[index], index, self._environment).run(ready)

                uvloop.run(main())

        return body

    # -- life ----------------------------------------------------------------------------------------------------
    def run(self, on_ready: Callable[[int], None]) -> None:
        """Start everything, then wait for signals: SIGTERM/SIGINT stop, SIGHUP replaces the workers one by one."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, self._signalled)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for path in (self._home / "run").glob(metrics.FILES):  # of workers that were here before
            path.unlink(missing_ok=True)
        try:
            self._spawn("broker", self._broker)
            for index in range(len(self._listeners)):
                self._spawn(f"worker-{index}", self._worker(index))
            if not self._stopping:
                on_ready(self.port)
            while not self._stopping:
                select.select([wake_read], [], [], 5.0)
                with contextlib.suppress(BlockingIOError):
                    os.read(wake_read, 4096)
                self._reap(restart=True)
                if self._rolling:
                    self._roll()
        finally:
            self._stopping = True
            self._shut_down()
            signal.set_wakeup_fd(-1)

    def _signalled(self, number: int, frame: Any) -> None:
        if number in (signal.SIGTERM, signal.SIGINT):
            self._stopping = True
        elif number == signal.SIGHUP:
            self._rolling = True

    def _reap(self, *, restart: bool) -> None:
        for pid in [*self._children, *self._leaving]:
            if not os.waitpid(pid, os.WNOHANG)[0]:
                continue
            child = self._children.pop(pid, None)
            self._leaving.pop(pid, None)
            if child is not None and restart and not self._stopping:
                # a child that dies at once must not turn the supervisor into a fork loop
                time.sleep(max(0.0, _RESTART_SECONDS - (time.monotonic() - child.started)))
                with contextlib.suppress(ChildFailed):  # it is a dead child now, and comes here again
                    self._spawn(child.name, child.body)

    def _roll(self) -> None:
        """Replace each worker: the old one stops accepting only after its successor accepts."""
        self._rolling = False
        for child in [child for child in self._children.values() if child.name.startswith("worker-")]:
            try:
                self._spawn(child.name, child.body)
            except ChildFailed:  # the old one works; a successor that does not start must not end it
                return
            self._leaving[child.pid] = self._children.pop(child.pid)
            os.kill(child.pid, signal.SIGTERM)

    def _shut_down(self) -> None:
        """Workers first: they still need the broker while they drain."""
        for broker in (False, True):
            for child in self._of(broker):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGTERM)
            end = time.monotonic() + _STOP_SECONDS
            while self._of(broker):
                self._reap(restart=False)
                if time.monotonic() > end:
                    break
                time.sleep(0.02)
        for listener in self._listeners:
            listener.close()
        os.close(self._death_write)

    def _of(self, broker: bool) -> list[Child]:
        children = [*self._children.values(), *self._leaving.values()]
        return [child for child in children if (child.name == "broker") is broker]


class ChildFailed(RuntimeError):
    """A child did not become ready."""


def listen(host: str, port: int, workers: int) -> list[socket.socket]:
    """Return one listening socket a worker, all on one address; raise ``gateway.port_in_use``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listeners: list[socket.socket] = []
    try:
        probe = socket.socket(family, socket.SOCK_STREAM)
        with probe:  # without SO_REUSEPORT: another gateway of this user must not share the port unnoticed
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
        for _ in range(workers):
            listener = socket.socket(family, socket.SOCK_STREAM)
            listeners.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.bind((host, listeners[0].getsockname()[1] if len(listeners) > 1 else port))
            listener.listen(1024)
            listener.setblocking(False)
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise PORT_IN_USE(host=host, port=str(port), reason=error.strerror or str(error)) from error
    return listeners


def _watch_parent(death_read: int) -> None:
    """End the process when the supervisor is gone (its end of the pipe closes with it)."""
    os.read(death_read, 1)
    os._exit(3)


def run(
    home: Path | Home, host: str, port: int, workers: int, *, environment: str = "production",
    on_ready: Callable[[int], None] | None = None,
) -> None:
    """Run the gateway until SIGTERM or SIGINT. ``port`` 0 takes a free one; readiness is printed.

    Needs the opener of ``kernel.cli`` (installed by the composition root). Raises ``gateway.port_in_use``.
    """
    lifeline.arm()
    place = home if isinstance(home, Home) else Home(home)
    supervisor = Supervisor(place.root, host, port, workers, environment)
    with open_runtime(place.root):
        # an installation that cannot be opened fails here with its own words, and the children inherit the imports
        pass

    def say(bound: int) -> None:
        print(f"gateway ready http://{f'[{host}]' if ':' in host else host}:{bound}", flush=True)

    supervisor.run(on_ready or say)
