"""Fakes and strategies that drive the framing core without sockets: what goes in, in which pieces, what comes out."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import h11
from hypothesis import strategies as st

from gateway.proxy.framing.client import ClientConnection
from gateway.proxy.framing.limits import DEFAULT, Refusal
from gateway.proxy.framing.request import RequestHead, RequestParser
from gateway.proxy.framing.upstream import UpstreamConnection, UpstreamPool
from gateway.signing.rules import HEADERS
from tests.gateway.corpus import REFUSED_BODIES, REFUSED_HEADS

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
REFUSED, ANSWER = b"<refused>", b"<answer>"


class Wire(asyncio.Transport):
    """A transport that keeps what was written; nothing leaves after a close."""

    def __init__(self) -> None:
        super().__init__()
        self.out = b""
        self.closed = self.paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 5) if name == "peername" else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self.closed:
            self.out += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Answering:
    """A handler that answers each request at once and remembers it."""

    limits = DEFAULT
    own_headers = HEADERS
    draining = False
    now = 0.0

    def __init__(self) -> None:
        self.handled: list[tuple[bytes, bytes, bytes]] = []
        self.refusals: list[Refusal] = []
        self.parser = RequestParser(DEFAULT, HEADERS)
        self.held = 0

    def opened(self, connection: ClientConnection) -> None: ...
    def closed(self, connection: ClientConnection) -> None: ...

    def admit(self, connection: ClientConnection, head: RequestHead) -> "Taking":
        taking = connection.exchange = Taking(self, connection)
        return taking

    def handle(self, connection: ClientConnection, head: RequestHead, body: bytes) -> None:
        target = head.path + b"?" + head.query if head.query else head.path
        self.handled.append((head.method, target, body))
        keep = connection.stays_open
        connection.write(ANSWER)
        connection.finish(keep)

    def refuse(self, connection: ClientConnection, head: RequestHead | None, refusal: Refusal) -> bytes:
        self.refusals.append(refusal)
        return REFUSED


class Taking:
    """One exchange of it."""

    body_limit, deadline = 64, float("inf")

    def __init__(self, handler: Answering, connection: ClientConnection) -> None:
        self.handler, self.connection = handler, connection

    def start(self, head: RequestHead, body: bytes) -> None:
        self.handler.handle(self.connection, head, body)

    def client_gone(self) -> None: ...
    def client_paused(self) -> None: ...
    def client_resumed(self) -> None: ...


def converse(stream: bytes, cuts: list[int]) -> tuple[Answering, Wire]:
    """Feed a connection in pieces of these lengths, over and over, until the stream or the connection ends."""
    handler, wire = Answering(), Wire()
    connection = ClientConnection(handler)
    connection.connection_made(wire)
    at = turn = 0
    while at < len(stream) and not wire.closed:
        piece = stream[at:at + cuts[turn % len(cuts)]]
        connection.data_received(piece)
        at, turn = at + len(piece), turn + 1
    return handler, wire


def read_by_h11(stream: bytes, count: int) -> list[tuple[bytes, bytes, bytes]]:
    """Return the first ``count`` requests of a stream as another parser reads them."""
    found: list[tuple[bytes, bytes, bytes]] = []
    for _ in range(count):
        other = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        other.receive_data(stream)
        request, body = other.next_event(), b""
        assert isinstance(request, h11.Request), request
        event = other.next_event()
        while isinstance(event, h11.Data):
            body += bytes(event.data)
            event = other.next_event()
        assert isinstance(event, h11.EndOfMessage), event
        found.append((request.method, request.target.rstrip(b"?"), body))
        stream = other.trailing_data[0]
    return found


# -- what a client may send ------------------------------------------------------------------------------------------
_PIECES = [
    b"GET ", b"POST ", b"/", b"/a?b=c", b"/..", b"%2f", b"%2e", b" HTTP/1.1", b" HTTP/1.0", b"\r\n", b"\n", b"\r",
    b"\0",
    b"Host: a\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n",
    b"5\r\nhello\r\n",
    b"0\r\n\r\n", b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"x_y: z\r\n", b" ", b"\t", b":",
    b"hello", b"\xff",
    b"Upgrade: websocket\r\n", b"X-Mulian-Key: k\r\n", b"5;x\r\n", b"ffffffff\r\n", b"\r\n\r\n",
]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """One request that must be accepted."""
    target = draw(st.sampled_from([b"/a", b"/a/b?x=1", b"/", b"/%E6%95%B0?q=%E6%8D%AE"]))
    extra = draw(st.lists(st.sampled_from([b"X-A: 1\r\n", b"Accept: */*\r\n", b"X-B: \xe5\xbc\xa0\r\n"]), max_size=3))
    kind = draw(st.sampled_from(["get", "length", "chunked"]))
    if kind == "get":
        return b"GET %b HTTP/1.1\r\nHost: a\r\n%b\r\n" % (target, b"".join(extra))
    body = draw(st.binary(max_size=30))
    if kind == "length":
        framing, sent = b"Content-Length: %d\r\n" % len(body), body
    else:
        half = draw(st.integers(0, len(body)))
        pieces = [piece for piece in (body[:half], body[half:]) if piece]
        framing = b"Transfer-Encoding: chunked\r\n"
        sent = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return b"POST %b HTTP/1.1\r\nHost: a\r\n%b%b\r\n%b" % (target, b"".join(extra), framing, sent)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good request or a payload of the corpus, with bytes flipped, put in, taken out or doubled."""
    payloads = [raw for raw, _ in (REFUSED_HEADS | REFUSED_BODIES).values() if len(raw) < 600]
    data = bytearray(draw(st.one_of(requests(), st.sampled_from(payloads))))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["flip", "insert", "delete", "double"])):
            case "flip":
                data[at:at + 1] = draw(st.binary(min_size=1, max_size=1))
            case "insert":
                data[at:at] = draw(st.one_of(st.binary(max_size=3), st.sampled_from(_PIECES)))
            case "delete":
                del data[at:at + draw(st.integers(1, 4))]
            case _:
                data[at:at] = data[at:at + draw(st.integers(1, 20))]
    return bytes(data)


def streams() -> st.SearchStrategy[bytes]:
    """Whole conversations: good, mutated and nonsense."""
    nonsense = st.lists(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=4)), max_size=14).map(b"".join)
    return st.lists(st.one_of(requests(), requests(), mutated(), nonsense), min_size=1, max_size=4).map(b"".join)


CUTS = st.lists(st.integers(1, 40), min_size=1, max_size=6)


# -- what an upstream may answer -------------------------------------------------------------------------------------
POISON = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON"


@dataclass
class Reply:
    """What an upstream sends for one request. ``close``: it closes then; ``whole``: the exact body, when right."""

    data: bytes
    close: bool = False
    whole: bytes | None = None
    cuts: list[int] = field(default_factory=lambda: [7])


@st.composite
def replies(draw: st.DrawFn, tag: bytes) -> Reply:
    """An answer that carries ``tag`` only: right, cut short, broken, or with bytes that nobody asked for."""
    body = tag * draw(st.integers(0, 30))
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % (
        b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    )
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    reply = draw(st.sampled_from([
        Reply(plain, whole=body), Reply(plain, whole=body), Reply(chunked, whole=body),
        Reply(b"HTTP/1.1 103 Early\r\n\r\n" + plain, whole=body), Reply(b"HTTP/1.1 204 No\r\n\r\n", whole=b""),
        Reply(b"HTTP/1.1 200 OK\r\n\r\n" + body, close=True, whole=body),
        Reply(plain.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1), whole=body),
        Reply(plain + POISON), Reply(chunked + POISON), Reply(plain + b"\r\n"), Reply(plain[:-1], close=True),
        Reply(chunked[:-2], close=True), Reply(chunked.replace(b"0\r\n\r\n", b"zz\r\n"), close=True),
        Reply(plain.replace(b"Content-Length", b"Content-Length: 3\r\nContent-Length")),
        Reply(b"HTTP/1.1 200 OK\nContent-Length: 1\n\n" + tag), Reply(tag * 40 + b"\r\n\r\n"), Reply(b"", close=True),
    ]))
    reply.cuts = draw(CUTS)
    if draw(st.integers(0, 4)) == 0 and not reply.data.endswith(POISON):
        data = bytearray(reply.data)
        if data:
            data[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
        return Reply(bytes(data), True, None, reply.cuts)
    return reply


class Caller:
    """Takes one answer; fails the test when anything comes after its end."""

    def __init__(self, tag: bytes) -> None:
        self.tag = tag
        self.body = b""
        self.ends: list[str] = []
        self.paused = False

    def answered(self, head: Any, first: bytes = b"") -> None:
        assert not self.ends
        self.body += first

    def received(self, data: bytes) -> None:
        assert not self.ends
        self.body += data

    def completed(self) -> None:
        self.ends.append("completed")

    def failed(self, reason: str, *, began: bool) -> None:
        self.ends.append(f"failed: {reason}")


async def exchange(plan: list[Reply], callers: list[Caller]) -> list[tuple[UpstreamConnection, int]]:
    """Send one request a caller through a pool of two connections; return which connection served which caller."""
    used: list[tuple[UpstreamConnection, int]] = []

    async def connect(pool: UpstreamPool) -> UpstreamConnection:
        connection = UpstreamConnection(pool)
        connection.connection_made(Wire())
        return connection

    pool = UpstreamPool(connect, DEFAULT, size=2)
    for number, (reply, caller) in enumerate(zip(plan, callers, strict=True)):
        got: list[UpstreamConnection | None] = []
        pool.acquire(lambda connection, reason, got=got: got.append(connection))
        while not got:
            await asyncio.sleep(0)
        connection = got[0]
        assert connection is not None and not connection.transport.closed
        used.append((connection, number))
        connection.send(caller, b"GET", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        at = turn = 0
        while at < len(reply.data) and not connection.transport.closed:
            piece = reply.data[at:at + reply.cuts[turn % len(reply.cuts)]]
            connection.data_received(piece)
            at, turn = at + len(piece), turn + 1
        if (reply.close or not caller.ends) and not connection.transport.closed:
            connection.connection_lost(None)
            connection.transport.close()
        elif connection.transport.closed and not connection.closed:
            connection.connection_lost(None)
        await asyncio.sleep(0)
    return used
