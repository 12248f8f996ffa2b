"""Breaker, retries, deadlines: what a call does when its source fails."""

import socket
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.breaker import FAILURES, LONGEST, PAUSE, Breaker
from tests.gateway.plane import Plane, row
from tests.gateway.support import Script, Upstream, answer_raw

Start = Callable[[Script], Upstream]
Planes = Callable[..., Plane]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.pure
@given(st.lists(st.tuples(st.floats(0, 5), st.sampled_from(["ask", "failed", "succeeded"])), max_size=60))
def test_a_breaker_never_shuts_for_ever_and_opens_only_after_failures(events: list[tuple[float, str]]) -> None:
    breaker, now, in_a_row = Breaker(), 0.0, 0
    for passed, event in events:
        now += passed
        if event == "ask":
            wait = breaker.wait(now, 1.0)
            assert 0 <= wait <= LONGEST and (wait == 0 or in_a_row >= FAILURES)
        elif event == "failed":
            breaker.failed(now)
            in_a_row += 1
        else:
            breaker.succeeded()
            in_a_row = 0
        assert breaker.troubled == (in_a_row > 0)
    assert breaker.wait(now + LONGEST + 1, 1.0) == 0


@pytest.mark.pure
def test_one_call_tries_while_half_open() -> None:
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.wait(10.0, 1.0) == 0
        breaker.failed(10.0)
    assert breaker.wait(10.0, 1.0) == pytest.approx(PAUSE)
    assert breaker.wait(10.0 + PAUSE, 1.0) == 0, "the trial"
    assert breaker.wait(10.0 + PAUSE, 1.0) == pytest.approx(1.0), "everybody else waits for its outcome"
    breaker.failed(10.5 + PAUSE)
    assert breaker.wait(10.5 + PAUSE, 1.0) == pytest.approx(2 * PAUSE)
    assert breaker.wait(10.5 + 3 * PAUSE, 1.0) == 0
    breaker.succeeded()
    assert breaker.wait(10.5 + 3 * PAUSE, 1.0) == 0 and not breaker.troubled


def test_a_dead_upstream_is_left_alone_and_found_again(plane: Planes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    gateway = plane(row("echo", f"http://127.0.0.1:{port}/"))
    codes = [gateway.get("/echo").code for _ in range(4)]
    assert codes[0] == "gateway.call.upstream_down" and codes[-1] == "gateway.call.upstream_paused"
    assert 1 <= int(gateway.get("/echo").headers["retry-after"]) <= PAUSE
    with socket.create_server(("127.0.0.1", port)) as listener:
        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(OK)

        threading.Thread(target=serve, daemon=True).start()
        deadline = time.monotonic() + PAUSE + 3
        while gateway.get("/echo").status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert gateway.get("/echo").status == 200
        listener.shutdown(socket.SHUT_RDWR)


def _dies(times: int, before: bytes = b"") -> Script:
    """Close the connection, after ``before``, for the first requests; then answer."""

    def script(connection: socket.socket, request: bytes, source: Upstream) -> bool:
        if len(source.requests) <= times:
            connection.sendall(before)
            return False
        connection.sendall(OK)
        return True

    return script


def test_only_what_cannot_happen_twice_is_tried_again(upstream: Start, plane: Planes) -> None:
    once, twice, byte = upstream(_dies(1)), upstream(_dies(2)), upstream(_dies(1, b"HTTP/1.1 2"))
    gateway = plane(row("once", once.url), row("twice", twice.url), row("byte", byte.url))
    assert gateway.get("/once").status == 200 and len(once.requests) == 2
    assert gateway.get("/twice").status == 502 and len(twice.requests) == 2
    assert gateway.get("/byte").status == 502 and len(byte.requests) == 1, "a byte of an answer had come"
    posted = upstream(_dies(1))
    gateway = plane(row("posted", posted.url))
    assert gateway.get("/posted", "POST", body=b"x").status == 502 and len(posted.requests) == 1


def test_deadlines_hold_to_a_fraction_of_a_second(upstream: Start, plane: Planes) -> None:
    release = threading.Event()

    def silent(connection: socket.socket, request: bytes, source: Upstream) -> bool:
        release.wait(10)
        return False

    def drips(connection: socket.socket, request: bytes, source: Upstream) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(4):
            time.sleep(0.3)
            connection.sendall(b"x")
        release.wait(10)
        return False

    fast = upstream(answer_raw(OK, close=False))
    gateway = plane(
        row("silent", upstream(silent).url, timeout_ms=400), row("drips", upstream(drips).url, timeout_ms=600),
        row("fast", fast.url),
    )
    start = time.monotonic()
    answer = gateway.get("/silent")
    took = time.monotonic() - start
    assert (answer.status, answer.code) == (504, "gateway.call.upstream_slow") and 0.4 <= took < 1.5
    start = time.monotonic()
    with pytest.raises(ConnectionError):
        gateway.get("/drips")
    assert 1.6 < time.monotonic() - start < 4, "each byte gave it time"
    assert gateway.get("/fast").status == 200
    release.set()
    assert [one.outcome for one in gateway.logged()] == ["upstream_slow", "slow", "ok"]
