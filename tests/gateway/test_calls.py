"""Calls through real processes: who gets in, what comes out, what the log says."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from gateway.grants import queries as grant_queries
from gateway.grants import service as grants
from kernel.runtime import Runtime
from tests.gateway.corpus import REFUSED_BODIES, REFUSED_HEADS
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

Start = Callable[[Script], Upstream]
PERSONS = {
    "total": 2,
    "items": [
        {"name": "张三", "id_number": "990101199003071234", "street": "广安门内", "note": "内部"},
        {"name": "李四", "id_number": "990101198001015678", "street": "德胜", "note": "内部"},
    ],
}
FIELDS = [
    field("name", "姓名", sensitive=True, mask="name"), field("id_number", "公民身份号码", sensitive=True, mask="id_number"),
    field("street", "街道"), field("note", "内部备注", sensitive=True),
]


def test_signed_calls_get_granted_fields_and_nothing_else(district: District, upstream: Start,
    runtime: Runtime) -> None:
    source = upstream(answer_json(PERSONS))
    district.publish("persons", "/xc/persons", http_definition(source.url, FIELDS))
    masked, clear, nobody = district.app("甲"), district.app("乙"), district.app("丙")
    district.demand(masked, {"姓名": False, "公民身份号码": False, "街道": False})
    district.demand(clear, {"公民身份号码": True})
    with running(runtime) as gateway:
        one = Client(gateway.port, masked)
        answer = one.call("GET", "/xc/persons?page=1&area=a")
        assert answer.status == 200, answer.body
        assert answer.json["total"] == 2
        assert answer.json["items"][0] == {"name": "张*", "id_number": "990*************34", "street": "广安门内"}
        assert b"990101199003071234" not in answer.body
        other = Client(gateway.port, clear).call("GET", "/xc/persons")
        assert other.json["items"] == [{"id_number": "990101199003071234"}, {"id_number": "990101198001015678"}]
        refused = Client(gateway.port, nobody).call("GET", "/xc/persons")
        assert (refused.status, refused.code) == (403, "gateway.call.no_grant")
        forwarded = source.requests[0].decode()
        assert forwarded.startswith("GET /base?page=1&area=a HTTP/1.1\r\n")
        assert "x-mulian-signature" not in forwarded.lower() and "X-Request-Id: " in forwarded
        assert Client(gateway.port, masked).call("GET", "/xc/persons/deep/er?x=1").status == 200
        assert source.requests[-1].startswith(b"GET /base/deep/er?x=1 HTTP/1.1\r\n")
    rows = logged(runtime)
    assert [row.status for row in rows] == [200, 200, 403, 200]
    assert rows[0].app_key == masked.app.app_key and rows[0].interface == "persons"
    assert rows[0].request_id == answer.headers["x-request-id"]


def test_refusals_of_the_signature(district: District, upstream: Start, runtime: Runtime) -> None:
    source = upstream(answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", close=False))
    district.publish("echo", "/xc/echo", http_definition(source.url))
    issued = district.app()
    district.demand(issued, {"街道": False})
    now = int(time.time())
    with running(runtime, workers=2) as gateway:
        client = Client(gateway.port, issued)
        assert client.call("POST", "/xc/echo?b=2&a=1", b"x" * 1000).status == 200
        for code, options in {
            "signature": {"secret": b"wrong"}, "timestamp": {"timestamp": now - 400},
            "signature_fields": {"nonce": "short"},
        }.items():
            answer = client.call("GET", "/xc/echo", **options)
            assert (answer.status, answer.code) == (401, f"gateway.call.{code}")
        assert client.call("GET", "/xc/echo", timestamp=now + 100).code == "gateway.call.timestamp"
        tampered = client.signed("POST", "/xc/echo", b"amount=1").replace(b"amount=1", b"amount=9")
        assert client.send(tampered).read().code == "gateway.call.signature"
        swapped = client.signed("GET", "/xc/echo?a=1").replace(b"a=1", b"a=2", 1)
        assert client.send(swapped).read().code == "gateway.call.signature"
        replayed = client.signed("GET", "/xc/echo")
        assert client.send(replayed).read().status == 200
        codes = {Client(gateway.port, issued).send(replayed).read().code for _ in range(12)}
        assert codes == {"gateway.call.replay"}, "also on other connections and the other worker"
        unknown = client.signed("GET", "/xc/echo").replace(issued.app.app_key.encode(), b"ak" + b"0" * 24)
        assert client.send(unknown).read().code == "gateway.call.key_unknown"
        assert client.call("GET", "/xc/none").code == "gateway.call.no_interface"


def test_nonces_survive_a_restart_of_the_gateway(district: District, upstream: Start, runtime: Runtime) -> None:
    source = upstream(answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", close=False))
    district.publish("echo", "/xc/echo", http_definition(source.url))
    issued = district.app()
    district.demand(issued, {"街道": False})
    with running(runtime) as gateway:
        client = Client(gateway.port, issued)
        request = client.signed("GET", "/xc/echo")
        assert client.send(request).read().status == 200
        os.kill(int((runtime.home.run_dir / "gateway-broker.lock").read_text()), signal.SIGKILL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            answer = Client(gateway.port, issued).send(request).read()
            if answer.code == "gateway.call.replay":
                break
            assert answer.status == 503, "while the broker is away nothing is admitted"
            time.sleep(0.1)
        assert answer.code == "gateway.call.replay"
    with running(runtime) as gateway:
        assert Client(gateway.port, issued).send(request).read().code == "gateway.call.replay"


def test_corpus_over_a_raw_socket(district: District, upstream: Start, runtime: Runtime) -> None:
    """Every payload gets one refusal and a closed connection; nothing of it reaches the upstream."""
    source = upstream(answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", close=False))
    district.publish("echo", "/xc/echo", http_definition(source.url))
    issued = district.app()
    district.demand(issued, {"街道": False})
    payloads = REFUSED_HEADS | REFUSED_BODIES
    assert len(payloads) > 120
    with running(runtime) as gateway:
        for name, (raw, status) in payloads.items():
            client = Client(gateway.port)
            client.send(raw + b"GET /xc/echo HTTP/1.1\r\nHost: second\r\n\r\n")
            answer = client.read()
            assert (answer.status, answer.headers["connection"]) == (status, "close"), name
            assert client.buffer == b"" and client.closed(), f"{name}: a second answer"
            fresh = Client(gateway.port).send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert fresh.read().status == 200, f"{name}: a fresh connection afterwards"
            client.close()
            fresh.close()
        assert source.connections == 0, "not one byte went to the upstream"
        assert Client(gateway.port, issued).call("GET", "/xc/echo").status == 200
        assert len(source.requests) == 1
        piecewise = Client(gateway.port, issued)
        for byte in piecewise.signed("POST", "/xc/echo", b"hello"):
            piecewise.send(bytes([byte]))
        assert piecewise.read().status == 200
        pipelined = Client(gateway.port, issued)
        pipelined.send(b"".join(pipelined.signed("GET", "/xc/echo") for _ in range(20)))
        assert [pipelined.read().status for _ in range(20)] == [200] * 20
        waiting = Client(gateway.port, issued)
        head, _, body = waiting.signed(
            "POST", "/xc/echo", b"hello", extra="Expect: 100-continue\r\n").partition(b"\r\n\r\n")
        assert waiting.send(head + b"\r\n\r\n").read().status == 100
        assert waiting.send(body).read().status == 200
        too_long = Client(gateway.port).send(b"POST /xc/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
        assert too_long.read().status == 413


LIES = {
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "cl and te": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare lf": b"HTTP/1.1 200 OK\nContent-Length: 1\r\n\r\na", "not http": b"hello world\r\n\r\n",
    "empty": b"", "status": b"HTTP/1.1 999 OK\r\n\r\n",
    "switch": b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "head without end": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000,
}


def test_upstreams_that_lie_are_502_and_never_reused(district: District, upstream: Start, runtime: Runtime) -> None:
    sources = {name: upstream(answer_raw(data)) for name, data in LIES.items()}
    extra = upstream(answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n", close=False))
    short = upstream(answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"))
    chunk = upstream(answer_raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"))
    for index, source in enumerate([*sources.values(), extra, short, chunk]):
        district.publish(f"lie-{index}", f"/lie/{index}", http_definition(source.url))
    issued = district.app()
    district.demand(issued, {"街道": False})
    with running(runtime) as gateway:
        for index, name in enumerate(sources):
            answer = Client(gateway.port, issued).call("GET", f"/lie/{index}")
            assert (answer.status, answer.code) == (502, "gateway.call.upstream"), name
        count = len(sources)
        for _ in range(3):
            assert Client(gateway.port, issued).call("GET", f"/lie/{count}").body == b"ok"
        assert extra.connections == 3, "a connection with bytes nobody asked for is not used again"
        with pytest.raises(ConnectionError):
            Client(gateway.port, issued).call("GET", f"/lie/{count + 1}")
        assert Client(gateway.port, issued).call("GET", f"/lie/{count + 2}").status == 502, "the lie came with the head"
    assert {row.outcome for row in logged(runtime) if row.interface in (f"lie-{count + 1}", f"lie-{count + 2}")} == {
        "upstream"
    }


JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
POISONED = {
    "not json": JSON_HEAD + b"Content-Length: 5\r\n\r\n<xml>",
    "wrong type": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}",
    "gbk": b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=gbk\r\nContent-Length: 2\r\n\r\n{}",
    "gzip": JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "no items": JSON_HEAD + b"Content-Length: 2\r\n\r\n{}",
    "truncated": JSON_HEAD + b'\r\n{"items":[{"id_number":"990101199003071234"',
    "container": JSON_HEAD + b'\r\n{"items":[{"street":{"id":"990101199003071234"}}]}',
    "error page": JSON_HEAD.replace(b"200", b"500") + b'Content-Length: 20\r\n\r\n"990101199003071234"',
}


def test_policy_fails_closed(district: District, upstream: Start, runtime: Runtime) -> None:
    for index, data in enumerate(POISONED.values()):
        district.publish(f"p-{index}", f"/p/{index}", http_definition(upstream(answer_raw(data)).url, FIELDS))
    issued = district.app()
    district.demand(issued, {"街道": False, "公民身份号码": False})
    with running(runtime) as gateway:
        for index, name in enumerate(POISONED):
            answer = Client(gateway.port, issued).call("GET", f"/p/{index}")
            assert answer.status == 502, name
            assert b"990101199003071234" not in answer.body, name


def test_quota_and_revocation_act_on_open_connections(district: District, upstream: Start, runtime: Runtime) -> None:
    source = upstream(answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", close=False))
    district.publish("echo", "/xc/echo", http_definition(source.url))
    few, many = district.app("少"), district.app("多")
    district.demand(few, {"街道": False}, calls_per_day=5)
    district.demand(many, {"街道": False})
    with running(runtime, workers=2) as gateway:
        clients = [Client(gateway.port, few) for _ in range(4)]
        answers = [clients[index % 4].call("GET", "/xc/echo") for index in range(9)]
        assert [answer.status for answer in answers] == [200] * 5 + [429] * 4
        assert answers[-1].code == "gateway.call.quota"
        open_one = Client(gateway.port, many)
        assert open_one.call("GET", "/xc/echo").status == 200
        with runtime.database.read() as session:
            grant = next(one for one, _ in grant_queries.active(session) if one.app_id == many.app.id)
        runtime.database.run(lambda session: grants.revoke(session, district.checker, grant_id=grant.id, reason="终止"))
        start = time.monotonic()
        while open_one.call("GET", "/xc/echo").status == 200:
            assert time.monotonic() - start < 2
            time.sleep(0.05)
        assert open_one.call("GET", "/xc/echo").code == "gateway.call.no_grant"
        assert gateway.stop() == 0
    with running(runtime) as gateway:
        assert Client(gateway.port, few).call("GET", "/xc/echo").code == "gateway.call.quota", "debited in the database"


def test_stalled_clients_and_slow_heads_are_bounded(district: District, upstream: Start, runtime: Runtime) -> None:
    """A reader that does not read 150 MB costs little memory, and others are served meanwhile."""
    block = b"x" * 65536
    sent = threading.Event()

    def big(connection, request, source) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2400 * len(block)))
        for _ in range(2400):
            connection.sendall(block)
        sent.set()
        return True

    source = upstream(big)
    fast = upstream(answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", close=False))
    district.publish("big", "/xc/big", http_definition(source.url, timeout_ms=20_000))
    district.publish("echo", "/xc/echo", http_definition(fast.url))
    issued = district.app()
    district.demand(issued, {"街道": False})
    with running(runtime) as gateway:
        pid = gateway.status()["pid"]
        assert Client(gateway.port, issued).call("GET", "/xc/echo").status == 200
        before = _rss(pid)
        stalled = Client(gateway.port, issued, timeout=30)
        stalled.send(stalled.signed("GET", "/xc/big"))
        time.sleep(1.0)
        assert not sent.is_set()
        assert _rss(pid) - before < 20_000_000
        for _ in range(20):
            assert Client(gateway.port, issued).call("GET", "/xc/echo").status == 200
        answer = stalled.read()
        assert len(answer.body) == 2400 * len(block) and sent.is_set()


def _rss(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_log_line_is_there_before_the_answer(district: District, upstream: Start, runtime: Runtime) -> None:
    source = upstream(answer_json({"items": []}))
    district.publish("persons", "/xc/persons", http_definition(source.url, FIELDS))
    issued = district.app()
    district.demand(issued, {"街道": False})
    with running(runtime) as gateway:
        client = Client(gateway.port, issued)
        for _ in range(10):
            answer = client.call("GET", "/xc/persons?sfz=110101199003071234&mobile=13800138000&token=abc&q=1")
            row = next(row for row in logged(runtime) if row.request_id == answer.headers["x-request-id"])
            assert row.query == "sfz=***&mobile=***&token=***&q=1"
            assert (row.status, row.bytes_out) == (200, len(answer.body))
    assert json.loads(answer.body) == {"items": []}
