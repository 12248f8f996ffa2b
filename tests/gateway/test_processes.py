"""Processes: drain, rolling restart, death of the parent, snapshots swapped under load."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from gateway.snapshot import service as snapshots
from gateway.snapshot.models import Snapshot, SnapshotHead
from kernel import clock, ids
from kernel.runtime import Runtime
from tests.gateway.support import ROOT, Client, District, Script, Upstream, answer_raw, http_definition, running

Start = Callable[[Script], Upstream]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Load:
    """Keep-alive clients and clients with a connection a call; ``failures`` holds everything but an answer 200."""

    port: int
    issued: object
    calls: int = 0
    failures: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def run(self, keep_alive: bool) -> None:
        client: Client | None = None
        while not self.stop.is_set():
            try:
                if client is None:
                    client = Client(self.port, self.issued, timeout=20)  # type: ignore[arg-type]
                answer = client.call("GET", "/xc/echo")
                self.calls += 1
                if answer.status != 200:
                    self.failures.append(f"{answer.status} {answer.body!r}")
                if not keep_alive or answer.headers.get("connection") == "close":
                    client.close()
                    client = None
            except OSError as error:
                self.failures.append(repr(error))
                client = None

    def start(self) -> "Load":
        for index in range(4):
            self.threads.append(threading.Thread(target=self.run, args=(index % 2 == 0,)))
            self.threads[-1].start()
        return self

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(30)


def ready(district: District, upstream: Start) -> object:
    source = upstream(answer_raw(OK, close=False))
    district.publish("echo", "/xc/echo", http_definition(source.url))
    issued = district.app()
    district.demand(issued, {"街道": False}, calls_per_day=10_000_000)
    return issued


def test_rolling_restart_and_swaps_under_load_fail_nothing(
    district: District, upstream: Start, runtime: Runtime, scale,
) -> None:
    issued = ready(district, upstream)
    with running(runtime, workers=2) as gateway:
        load = Load(gateway.port, issued).start()
        for number in range(scale.of(5, 200)):
            district.publish(f"more-{number}", f"/more/{number}", http_definition("http://127.0.0.1:9/x"))
        gateway.await_snapshot(district.snapshot(), workers=2)
        for _ in range(scale.of(1, 10)):
            before = [gateway.status(worker)["pid"] for worker in range(2)]
            gateway.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 30
            while any(gateway.status(worker)["pid"] == before[worker] for worker in range(2)):
                assert time.monotonic() < deadline
                time.sleep(0.05)
        time.sleep(0.5)
        load.end()
        assert load.failures == []
        assert load.calls > 50


def test_sigterm_answers_what_is_under_way(district: District, upstream: Start, runtime: Runtime) -> None:
    def slow(connection: socket.socket, request: bytes, source: Upstream) -> bool:
        time.sleep(1.0)
        connection.sendall(OK)
        return True

    source = upstream(slow)
    district.publish("slow", "/xc/slow", http_definition(source.url))
    issued = district.app()
    district.demand(issued, {"街道": False})
    with running(runtime) as gateway:
        busy, idle = Client(gateway.port, issued), Client(gateway.port, issued)
        assert idle.call("GET", "/xc/slow").status == 200
        busy.send(busy.signed("GET", "/xc/slow"))
        time.sleep(0.3)
        gateway.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        last = idle.call("GET", "/xc/slow")
        assert (last.status, last.headers["connection"]) == (200, "close"), "sent while draining, still answered"
        assert busy.read().status == 200
        assert gateway.process.wait(20) == 0
        with pytest.raises(ConnectionRefusedError):
            Client(gateway.port)


def test_children_end_with_their_parent(district: District, upstream: Start, runtime: Runtime) -> None:
    issued = ready(district, upstream)
    with running(runtime, workers=2) as gateway:
        assert Client(gateway.port, issued).call("GET", "/xc/echo").status == 200
        children = [gateway.status(worker)["pid"] for worker in range(2)]
        children.append(int((runtime.home.run_dir / "gateway-broker.lock").read_text()))
        gateway.process.kill()
        start = time.monotonic()
        while any(_alive(pid) for pid in children):
            assert time.monotonic() - start < 1.0
            time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_damaged_or_empty_snapshots_are_refused_and_the_last_good_one_stays(
    district: District, upstream: Start, runtime: Runtime,
) -> None:
    issued = ready(district, upstream)
    with running(runtime) as gateway:
        good = gateway.status()["snapshot"]
        for body in ('{"apps":[],"environment":"production","interfaces":[],"version":1}', '{"apps":'):
            with runtime.database.write() as session:
                head = session.get(SnapshotHead, "production")
                assert head is not None
                head.number += 1
                from kernel.digest import sm3_hex

                session.add(Snapshot(
                    environment="production", number=head.number, sm3=sm3_hex(body.encode()), body=body,
                    created_at=clock.now(), audit_id=ids.new(),
                ))
                number = head.number
            deadline = time.monotonic() + 5
            while gateway.status()["refused"] != number:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert gateway.status()["snapshot"] == good
            assert Client(gateway.port, issued).call("GET", "/xc/echo").status == 200
    with running(runtime) as gateway:  # a fresh start meets the bad one first and serves the file
        assert gateway.status()["snapshot"] == good
        assert Client(gateway.port, issued).call("GET", "/xc/echo").status == 200
        runtime.database.run(lambda session: snapshots.build(session, audit_id=ids.new()))
        gateway.await_snapshot(district.snapshot())
        assert Client(gateway.port, issued).call("GET", "/xc/echo").status == 200
    secret = issued.secret.encode()  # type: ignore[attr-defined]
    for path in runtime.home.run_dir.iterdir():
        assert path.is_dir() or path.is_socket() or secret not in path.read_bytes(), "secrets lie sealed on disk"


def test_a_port_in_use_is_one_clear_line(runtime: Runtime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [sys.executable, "-m", "mulian", "gateway", "serve", "--home", str(runtime.home.root), "--port",
             str(taken.getsockname()[1])],
            cwd=ROOT, capture_output=True, text=True, timeout=240, env=os.environ, check=False,
        )
    assert done.returncode == 1
    assert "gateway.port_in_use" in done.stderr and "Traceback" not in done.stderr
