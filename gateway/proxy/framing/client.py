"""A client's connection: cuts bytes into requests, one at a time, and bounds what a client can make us hold.

No task and no timer per request: callbacks only, and a sweep once a second that looks at ``deadline``.
"""

import asyncio
from typing import Any, Protocol

from gateway.proxy.framing.body import BadChunk, BodyReader, ChunkReader, LengthReader
from gateway.proxy.framing.limits import Limits, Refusal
from gateway.proxy.framing.request import RequestHead, RequestParser

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_END = b"\r\n\r\n"
_NEVER = float("inf")


class Exchange(Protocol):
    """What answers the current request; told when the client goes away, stalls or reads again.

    ``body_limit``: bytes of body that it takes; ``deadline``: until when it may take, in the handler's time.
    """

    body_limit: int
    deadline: float

    def start(self, head: RequestHead, body: bytes) -> None: ...
    def taken_over(self, data: bytes) -> None:
        """Take what the client sends on a connection that is no longer HTTP (:meth:`ClientConnection.take_over`)."""

    def expire(self) -> None: ...
    def recheck(self) -> None:
        """The configuration is another one: may this go on?"""

    def client_gone(self) -> None: ...
    def client_paused(self) -> None: ...
    def client_resumed(self) -> None: ...


class Handler(Protocol):
    """The feature path, as the framing core sees it. ``now``: coarse seconds of the loop's clock."""

    limits: Limits
    parser: RequestParser
    now: float
    draining: bool
    # bytes of request bodies held now
    held: int

    def opened(self, connection: "ClientConnection") -> None: ...
    def closed(self, connection: "ClientConnection") -> None: ...
    def admit(self, connection: "ClientConnection", head: RequestHead) -> Exchange:
        """Return what answers this head (the connection's exchange from now on); raise :class:`Refusal`."""

    def refuse(self, connection: "ClientConnection", head: RequestHead | None, refusal: Refusal) -> bytes:
        """Return the complete answer to a refused message."""


class ClientConnection(asyncio.Protocol):
    """States: reading a head, reading a body, busy (an exchange runs), closing."""

    __slots__ = (
        "_advancing",
        "_body",
        "_body_size",
        "_buffer",
        "_read_paused",
        "_reader",
        "_scanned",
        "_taken_over",
        "busy",
        "closing",
        "deadline",
        "exchange",
        "handler",
        "head",
        "keep_alive",
        "paused",
        "peer",
        "proxied",
        "transport",
        "waiting_for",
    )

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.transport: Any = None
        self.peer = b""
        self.exchange: Exchange | None = None
        self.head: RequestHead | None = None
        self.busy = self.closing = self.paused = self.keep_alive = self._taken_over = False
        # the peer is a declared proxy: set by the handler
        self.proxied = False
        self.deadline = handler.now + handler.limits.head_seconds
        self.waiting_for = "head"
        self._buffer = b""
        self._scanned = 0
        self._reader: BodyReader | None = None
        self._body: list[bytes] = []
        self._body_size = 0
        self._read_paused = self._advancing = False

    # -- transport callbacks -------------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the peer's address for the log."""
        self.transport = transport
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]).encode() if peer else b"unix"
        self.handler.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the exchange that nobody listens any more."""
        self.closing = True
        self._forget_body()
        self.handler.closed(self)
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.client_gone()

    def data_received(self, data: bytes) -> None:
        """Take bytes; while busy, hold at most ``limits.pipelined`` of them."""
        if self.closing:
            return
        self._buffer = self._buffer + data if self._buffer else data
        if self._taken_over and self.exchange is not None:
            data, self._buffer = self._buffer, b""
            self.exchange.taken_over(data)
        elif self.busy:
            if len(self._buffer) > self.handler.limits.pipelined and not self._read_paused:
                self._read_paused = True
                self.transport.pause_reading()
        else:
            self._advance()

    def eof_received(self) -> bool:
        """Keep the write side while an answer is under way (a client may half-close after its request)."""
        if not self.busy or self._taken_over:
            self.closing = not self.busy
            return False
        self.keep_alive = False
        return True

    def pause_writing(self) -> None:
        """The client reads slower than the upstream sends."""
        self.paused = True
        self.deadline = self.handler.now + self.handler.limits.stalled_seconds
        self.waiting_for = "client"
        if self.exchange is not None:
            self.exchange.client_paused()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self.paused = False
        self._await("answer", 0)
        if self.exchange is not None:
            self.exchange.client_resumed()

    # -- reading -------------------------------------------------------------------------------------------------
    def _await(self, what: str, seconds: float) -> None:
        self.waiting_for = what
        self.deadline = self.handler.now + seconds if seconds else _NEVER

    def _advance(self) -> None:
        if self._advancing:  # an answer written at once would otherwise recurse through pipelined requests
            return
        self._advancing = True
        try:
            while self._buffer and not self.busy and not self.closing:
                if not (self._read_head() if self._reader is None else self._read_body()):
                    return
        except Refusal as refusal:
            self.fail(refusal)
        except BadChunk:
            self.fail(Refusal(400, "chunk"))
        finally:
            self._advancing = False

    def _read_head(self) -> bool:
        """Return True when a whole head was taken."""
        buffer, limits = self._buffer, self.handler.limits
        end = buffer.find(_END, self._scanned)
        if end < 0:
            if len(buffer) > limits.head:
                raise Refusal(431, "head.long")
            if self.waiting_for != "head":
                self._await("head", limits.head_seconds)
            self._scanned = max(0, len(buffer) - 3)
            return False
        end += 4
        self._scanned = 0
        if end > limits.head:
            raise Refusal(431, "head.long")
        raw, self._buffer = (buffer, b"") if end == len(buffer) else (buffer[:end], buffer[end:])
        self.head = None
        self.head = head = self.handler.parser.parse(raw)
        self.keep_alive = head.keep_alive
        exchange = self.handler.admit(self, head)
        if head.has_body:
            self._expect_body(head, exchange)
        else:
            self.busy = True
            self.deadline, self.waiting_for = _NEVER, "answer"
            exchange.start(head, b"")
        return True

    def _expect_body(self, head: RequestHead, exchange: Exchange) -> None:
        headers = head.headers
        length = headers.length or 0
        if length > exchange.body_limit:
            raise Refusal(413, "body.long")
        self._reader = ChunkReader() if headers.chunked else LengthReader(length)
        self._body_size = 0
        self._await("body", self.handler.limits.body_seconds)
        if headers.expect_continue and head.minor and not self._buffer:
            self.transport.write(CONTINUE)

    def _read_body(self) -> bool:
        reader, head, exchange = self._reader, self.head, self.exchange
        assert reader is not None and head is not None and exchange is not None
        payload, used = reader.feed(self._buffer)
        self._buffer = self._buffer[used:]
        self._body_size += len(payload)
        if self._body_size > exchange.body_limit:
            raise Refusal(413, "body.long")
        if payload:
            self._body.append(payload)
            self.handler.held += len(payload)
            if self.handler.held > self.handler.limits.held:
                raise Refusal(503, "bodies.full")
        if not reader.done:
            return False
        body = b"".join(self._body)
        self._forget_body()
        self.busy = True
        self.deadline, self.waiting_for = _NEVER, "answer"
        exchange.start(head, body)
        return True

    def _forget_body(self) -> None:
        if self._reader is not None:
            self.handler.held -= sum(map(len, self._body))
            self._body, self._reader = [], None

    def take_over(self) -> None:
        """From now on the exchange takes what the client sends; it was at hand already when this is called."""
        self._taken_over, self.keep_alive = True, False
        if self._buffer and self.exchange is not None:
            data, self._buffer = self._buffer, b""
            self.exchange.taken_over(data)

    def hold(self, *, reading: bool) -> None:
        """Stop or go on reading from a client whose bytes find no room further on."""
        if not self.closing:
            (self.transport.resume_reading if reading else self.transport.pause_reading)()

    # -- answering -----------------------------------------------------------------------------------------------
    @property
    def stays_open(self) -> bool:
        """True when the connection can carry another request after this answer."""
        return self.keep_alive and not self.closing and not self.handler.draining

    def write(self, data: bytes) -> None:
        """Send part of an answer."""
        if not self.closing:
            self.transport.write(data)

    def finish(self, keep_alive: bool) -> None:
        """The answer is complete: close, or go on with what the client has sent since."""
        self.exchange = None
        self.busy = False
        if not keep_alive:
            self.close()
            return
        if not self.paused:
            self.deadline = self.handler.now + self.handler.limits.idle_seconds
            self.waiting_for = "idle"
        if self._read_paused:
            self._read_paused = False
            self.transport.resume_reading()
        if self._buffer:
            self._advance()

    def fail(self, refusal: Refusal) -> None:
        """Answer a refused message and close; what follows it on the wire is never read as a request."""
        if self.closing or self.busy:
            self.abort()
            return
        self._buffer = b""
        self._forget_body()
        self.transport.write(self.handler.refuse(self, self.head, refusal))
        self.close()

    def close(self) -> None:
        """Send what is buffered, then close. A client that never reads it is cut by the sweep."""
        self.closing = True
        self.deadline = self.handler.now + self.handler.limits.stalled_seconds
        self.waiting_for = "close"
        self.transport.close()

    def abort(self) -> None:
        """Cut the connection: the client must not take what it has for a whole answer."""
        self.closing = True
        self.transport.abort()

    def swept(self) -> None:
        """Called by the sweep once ``deadline`` has passed."""
        if self.waiting_for in ("head", "body") and (self._buffer or self._reader is not None):
            self.fail(Refusal(408, f"{self.waiting_for}.slow"))
        elif self.waiting_for in ("client", "close"):
            self.abort()
        elif not self.busy:
            self.close()
