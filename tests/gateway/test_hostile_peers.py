"""Slow clients, stalled readers and uploads, upstreams that lie: bounded memory, errors, good callers unaffected."""

import contextlib
import random
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.proxy.framing.limits import DEFAULT
from tests.gateway.plane import Plane, row
from tests.gateway.support import Client, Script, Upstream, answer_raw

Start = Callable[[Script], Upstream]
Planes = Callable[..., Plane]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MEGABYTE = b"x" * (1 << 20)


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def reset(connection: socket.socket, request: bytes, source: Upstream) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def garbage(connection: socket.socket, request: bytes, source: Upstream) -> bool:
    """Random bytes: pure, behind a head, or in the middle of one."""
    chance = random.Random(len(source.requests))
    head = chance.choice([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"])
    connection.sendall(head + chance.randbytes(chance.randint(1, 3000)))
    return False


def endless(before: bytes, piece: bytes) -> Script:
    """Send without end what no parser may hold."""

    def script(connection: socket.socket, request: bytes, source: Upstream) -> bool:
        with contextlib.suppress(OSError):
            connection.sendall(before)
            while True:
                connection.sendall(piece)
        return False

    return script


HOSTILE: dict[str, Script] = {
    "short": answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"),
    "long": answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and much more", close=False),
    "reset": reset, "garbage": garbage, "at once": answer_raw(b""),
    "head without end": endless(b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n" * 1000),
    "informational without end": endless(b"", b"HTTP/1.1 103 Early\r\n\r\n" * 1000),
    "chunk size without end": endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 10_000),
    "switch": answer_raw(b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"),
    "two answers": answer_raw(OK + OK, close=False),
}


def test_good_callers_are_unaffected_by_hostile_upstreams(upstream: Start, plane: Planes, scale) -> None:
    fine = upstream(answer_raw(OK, close=False))
    rows = [row(f"bad-{index}", upstream(script).url, timeout_ms=1000) for index, script in enumerate(HOSTILE.values())]
    gateway = plane(row("fine", fine.url), *rows)
    statuses: list[int] = []
    wrong: list[bytes] = []

    def annoy(index: int) -> None:
        for _ in range(scale.of(4, 200)):
            try:
                answer = gateway.get(f"/bad-{index}")
            except ConnectionError:
                statuses.append(0)
                continue
            statuses.append(answer.status)
            if answer.status < 500 and answer.body != b"ok":
                wrong.append(answer.body)

    assert gateway.get("/fine").status == 200
    before = resident()
    threads = [threading.Thread(target=annoy, args=(index,)) for index in range(len(HOSTILE))]
    for thread in threads:
        thread.start()
    calls = 0
    while any(thread.is_alive() for thread in threads):
        assert gateway.get("/fine").body == b"ok"
        calls += 1
    assert calls > 3 and wrong == []
    assert set(statuses) <= {0, 200, 502, 503, 504} and {0, 502, 503} <= set(statuses)
    assert resident() - before < 60_000_000
    assert gateway.get("/fine").status == 200


def test_bodies_that_stall_are_bounded_together(upstream: Start, plane: Planes) -> None:
    fine = upstream(answer_raw(OK, close=False))
    limits = replace(DEFAULT, held=6 << 20, body_seconds=2.0)
    gateway = plane(row("up", fine.url, body_limit=4 << 20), limits=limits)
    head = gateway.request("/up", "POST", body=b"").removesuffix(b"\r\n") + b"Content-Length: 4000000\r\n\r\n"
    stalled = [gateway.client() for _ in range(5)]
    for client in stalled:
        client.send(head + MEGABYTE)
    time.sleep(0.3)
    assert gateway.do(lambda: gateway.handler.held) == 5 << 20
    over = gateway.client().send(head)
    for _ in range(2):
        with contextlib.suppress(OSError):
            over.send(MEGABYTE)
    assert over.read().status == 503, "there is no room for another one"
    assert gateway.get("/up").status == 200
    assert [client.read().status for client in stalled] == [408] * 5
    assert gateway.do(lambda: gateway.handler.held) == 0
    assert gateway.get("/up", "POST", body=MEGABYTE).status == 200, "room again"


def test_slow_heads_idle_clients_and_early_bytes_are_ended(upstream: Start, plane: Planes) -> None:
    source = upstream(answer_raw(OK, close=False))
    gateway = plane(row("fine", source.url), limits=replace(DEFAULT, head_seconds=1.0, idle_seconds=1.0))
    drip, idle, silent = gateway.client(), gateway.client(), gateway.client()
    assert idle.send(gateway.request("/fine")).read().status == 200
    start = time.monotonic()
    with contextlib.suppress(OSError):
        for byte in gateway.request("/fine"):
            drip.send(bytes([byte]))
            time.sleep(0.05)
    assert drip.read().status == 408 and time.monotonic() - start < 5
    assert idle.closed() and silent.closed()
    assert gateway.do(lambda: len(gateway.handler.connections)) == 0
    assert gateway.get("/fine").status == 200


def test_a_reader_that_stalls_is_cut_and_its_upstream_let_go(upstream: Start, plane: Planes) -> None:
    gone = threading.Event()

    def big(connection: socket.socket, request: bytes, source: Upstream) -> bool:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (150 << 20))
            for _ in range(150):
                connection.sendall(MEGABYTE)
        except OSError:
            gone.set()
        return False

    gateway = plane(row("big", upstream(big).url), limits=replace(DEFAULT, stalled_seconds=1.0))
    before = resident()
    stalled: list[Client] = [gateway.client() for _ in range(3)]
    for client in stalled:
        client.send(gateway.request("/big"))
    time.sleep(0.8)
    assert resident() - before < 3 * 20_000_000
    assert gone.wait(5)
    with pytest.raises(ConnectionError):
        while True:
            stalled[0].read()
    deadline = time.monotonic() + 3
    while {one.outcome for one in gateway.logged()} != {"client_gone"}:
        assert time.monotonic() < deadline, gateway.logged()
        time.sleep(0.1)
