"""Quotas of calls and bytes through real processes, audited interfaces, and what is waived while nobody can count."""

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from gateway.apps.service import Issued
from gateway.broker import ledger
from gateway.broker.limits import BYTES, MONTH
from gateway.calllog.log import CallLog
from gateway.calllog.segment import SegmentWriter
from gateway.grants import queries as grants
from kernel import clock
from kernel.runtime import Runtime
from tests.gateway.support import (
    Client,
    District,
    Script,
    Upstream,
    answer_json,
    answer_raw,
    field,
    http_definition,
    logged,
    running,
)
from tests.gateway.test_calllog import line

Start = Callable[[Script], Upstream]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def _pieces(connection: socket.socket, request: bytes, source: Upstream) -> bool:
    """Stream 800 KiB of unknown length."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"2000\r\n" + b"x" * 8192 + b"\r\n")
    connection.sendall(b"0\r\n\r\n")
    return True


def _app(district: District, name: str, **limits: int) -> Issued:
    issued = district.app(name)
    district.demand(issued, {"街道": False}, **limits)
    return issued


def _used(runtime: Runtime, issued: Issued, code: str, **which: str) -> int:
    with runtime.database.read() as session:
        grant = next(one for one, of in grants.active(session) if one.app_id == issued.app.id and of == code)
        return ledger.used(session, grant_id=grant.id, day=clock.business_day(clock.now()), **which)


def test_bytes_and_months_are_counted_before_an_answer_leaves(
    district: District, upstream: Start, runtime: Runtime,
) -> None:
    body = {"items": [{"street": "德" * 100}]}
    sources = [upstream(answer_json(body)), upstream(answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
                                                                + b"y" * 1000, close=False)), upstream(_pieces)]
    district.publish("streets", "/xc/streets", http_definition(sources[0].url, [field("street", "街道")]))
    district.publish("file", "/xc/file", http_definition(sources[1].url))
    district.publish("long", "/xc/long", http_definition(sources[2].url))
    size = len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
    day, month = _app(district, "日", bytes_per_day=2 * size), _app(district, "月", calls_per_month=2)
    streams = _app(district, "流", bytes_per_month=1_000_000)
    with running(runtime) as gateway:
        client = Client(gateway.port, day)
        answers = [client.call("GET", "/xc/streets") for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 429, 429]
        refused = answers[2]
        assert refused.code == "gateway.call.volume" and "流量" in refused.json["title"]
        assert 0 < int(refused.headers["retry-after"]) <= 86_401
        assert len(sources[0].requests) == 3, "once it is known that nothing fits, the source is not asked"
        assert _used(runtime, day, "streets", measure=BYTES) <= 2 * size
        monthly = [Client(gateway.port, month).call("GET", "/xc/streets") for _ in range(3)]
        assert [answer.status for answer in monthly] == [200, 200, 429]
        assert monthly[2].code == "gateway.call.quota_month" and int(monthly[2].headers["retry-after"]) > 0
        known = Client(gateway.port, streams)
        assert [known.call("GET", "/xc/file").body for _ in range(2)] == [b"y" * 1000] * 2
        assert len(Client(gateway.port, streams).call("GET", "/xc/long").body) == 819_200
        cut = Client(gateway.port, streams)
        try:
            broken = len(cut.call("GET", "/xc/long").body)
        except ConnectionError:
            broken = -1
        assert broken == -1, "the rest of the month does not hold it: the connection breaks, visibly"
        assert gateway.stop() == 0
    assert 819_200 <= _used(runtime, streams, "long", measure=BYTES, span=MONTH) <= 1_000_000
    assert [row.outcome for row in logged(runtime) if row.interface == "long"][-1] == "volume"


def _without_broker(runtime: Runtime, act: Callable[[], Any]) -> Any:
    """Do something while the broker is stopped, so that it cannot be replaced."""
    pid = int((runtime.home.run_dir / "gateway-broker.lock").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        return act()
    finally:
        os.kill(pid, signal.SIGCONT)


def test_limits_are_waived_only_where_the_interface_says_so(
    district: District, upstream: Start, runtime: Runtime,
) -> None:
    source = upstream(answer_raw(OK, close=False))
    for code, changes in {
        "open": {"auth": "appkey", "waives_limits": True}, "shut": {"auth": "appkey"},
        "signed": {"waives_limits": True},
    }.items():
        district.publish(code, f"/{code}", http_definition(source.url, **changes))
    issued = _app(district, "甲", calls_per_day=500)
    raw = f"GET /%s HTTP/1.1\r\nHost: gw\r\nX-Mulian-Key: {issued.app.app_key}\r\n\r\n"
    with running(runtime) as gateway:
        opened, shut, signed = (Client(gateway.port, issued) for _ in range(3))
        assert opened.send((raw % "open").encode()).read().status == 200

        def stopped() -> list[tuple[int, str]]:
            opened.send((raw % "open").encode())
            shut.send((raw % "shut").encode())
            signed.send(signed.signed("GET", "/signed"))
            answers = [opened.read(), shut.read(), signed.read()]
            return [(one.status, one.code if one.status != 200 else "") for one in answers]

        assert _without_broker(runtime, stopped) == [
            (200, ""), (503, "gateway.call.unavailable"), (503, "gateway.call.unavailable"),
        ]


def test_an_audited_call_waits_for_the_disk_and_others_do_not(
    district: District, upstream: Start, runtime: Runtime, monkeypatch,
) -> None:
    """Group commit, seen from inside: no answer before fsync; one fsync for all that wait; a full log refuses."""
    events: list[str] = []
    sync = SegmentWriter.sync

    def slow(self: SegmentWriter) -> None:
        time.sleep(0.02)
        sync(self)
        events.append("fsync")

    monkeypatch.setattr(SegmentWriter, "sync", slow)

    async def commits() -> None:
        log = CallLog(runtime.home.calllog_dir, "gw", 0)
        done = [asyncio.get_running_loop().create_future() for _ in range(20)]
        for number, future in enumerate(done):
            log.start()
            log.append(line(number))
            log.commit(lambda stored, future=future: (events.append("answer"), future.set_result(stored)))
        assert all(await asyncio.gather(*done))
        log.close()

    asyncio.run(commits())
    assert events[0] == "fsync" and events.count("answer") == 20 and events.count("fsync") <= 2
    monkeypatch.undo()
    source = upstream(answer_json({"items": [{"street": "德胜"}]}))
    district.publish("audited", "/audited", http_definition(source.url, [field("street", "街道")], audited=True))
    stream = upstream(_pieces)
    district.publish("kept", "/kept", http_definition(stream.url, audited=True))
    issued = _app(district, "甲")
    with running(runtime) as gateway:
        client = Client(gateway.port, issued)
        assert [client.call("GET", "/audited").status for _ in range(3)] == [200] * 3
        assert len(client.call("GET", "/kept").body) == 819_200
        assert len(logged(runtime)) == 24
