"""Running the processes of one installation: start in order, watch, restart, stop in order."""

import http.client
import os
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from kernel import lifeline
from kernel.errors import define
from kernel.home import Home
from mulian import fork

PORT_IN_USE = define(
    "mulian.port.in_use", 409, zh="端口 {port} 已被占用（{host}）", en="Port {port} is in use on {host}",
    fix_zh="请停止占用它的程序，或用 {option} 换一个端口", fix_en="Stop the program that holds it, or choose another with {option}",
)
CHILD_FAILED = define(
    "mulian.process.failed", 500, zh="进程 {name} 未能启动或反复退出", en="The process {name} did not start or keeps ending",
    fix_zh="请查看日志 {log}", fix_en="Look into {log}",
)
_LOG_LIMIT = 16 * 1024 * 1024
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
# a process that ends this often within a minute is not restarted any more
_ENDS_PER_MINUTE = 5


def claim_port(host: str, port: int, option: str) -> int:
    """Return ``port`` when it can be listened on (0: a free one); raise ``mulian.port.in_use`` otherwise."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PORT_IN_USE(port=port, host=host, option=option) from error
        return int(probe.getsockname()[1])


def answers(url: str, post: bytes | None = None) -> bool:
    """Tell whether an HTTP server answers there without failing; asked often, so without any of TLS."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=2)
    try:
        connection.request("POST" if post else "GET", parts.path or "/", post, {"content-type": "application/json"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@dataclass
class Child:
    """One process: how it is started and how one knows that it is ready."""

    name: str
    arguments: Sequence[str]
    ready: Callable[[], bool]
    process: fork.Process | None = None
    ends: deque[float] = field(default_factory=lambda: deque(maxlen=_ENDS_PER_MINUTE))

    def running(self) -> bool:
        """Tell whether the process lives."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Holds the children and the pipe whose end tells them that it is gone.

    ``start`` makes a process: a fork, unless the supervisor shares its own process with threads or a database.
    """

    def __init__(self, home: Home, environment: dict[str, str], start: fork.Start = fork.start) -> None:
        self._home, self._environment, self._start = home, environment, start
        self._children: list[Child] = []
        self._read_end, self._write_end = os.pipe()
        self._stopping = False

    def start(self, *children: Child) -> None:
        """Start children together and wait until all are ready.

        Raises ``mulian.process.failed`` when one ends or takes too long.
        """
        for child in children:
            self._children.append(child)
            self._spawn(child)
        deadline = time.monotonic() + _START_SECONDS
        for child in children:
            self._await(child, deadline)

    def _await(self, child: Child, deadline: float) -> None:
        while not child.ready():
            if self._stopping:
                return
            if not child.running() or time.monotonic() > deadline:
                raise CHILD_FAILED(name=child.name, log=str(self._log(child)))
            time.sleep(0.05)

    def watch(self) -> None:
        """Restart children that end, until :meth:`request_stop`; raise when one keeps ending."""
        while not self._stopping:
            for child in self._children:
                if not child.running() and not self._stopping:
                    self._revive(child)
            time.sleep(0.2)

    def request_stop(self) -> None:
        """Let :meth:`watch` and :meth:`start` return."""
        self._stopping = True

    def stop(self) -> None:
        """End the children in reverse order of their start: who takes requests first, who keeps state last."""
        self._stopping = True
        for child in reversed(self._children):
            if child.running():
                assert child.process is not None
                child.process.send_signal(signal.SIGTERM)
                if not child.process.wait(_STOP_SECONDS):
                    child.process.send_signal(signal.SIGKILL)
                    child.process.wait(_STOP_SECONDS)

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        child.ends.append(now)
        if len(child.ends) == _ENDS_PER_MINUTE and now - child.ends[0] < 60:
            raise CHILD_FAILED(name=child.name, log=str(self._log(child)))
        time.sleep(min(0.1 * 2 ** len(child.ends), 2.0))
        self._spawn(child)

    def _spawn(self, child: Child) -> None:
        environment = self._environment | {lifeline.VARIABLE: str(self._read_end)}
        with self._open_log(child) as log:
            child.process = self._start(child.name, child.arguments, environment, log, self._read_end)

    def _open_log(self, child: Child) -> BinaryIO:
        path = self._log(child)
        if path.exists() and path.stat().st_size > _LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab")

    def _log(self, child: Child) -> Path:
        return self._home.logs_dir / f"{child.name}.log"
