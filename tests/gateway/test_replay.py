"""Replay of a signed request is refused wherever it comes again; quotas hold over workers and process groups."""

import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.apps.service import Issued
from gateway.broker.models import AppOwner, Broker
from gateway.broker.nonces import identity
from gateway.broker.ownership import claim, lease_name, register
from kernel import clock
from kernel.db import Database
from kernel.home import Home
from kernel.leases.models import Lease
from kernel.runtime import Runtime
from kernel.settings import Settings
from tests.gateway.support import (
    Answer,
    Client,
    District,
    Gateway,
    Script,
    Upstream,
    answer_raw,
    http_definition,
    running,
)

Start = Callable[[Script], Upstream]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def _ready(runtime: Runtime, upstream: Start, district: District | None = None, **limits: int) -> Issued:
    district = district or District(runtime)
    source = upstream(answer_raw(OK, close=False))
    district.publish("echo", "/xc/echo", http_definition(source.url))
    issued = district.app()
    district.demand(issued, {"街道": False}, **{"calls_per_day": 1_000_000} | limits)
    return issued


@pytest.fixture
def second(database: Database, tmp_path: Path) -> Iterator[Runtime]:
    """Another home of the same installation: its keys, its settings, the same database; nothing else."""
    first = database.runtime
    assert first is not None
    home = Home(tmp_path / "second")
    home.prepare()
    shutil.copytree(first.home.service_keys_dir, home.service_keys_dir, dirs_exist_ok=True)
    shared = Database(database.url)
    settings = Settings(home=home.root, database_url=database.url)
    yield Runtime(settings=settings, home=home, database=shared, box=first.box)
    shared.close()


def _broker_pid(runtime: Runtime) -> int:
    return int((runtime.home.run_dir / "gateway-broker.lock").read_text())


def _kill_broker(gateway: Gateway) -> None:
    """Kill -9, and wait until the next one answers."""
    pid = _broker_pid(gateway.runtime)
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while _broker_pid(gateway.runtime) == pid:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _settled(port: int, raw: bytes) -> Answer:
    """The answer of whichever worker takes it, once that one has found the new broker."""
    deadline = time.monotonic() + 10
    while True:
        answer = Client(port).send(raw).read()
        if answer.status != 503 or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)


def _until(client: Client, wanted: Callable[[int], bool], seconds: float = 20.0) -> None:
    """Call until the status is as wanted."""
    deadline = time.monotonic() + seconds
    while not wanted(client.call("GET", "/xc/echo").status):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.one_database
def test_two_process_groups_are_one_gateway(database: Database, second: Runtime, upstream: Start, scale) -> None:
    """A signed request counts once wherever it comes again, and a daily quota is exact over both."""
    first = database.runtime
    assert first is not None
    district, quota = District(first), scale.of(20, 1000)
    issued = _ready(first, upstream, district)
    few = district.app("少")
    district.demand(few, {"街道": False}, calls_per_day=quota, calls_per_second=10_000)
    with running(first, workers=2) as one, running(second) as other:
        assert _calls([one, other], few, quota + 20) == {200: quota, 429: 20}
        refused = Client(other.port, few).call("GET", "/xc/echo")
        assert (refused.code, int(refused.headers["retry-after"]) > 0) == ("gateway.call.quota", True)
        assert "今日调用次数已用完" in refused.json["title"] and "北京时间" in refused.json["fix"]
        client = Client(one.port, issued)
        raw = client.signed("GET", "/xc/echo")
        assert client.send(raw).read().status == 200
        replays = {"same connection": client.send(raw).read()}
        for number in range(6):  # the kernel spreads connections over both workers
            replays[f"other connection {number}"] = Client(one.port).send(raw).read()
        replays["second process group"] = Client(other.port).send(raw).read()
        _kill_broker(one)
        _until(client, lambda status: status == 200)
        replays["after a broker kill"] = _settled(one.port, raw)
        there = Client(other.port, issued)
        assert there.call("GET", "/xc/echo").status == 200, "forwarded to the owner"
        mirrored = there.signed("GET", "/xc/echo")
        assert there.send(mirrored).read().status == 200
        replays["the other way round"] = _settled(one.port, mirrored)
        assert {name: (one.status, one.code) for name, one in replays.items()} == dict.fromkeys(
            replays, (401, "gateway.call.replay"),
        )
        now = clock.now_micros() // 1_000_000
        for moment in (now + 40, now - 310):
            refused = client.call("GET", "/xc/echo", timestamp=moment)
            assert (refused.status, refused.code) == (401, "gateway.call.timestamp")
        early = client.signed("GET", "/xc/echo", timestamp=now + 20)
        assert client.send(early).read().status == 200
        assert Client(other.port).send(early).read().code == "gateway.call.replay"


def _expire(runtime: Runtime) -> None:
    """Let the leases of all brokers run out."""
    with runtime.database.write() as session:
        for lease in session.query(Lease).filter(Lease.name.like("gateway.broker.%")):
            lease.expires_at = clock.from_micros(clock.now_micros() - 1_000_000)


@pytest.mark.one_database
def test_a_take_over_refuses_what_the_dead_broker_may_have_accepted(
    database: Database, second: Runtime, upstream: Start,
) -> None:
    first = database.runtime
    assert first is not None
    issued = _ready(first, upstream)
    with running(first) as one:
        client = Client(one.port, issued)
        future = clock.now_micros() // 1_000_000 + 25
        raws = [client.signed("GET", "/xc/echo", timestamp=future), client.signed("GET", "/xc/echo")]
        assert [client.send(raw).read().status for raw in raws] == [200, 200]
        one.process.kill()
        one.process.wait(10)
        with running(second) as other:
            there = Client(other.port, issued)
            assert there.call("GET", "/xc/echo").code == "gateway.call.unavailable", "its lease still runs"
            _expire(second)
            _until(there, lambda status: status == 503)
            for raw in raws:
                refused = Client(other.port).send(raw).read()
                assert (refused.status, refused.code) == (503, "gateway.call.starting")
            with second.database.read() as session:
                owner = session.query(AppOwner).one()
            assert future < owner.floor <= clock.now_micros() // 1_000_000 + 32


def test_a_deposed_broker_finds_out_and_keeps_only_what_nobody_took(database: Database, tmp_path: Path) -> None:
    """Two brokers on the rows alone: claims, deposition, return with a higher fence."""
    apps = [bytes([number]) * 16 for number in range(3)]
    old, new = identity(tmp_path / "old"), identity(tmp_path / "new")
    with database.write() as session:
        held = register(session, broker_id=old, address="old:1", boot="boot")
        assert held is not None and register(session, broker_id=new, address="new:1", boot="boot") is not None
        assert [one.address for one in claim(session, old, apps)] == ["", "", ""]
        assert [one.address for one in claim(session, new, apps[:1])] == ["old:1"], "alive: forwarded to"
        again = register(session, broker_id=old, address="old:2", boot="boot")
        assert again is not None and again.fence == held.fence, "a restart of the process is the same holder"
        assert register(session, broker_id=old, address="clone", boot="other") is None, "a clone of the disk is not"
        lease = session.get_one(Lease, lease_name(old))
        lease.expires_at = clock.from_micros(clock.now_micros() - 1)
        session.flush()
        [taken] = claim(session, new, apps[:1])
        assert taken.broker_id == new and taken.floor >= clock.now_micros() // 1_000_000 + 30
        first_floor = taken.floor
        assert claim(session, new, apps[:1])[0].floor == first_floor
        back = register(session, broker_id=old, address="old:3", boot="boot")
        assert back is not None and back.fence > held.fence
        assert [one.broker_id for one in claim(session, old, apps)] == [new, old, old]
        assert session.get_one(Broker, old).deposed_at is None


def _calls(gateways: list[Gateway], issued: Issued, total: int) -> Counter[int]:
    """Make ``total`` calls from eight clients, spread over the gateways."""
    counted: Counter[int] = Counter()
    lock, left = threading.Lock(), [total]

    def caller(number: int) -> None:
        client = Client(gateways[number % len(gateways)].port, issued, timeout=60)
        while True:
            with lock:
                if not left[0]:
                    return
                left[0] -= 1
            status = client.call("GET", "/xc/echo").status
            with lock:
                counted[status] += 1

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(caller, number) for number in range(8)]:
            done.result()
    return counted


def test_limits_on_four_workers(runtime: Runtime, upstream: Start, scale) -> None:
    """A killed broker admits less, never more: every unit that a kill costs was one call's, which was refused. Then
    keyed calls, which workers lease ahead, as fast as they go: within three percent of the rate."""
    quota, kills, rate, seconds = scale.of(60, 1000), scale.of(1, 8), scale.of(20, 200), scale.of(1, 10)
    district = District(runtime)
    issued = _ready(runtime, upstream, district, calls_per_day=quota, calls_per_second=10_000)
    source = upstream(answer_raw(OK, close=False))
    district.publish("keyed", "/xc/keyed", http_definition(source.url, auth="appkey"))
    fast = district.app("快")
    district.demand(fast, {"街道": False}, calls_per_day=1_000_000, calls_per_second=rate)
    with running(runtime, workers=scale.of(2, 4)) as gateway, ThreadPoolExecutor(1) as pool:
        counted: Counter[int] = Counter()
        for _ in range(kills):
            calling = pool.submit(_calls, [gateway], issued, quota // kills // 2)
            time.sleep(0.05)
            _kill_broker(gateway)
            counted += calling.result()
        counted += _found_again(gateway, issued)
        counted += _calls([gateway], issued, quota + 20)
        assert counted[429] > 0
        assert quota - counted[503] <= counted[200] <= quota
        admitted, exact = _flood(gateway, fast, rate, seconds)
        assert 0.97 * exact - 2 <= admitted <= 1.03 * exact + 2


def _found_again(gateway: Gateway, issued: Issued) -> "Counter[int]":
    """Call on new connections until every worker has found the new broker."""
    counted: Counter[int] = Counter()
    answered = 0
    while answered < 8:
        status = Client(gateway.port, issued).call("GET", "/xc/echo").status
        counted[status] += 1
        answered = 0 if status == 503 else answered + 1
        time.sleep(0.05)
    return counted


def _flood(gateway: Gateway, issued: Issued, rate: int, seconds: int) -> tuple[int, float]:
    """Call from eight connections without a pause; return calls admitted, and how many the token bucket allows."""
    raw = f"GET /xc/keyed HTTP/1.1\r\nHost: gw\r\nX-Mulian-Key: {issued.app.app_key}\r\n\r\n".encode()
    admitted = [0] * 8
    admitted[0] += Client(gateway.port).send(raw).read().status == 200
    begun = time.monotonic()

    def caller(number: int) -> None:
        client = Client(gateway.port)
        while time.monotonic() < begun + seconds:
            admitted[number] += client.send(raw).read().status == 200

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(caller, number) for number in range(8)]:
            done.result()
    return sum(admitted), rate * (time.monotonic() - begun) + 2 * rate
