"""Processes of tests as forks of one that has imported everything: a start costs milliseconds instead of seconds.

Each test process has one mother, started with the first child. A child is watched by a keeper of its own, which tells
its pid and later its exit status; signals go to the child itself, so it can be killed like any other process.
"""

import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Child:
    """A running child: as much of ``subprocess.Popen`` as tests need. ``stdout``: its output, text by lines."""

    def __init__(self, output: int, status: int) -> None:
        self.stdout = os.fdopen(output)
        self._status = os.fdopen(status)
        self.pid = int(self._status.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, seconds: float) -> int:
        """Return the exit status; ``subprocess.TimeoutExpired`` after so many seconds."""
        if self.returncode is None:
            if not select.select([self._status], [], [], seconds)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), seconds)
            self._end()
        assert self.returncode is not None
        return self.returncode

    def _end(self) -> None:
        self.returncode = int(self._status.readline())
        self._status.close()

    def send_signal(self, number: int) -> None:
        """Send a signal to a child that still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


def start(function: str, arguments: Sequence[Any], environment: Mapping[str, str]) -> Child:
    """Call ``module:function`` with JSON arguments in a new process, with these environment variables."""
    output, status = os.pipe(), os.pipe()
    message = json.dumps([function, list(arguments), dict(environment)]).encode()
    socket.send_fds(_mother(os.getpid()), [message], [output[1], status[1]])
    os.close(output[1])
    os.close(status[1])
    return Child(output[0], status[0])


@functools.cache
def _mother(test_process: int) -> socket.socket:
    """One a test process: what a fork of it inherited is its parent's."""
    del test_process
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    code = f"from tests.support import mother; mother.serve({theirs.fileno()})"
    subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, pass_fds=[theirs.fileno()])
    theirs.close()
    return ours


def serve(door: int) -> None:
    """The mother: forks a child for each message until the test process is gone."""
    importlib.import_module("tests.gateway.child")
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=door) as connection:
        while True:
            message, files, _, _ = socket.recv_fds(connection, 65536, 2)
            if not message:
                return
            if os.fork() == 0:
                connection.close()
                _keep(json.loads(message), *files)
            for one in files:
                os.close(one)


def _keep(asked: Sequence[Any], output: int, status: int) -> None:
    """The keeper of one child; never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(status)
        os._exit(_run(asked, output))
    os.close(output)
    os.write(status, b"%d\n" % pid)
    _, ended = os.waitpid(pid, 0)
    os.write(status, b"%d\n" % os.waitstatus_to_exitcode(ended))
    os._exit(0)


def _run(asked: Sequence[Any], output: int) -> int:
    function, arguments, environment = asked
    module, _, name = function.partition(":")
    try:
        os.dup2(output, 1)
        os.close(output)
        os.environ.clear()
        os.environ.update(environment)
        getattr(importlib.import_module(module), name)(*arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0
