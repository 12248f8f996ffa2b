"""Connections to upstreams: one request at a time, kept alive in a pool, never reused after a doubt."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from gateway.proxy.framing.body import BadChunk, BodyReader, CloseReader
from gateway.proxy.framing.limits import Limits, UpstreamFault
from gateway.proxy.framing.response import ResponseHead, ResponseParser

_END = b"\r\n\r\n"


class Receiver(Protocol):
    """Takes an upstream's answer. ``failed`` may come at any time and is the last call; ``began``: bytes had come.

    ``answered`` brings the first bytes of the body where they came with the head: one write for the client then.
    """

    def answered(self, head: ResponseHead, first: bytes) -> None: ...
    def received(self, data: bytes) -> None: ...
    def completed(self) -> None: ...
    def failed(self, reason: str, *, began: bool) -> None: ...
    def room(self, *, there: bool) -> None:
        """The upstream takes no more bytes for now, or takes them again (after an upgrade)."""



class UpstreamConnection(asyncio.Protocol):
    """One connection of a pool."""

    __slots__ = (
        "_buffer",
        "_head",
        "_interim",
        "_method",
        "_reader",
        "_upgrading",
        "closed",
        "idle_since",
        "paused",
        "pool",
        "receiver",
        "transport",
    )

    def __init__(self, pool: "UpstreamPool") -> None:
        self.pool = pool
        self.transport: Any = None
        self.receiver: Receiver | None = None
        self.closed = self.paused = self._upgrading = False
        self.idle_since = 0.0
        self._interim = 0
        self._method = b""
        self._buffer = b""
        self._head: ResponseHead | None = None
        self._reader: BodyReader | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def send(self, receiver: Receiver, method: bytes, request: bytes, *, upgrading: bool = False) -> None:
        """Send a complete request; its answer goes to ``receiver``. ``upgrading``: the answer may be 101."""
        self.receiver, self._method, self._upgrading, self._interim = receiver, method, upgrading, 0
        self.transport.write(request)

    def write(self, data: bytes) -> None:
        """Send bytes after an upgrade."""
        if not self.closed:
            self.transport.write(data)

    def pause_writing(self) -> None:
        """The upstream reads slower than it is sent to."""
        if self.receiver is not None:
            self.receiver.room(there=False)

    def resume_writing(self) -> None:
        """It has caught up."""
        if self.receiver is not None:
            self.receiver.room(there=True)

    def data_received(self, data: bytes) -> None:
        """Cut the answer into head and body; bytes that nobody asked for end the connection."""
        receiver, reader = self.receiver, self._reader
        if receiver is None:
            self.drop()
            return
        try:
            if reader is None:
                self._read_head(self._buffer + data if self._buffer else data, receiver)
                return
            payload, used = reader.feed(data)
            if payload:
                receiver.received(payload)
            self._go_on(reader, len(data) - used)
        except UpstreamFault as fault:
            self._fail(fault.reason)
        except BadChunk as fault:
            self._fail(f"chunk {fault}")

    def _read_head(self, data: bytes, receiver: Receiver) -> None:
        limit = self.pool.limits.response_head
        while True:
            end = data.find(_END)
            if end < 0 or end > limit:
                if len(data) > limit:
                    raise UpstreamFault("head too long")
                self._buffer = data
                return
            head = self.pool.parser.parse(data[:end + 4], self._method)
            data = data[end + 4:]
            if head.status >= 200 or head.status == 101:
                break
            self._interim += 1
            if self._interim > self.pool.limits.interim:
                raise UpstreamFault("too many interim answers")
        if head.status == 101 and not self._upgrading:
            raise UpstreamFault("upgrade")
        self._buffer = b""
        self._head = head
        if len(data) == head.length and not head.bodyless:
            receiver.answered(head, data)
            if self.receiver is not None:
                self._complete(extra=False)
            return
        reader = self._reader = head.reader() if head.status != 101 else CloseReader()
        payload, used = (b"", 0) if reader.done or not data else reader.feed(data)
        receiver.answered(head, payload)
        self._go_on(reader, len(data) - used)

    def _go_on(self, reader: BodyReader, left: int) -> None:
        """End the answer when its body is whole; ``left`` bytes came behind it."""
        if reader.done and self.receiver is not None:  # the receiver may have given up on this answer
            self._complete(extra=left > 0)

    def _complete(self, *, extra: bool) -> None:
        receiver, head = self.receiver, self._head
        assert receiver is not None and head is not None
        self.receiver = self._reader = self._head = None
        if extra or not head.keep_alive or self.closed or self.paused:
            self.drop()
        else:
            self.pool.release(self)
        receiver.completed()

    def _fail(self, reason: str) -> None:
        receiver, began = self.receiver, self._head is not None or bool(self._buffer)
        self.receiver = None
        self.drop()
        if receiver is not None:
            receiver.failed(reason, began=began)

    def connection_lost(self, exc: Exception | None) -> None:
        """An early end is a fault, except for a body that lasts until the close."""
        self.closed = True
        self.pool.lost(self)
        receiver, head = self.receiver, self._head
        if receiver is None:
            return
        self.receiver = None
        if head is not None and head.length is None and not head.chunked and exc is None:
            receiver.completed()
        else:
            receiver.failed("closed", began=head is not None or bool(self._buffer))

    def abandon(self) -> None:
        """The receiver no longer wants the answer: the rest of it must not reach the next request."""
        self.receiver = None
        self.drop()

    def drop(self) -> None:
        """Close at once and leave the pool."""
        if not self.closed:
            self.closed = True
            self.pool.lost(self)
            self.transport.abort()

    def pause(self) -> None:
        """Stop reading: the client is slower."""
        if not self.paused and not self.closed:
            self.paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self.paused and not self.closed:
            self.paused = False
            self.transport.resume_reading()


Ready = Callable[[UpstreamConnection | None, str], None]
Connect = Callable[["UpstreamPool"], Coroutine[Any, Any, UpstreamConnection]]


class UpstreamPool:
    """Connections to one address: last used first, bounded, with a bounded queue of waiters."""

    def __init__(
        self, connect: Connect, limits: Limits, *, size: int = 64, queue: int = 512, idle_seconds: float = 30.0,
    ) -> None:
        self.limits = limits
        self.parser = ResponseParser(limits)
        self._connect, self._size, self._queue, self._idle_seconds = connect, size, queue, idle_seconds
        self._retired = False
        self._idle: list[UpstreamConnection] = []
        self._all: set[UpstreamConnection] = set()
        self._connecting = 0
        self._waiters: deque[Ready] = deque()

    def take(self) -> UpstreamConnection | None:
        """Return a connection that waits, or None: then :meth:`acquire` one."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                return connection
        return None

    def acquire(self, ready: Ready) -> None:
        """Call ``ready(connection, "")`` now or later, or ``ready(None, reason)``."""
        connection = self.take()
        if connection is not None:
            ready(connection, "")
        elif len(self._all) + self._connecting < self._size:
            self._connecting += 1
            task = asyncio.get_running_loop().create_task(self._connect(self))
            task.add_done_callback(lambda done: self._connected(done, ready))
        elif len(self._waiters) < self._queue:
            self._waiters.append(ready)
        else:
            ready(None, "queue full")

    def _connected(self, task: "asyncio.Task[UpstreamConnection]", ready: Ready) -> None:
        self._connecting -= 1
        if task.cancelled() or task.exception() is not None or task.result().closed:
            ready(None, "connect")
            self._next()
            return
        connection = task.result()
        self._all.add(connection)
        ready(connection, "")

    def release(self, connection: UpstreamConnection) -> None:
        """Take back a connection whose answer was complete."""
        if self._retired:
            connection.drop()
            return
        if self._waiters:
            self._waiters.popleft()(connection, "")
            return
        connection.idle_since = 0.0
        self._idle.append(connection)

    def lost(self, connection: UpstreamConnection) -> None:
        """Forget a closed connection and let a waiter open another."""
        if connection in self._all:
            self._all.discard(connection)
            self._next()

    def _next(self) -> None:
        if self._waiters:
            asyncio.get_running_loop().call_soon(self.acquire, self._waiters.popleft())

    def sweep(self, now: float) -> None:
        """Close connections that nobody has used for ``idle_seconds``."""
        for connection in list(self._idle):
            if connection.idle_since == 0.0:
                connection.idle_since = now
            elif now - connection.idle_since > self._idle_seconds:
                self._idle.remove(connection)
                connection.drop()

    def retire(self) -> None:
        """No new use: idle connections close now, busy ones after their answer."""
        self._retired = True
        for connection in list(self._idle):
            connection.drop()
        self._idle.clear()

    def close(self) -> None:
        """Drop everything."""
        for connection in list(self._all):
            connection.drop()
        self._idle.clear()

    def __len__(self) -> int:
        return len(self._all)
