"""Snapshots of thousands of interfaces swapped under load: no call fails, memory stays flat."""

import gc
import threading
from collections.abc import Callable

from gateway.snapshot.rules import Compiled
from tests.gateway.plane import KEY, Plane, row, snapshot
from tests.gateway.support import Client, Script, Upstream, answer_raw
from tests.gateway.test_hostile_peers import resident

Start = Callable[[Script], Upstream]
Planes = Callable[..., Plane]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Load:
    """Two clients that keep their connection and two with a connection a call."""

    def __init__(self, gateway: Plane) -> None:
        self._gateway, self._stop = gateway, threading.Event()
        self.calls, self.failures = 0, list[str]()
        self._threads = [threading.Thread(target=self._run, args=(index % 2 == 0,)) for index in range(4)]
        for thread in self._threads:
            thread.start()

    def _run(self, keep: bool) -> None:
        client: Client | None = None
        while not self._stop.is_set():
            try:
                client = client or self._gateway.client()
                answer = client.send(self._gateway.request("/echo")).read()
                if answer.status != 200 or answer.body != b"ok":
                    self.failures.append(f"{answer.status} {answer.body!r}")
            except OSError as error:
                self.failures.append(repr(error))
                keep = False
            self.calls += 1
            if client is not None and not keep:
                client.close()
                client = None

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)


def test_swaps_of_thousands_of_routes_fail_nothing_and_keep_no_memory(upstream: Start, plane: Planes, scale) -> None:
    source = upstream(answer_raw(OK, close=False))
    routes, swaps = scale.of(200, 5_000), scale.of(12, 1_000)
    echo = row("echo", source.url)
    rows = [echo, *(row(f"r-{number}", f"http://10.0.0.{number % 200}/x") for number in range(routes - 1))]
    gateway = plane(echo)

    def compiled(number: int) -> Compiled:
        return snapshot(rows if number % 2 else rows[: routes // 2], number, {KEY: {"echo": {}}})

    load = Load(gateway)
    after_warming = 0
    for number in range(2, swaps + 2):
        fresh = compiled(number)
        gateway.do(lambda: gateway.handler.swap(fresh))
        if number == swaps // 4 + 2:
            gc.collect()
            after_warming = resident()
    load.end()
    gc.collect()
    assert load.failures == []
    assert load.calls >= swaps
    assert gateway.handler.snapshot_number == swaps + 1
    assert resident() - after_warming < 12_000_000
    assert len(gateway.handler._upstreams) == 1
