"""What passes through: event streams, WebSockets, cached answers, addresses behind proxies, trace headers."""

import os
import socket
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.proxy.cache import AnswerCache, key_of, storable
from gateway.proxy.clients import Proxies
from gateway.proxy.websocket import FRAME_BYTES, Frames, FrameTooLong
from tests.gateway.plane import KEY, Plane, row, snapshot
from tests.gateway.support import Client, Script, Upstream, answer_json, answer_raw, field
from tests.support.scale import examples

Start = Callable[[Script], Upstream]
Planes = Callable[..., Plane]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n"
FIELDS = [field("name", "姓名", sensitive=True, mask="name"), field("street", "街道"), field("phone", sensitive=True)]


def frame(payload: bytes, *, masked: bool) -> bytes:
    size = len(payload)
    head = bytes([0x82, 0x80 * masked | (size if size < 126 else 126 if size < 65536 else 127)])
    head += b"" if size < 126 else size.to_bytes(2 if size < 65536 else 8)
    return head + (b"\0\0\0\0" if masked else b"") + payload


@pytest.mark.pure
@given(st.lists(st.tuples(st.sampled_from([0, 1, 125, 126, 300]), st.booleans()), max_size=6),
       st.lists(st.integers(1, 40), min_size=1, max_size=5))
@settings(max_examples=examples(40))
def test_frames_are_counted_in_any_pieces(sizes: list[tuple[int, bool]], cuts: list[int]) -> None:
    wire, frames, at, turn = b"".join(frame(bytes(size), masked=masked) for size, masked in sizes), Frames(), 0, 0
    while at < len(wire):
        frames.feed(wire[at:at + cuts[turn % len(cuts)]])
        at, turn = at + cuts[turn % len(cuts)], turn + 1
    assert frames.count == len(sizes)
    frames.feed(frame(bytes(70_000), masked=True))
    assert frames.count == len(sizes) + 1
    with pytest.raises(FrameTooLong):
        frames.feed(b"\x82\x7f" + (FRAME_BYTES + 1).to_bytes(8))


def echo(connection: socket.socket, request: bytes, source: Upstream) -> bool:
    """Change to WebSocket, greet, send back what comes."""
    assert b"upgrade: websocket" in request.lower()
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: x\r\n\r\n" + frame(b"hello", masked=False)
    )
    while data := connection.recv(65536):
        connection.sendall(data)
    return False


def opened(gateway: Plane, target: str = "/ws", key: str = KEY) -> Client:
    client = gateway.client()
    client.send(gateway.request(target, key=key, extra=UPGRADE))
    return client


def exactly(client: Client, size: int) -> bytes:
    while len(client.buffer) < size:
        assert client._more()
    data, client.buffer = client.buffer[:size], client.buffer[size:]
    return data


def test_websockets_pass_after_authentication_and_end_with_the_grant(upstream: Start, plane: Planes) -> None:
    rows = [row("ws", upstream(echo).url, websocket=True), row("plain", upstream(answer_raw(OK, close=False)).url)]
    gateway = plane(*rows)
    client = opened(gateway)
    answer = client.read()
    assert answer.status == 101 and answer.headers["sec-websocket-accept"] == "x"
    assert exactly(client, 7) == frame(b"hello", masked=False)
    data = frame(os.urandom(200_000), masked=True)
    sender = threading.Thread(target=client.socket.sendall, args=(data,))
    sender.start()
    assert exactly(client, len(data)) == data
    sender.join()
    call = gateway.do(lambda: next(iter(gateway.handler.connections)).exchange)
    assert (call.tunnel.inwards.count, call.tunnel.outwards.count) == (1, 2)  # type: ignore[union-attr]
    assert opened(gateway, key="nobody").read().status == 401
    assert opened(gateway, "/plain").read().status == 200, "an interface that does not allow it ignores the upgrade"
    start = time.monotonic()
    gateway.do(lambda: gateway.handler.swap(snapshot(rows, 2, {KEY: {"plain": {}}})))
    assert client.closed() and time.monotonic() - start < 2
    assert [one.outcome for one in gateway.logged() if one.status == 101] == ["revoked"]
    assert next(one for one in gateway.logged() if one.status == 101).bytes_out == 7 + len(data)


def test_events_pass_as_they_come_and_longer_than_the_usual_patience(upstream: Start, plane: Planes) -> None:
    go = threading.Event()

    def events(connection: socket.socket, request: bytes, source: Upstream) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        go.wait(10)
        connection.sendall(b"data: 2\n\n")
        return False

    gateway = plane(row("sse", upstream(events).url, timeout_ms=300))
    client = gateway.client()
    client.send(gateway.request("/sse"))
    while b"data: 1\n\n" not in client.buffer:
        assert client._more()
    time.sleep(1.0)
    go.set()
    assert client.read().body == b"data: 1\n\ndata: 2\n\n"


def test_cached_answers_never_cross_grants(upstream: Start, plane: Planes) -> None:
    person = {"name": "张三", "street": "广内", "phone": "13800138000"}
    source = upstream(answer_json({"items": [person]}))
    private = upstream(answer_json({"items": [person]}, extra="Cache-Control: private\r\n"))
    rows = [row("p", source.url, FIELDS, cache_seconds=60), row("q", private.url, FIELDS, cache_seconds=60)]
    keys = {"a": {"p": {"name": False}, "q": {"name": False}}, "b": {"p": {"name": True, "street": False}}}
    gateway = plane(*rows)
    gateway.do(lambda: gateway.handler.swap(snapshot(rows, 2, keys)))
    for _ in range(3):
        assert gateway.get("/p?x=1", key="a").json["items"] == [{"name": "张*"}]
        assert gateway.get("/p?x=1", key="b").json["items"] == [{"name": "张三", "street": "广内"}]
    assert len(source.requests) == 2
    gateway.get("/p?x=2", key="a")
    gateway.get("/p?x=1", "HEAD", key="a")
    assert len(source.requests) == 4
    for _ in range(2):
        assert gateway.get("/q", key="a").status == 200
    assert len(private.requests) == 2, "the source keeps it to itself"
    narrowed = {"a": {"p": {"street": False}}}
    gateway.do(lambda: gateway.handler.swap(snapshot(rows, 3, narrowed)))
    assert gateway.get("/p?x=1", key="a").json["items"] == [{"street": "广内"}]
    assert [one.outcome for one in gateway.logged()].count("cached") == 4


@pytest.mark.pure
def test_the_cache_is_bounded_and_forgets_in_time() -> None:
    cache = AnswerCache(size=1000)
    keys = [key_of(b"g", b"/p", b"%d" % number, {}) for number in range(50)]
    for key in keys:
        assert key is not None
        cache.put(key, bytes(100), until=10.0)
        cache.get(keys[0], 1.0)  # type: ignore[arg-type]
    assert len(cache) == 10 and cache.get(keys[0], 1.0) and cache.get(keys[1], 1.0) is None  # type: ignore[arg-type]
    assert cache.get(keys[0], 10.0) is None and len(cache) == 9  # type: ignore[arg-type]
    assert key_of(b"g", b"/", b"", {b"authorization": b"x"}) is None
    assert key_of(b"g", b"/", b"", {b"accept": b"a"}) != key_of(b"g", b"/", b"", {b"accept": b"b"})
    assert not storable({b"cache-control": b"max-age=1, No-Store"}) and not storable({b"vary": b"X-User"})
    assert storable({b"vary": b"Accept-Encoding, Accept"})


def test_addresses_come_from_declared_proxies_only(upstream: Start, plane: Planes) -> None:
    source = upstream(answer_raw(OK, close=False))
    believing = plane(row("echo", source.url), proxies=Proxies("127.0.0.1, 10.0.0.0/8"))
    doubting = plane(row("echo", source.url), proxies=Proxies("10.0.0.0/8"))
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    extra = f"X-Forwarded-For: 1.1.1.1, 203.0.113.9\r\nX-Forwarded-For: 10.1.1.1\r\nTraceparent: {trace}\r\n"
    assert believing.get("/echo", extra=extra).status == 200 == doubting.get("/echo", extra=extra).status
    assert [believing.logged()[0].client, doubting.logged()[0].client] == ["203.0.113.9", "127.0.0.1"]
    seen = [request.decode().lower() for request in source.requests]
    assert "x-forwarded-for: 203.0.113.9\r\n" in seen[0] and "x-forwarded-for: 127.0.0.1\r\n" in seen[1]
    assert all(one.count("x-forwarded-for") == 1 and f"traceparent: {trace}\r\n" in one for one in seen)


@pytest.mark.pure
@pytest.mark.parametrize(("forwarded", "client"), [
    (b"", b"10.0.0.1"), (b"garbage", b"10.0.0.1"), (b"1.2.3.4, garbage, 10.0.0.2", b"10.0.0.2"), (b"\xff", b"10.0.0.1"),
    (b"8.8.8.8, 1.2.3.4 , 10.9.9.9", b"1.2.3.4"), (b"10.3.3.3", b"10.3.3.3"), (b"2001:db8::1", b"2001:db8::1"),
])
def test_the_last_address_that_is_no_proxy(forwarded: bytes, client: bytes) -> None:
    assert Proxies("10.0.0.0/8").client(b"10.0.0.1", forwarded) == client
