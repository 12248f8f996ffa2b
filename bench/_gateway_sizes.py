"""Workers whose snapshots hold more and more interfaces and keys, each in a process of its own."""

import contextlib
import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench._gateway import Contestant
from tests.gateway.plane import Plane, row, snapshot


@dataclass(frozen=True)
class Size:
    """How much a snapshot holds; each key has a grant for one interface."""

    routes: int
    keys: int

    @property
    def name(self) -> str:
        """What the figures are called."""
        return f"{self.routes:,} interfaces, {self.keys:,} keys"


SIZES = (Size(100, 100), Size(1_000, 1_000), Size(5_000, 1_000), Size(5_000, 100_000))


def _serve(size: Size, folder: Path, upstream: int, core: int, ports: Any) -> None:
    os.sched_setaffinity(0, {core})
    rows = [row(f"r-{number}", f"http://127.0.0.1:{upstream}/") for number in range(size.routes)]
    keys: dict[str, dict[str, dict[str, bool]]] = {
        f"ak{number:024d}": {f"r-{number % size.routes}": {}} for number in range(size.keys)
    }
    plane = Plane(folder, rows[:1])
    full = snapshot(rows, 2, keys)
    plane.do(lambda: plane.handler.swap(full))
    ports.put(plane.port)
    time.sleep(86_400)


@contextlib.contextmanager
def sized(size: Size, place: Path, upstream: int, core: int) -> Iterator[Contestant]:
    """Run a worker of this size; requests go through its keys in turn."""
    context = multiprocessing.get_context("fork")
    ports = context.Queue()
    process = context.Process(target=_serve, args=(size, place / size.name, upstream, core, ports))
    process.start()
    turn = 0

    def request() -> bytes:
        nonlocal turn
        turn = (turn + 1) % size.keys
        return (
            f"GET /r-{turn % size.routes} HTTP/1.1\r\nHost: gw\r\nX-Mulian-Key: ak{turn:024d}\r\nUser-Agent: bench\r\n"
            "Accept: */*\r\n\r\n"
        ).encode()

    pid = process.pid
    assert pid is not None
    try:
        yield Contestant(ports.get(timeout=300), request, lambda: [pid])
    finally:
        process.kill()
        process.join(10)
