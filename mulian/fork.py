"""The parts of an installation as forks of the supervisor, which has imported everything already.

A new interpreter would compile nothing but import some 1,700 modules again: seconds and 150 MB a part.
"""

import gc
import importlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

# what the parts need beyond what an installation needs: imported once, before the first fork
_PARTS = ("mulian.commands", "mulian.app", "kernel.worker", "gateway.commands", "gateway.proxy.server",
          "chain.commands", "chain.ledger.embedded.server")
_POLL = 0.01


def preload() -> None:
    """Import what the parts will need, and keep the collector off it, so that its pages stay shared."""
    limit = sys.getrecursionlimit()
    for name in _PARTS:
        importlib.import_module(name)
    # the EVM's libraries lift it for the whole process, where a parser that recurses in C would then overrun the stack
    sys.setrecursionlimit(limit)
    gc.collect()
    gc.freeze()


def unload() -> None:
    """Let the interpreter take apart what :func:`preload` kept: libraries report it as a leak otherwise."""
    gc.unfreeze()


class Process:
    """A forked part: as much of ``subprocess.Popen`` as a supervisor needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._status: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; tell whether it has ended."""
        deadline = time.monotonic() + seconds
        while self.poll() is None and time.monotonic() < deadline:
            time.sleep(_POLL)
        return self.poll() is not None

    def send_signal(self, number: int) -> None:
        """Send a signal to a part that still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)


Start = Callable[[str, Sequence[str], Mapping[str, str], BinaryIO, int], Process]
"""How a part is started: its name, the arguments of ``mulian``, environment, log, the file that stays open."""


def start(name: str, arguments: Sequence[str], environment: Mapping[str, str], log: BinaryIO, keep: int) -> Process:
    """Fork ``mulian arguments…`` with its output in ``log``; of the open files only ``keep`` stays open.

    The caller has no thread and no open database: neither survives a fork.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Process(pid)
    status = 1
    try:
        _become(name, environment, log, keep)
        status = _main(arguments)
    except BaseException:  # a part must not return into the supervisor's code
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:  # whatever became of the log
            os._exit(status)


def spawn(name: str, arguments: Sequence[str], environment: Mapping[str, str], log: BinaryIO, keep: int) -> Process:
    """Start ``mulian arguments…`` as a new interpreter: for a caller that has threads or an open database."""
    del name
    os.set_inheritable(keep, True)
    return Process(os.posix_spawn(
        sys.executable, [sys.executable, "-m", "mulian", *arguments], os.environ | environment, setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
        ],
    ))


def _become(name: str, environment: Mapping[str, str], log: BinaryIO, keep: int) -> None:
    # a Ctrl-C in the terminal reaches only the supervisor, which then stops everybody in order
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    os.closerange(3, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX"))
    os.environ.update(environment)
    comm = Path("/proc/self/comm")  # what ps and top show
    if comm.exists():
        comm.write_text(f"mulian-{name}")


def _main(arguments: Sequence[str]) -> int:
    from mulian.cli import main

    sys.argv = ["mulian", *arguments]
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0
