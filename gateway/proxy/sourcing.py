"""The source of a call: an upstream over HTTP (framing's Receiver) or a declared table, and what of it may leave."""

from concurrent.futures import Future

from gateway import errors
from gateway.proxy import answers, outgoing
from gateway.proxy.answering import SWEEP_SECONDS, Answering
from gateway.proxy.cache import key_of, storable
from gateway.proxy.framing.request import RequestHead
from gateway.proxy.framing.response import ResponseHead
from gateway.proxy.framing.upstream import UpstreamConnection
from gateway.proxy.websocket import Frames, FrameTooLong, Tunnel
from gateway.snapshot.rules import HTTP, Grant
from kernel.clock import now_micros
from kernel.errors import ErrorKind

POLICY_BODY_LIMIT = 8 * 1024 * 1024
_LARGE_BODY = 256 * 1024
_IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS"})


class Sourcing(Answering):
    """From the moment a call is admitted until its answer has left."""

    __slots__ = ()

    def forward(self) -> None:
        """Ask the source, unless its answer is still at hand."""
        gateway, route, grant, head = self.gateway, self.route, self.grant, self.head
        assert route is not None and grant is not None and head is not None
        if route.cache_seconds and self._from_cache(grant, head):
            return
        self.patience, self.until = route.timeout, gateway.now + grant.expires - self.at / 1e6
        self.deadline = gateway.now + route.timeout + SWEEP_SECONDS
        if route.kind == HTTP:
            self.origin = gateway.upstream(route.origin)
            self._ask()
        else:
            gateway.query_table(route, grant, head.query, self._queried)

    def _from_cache(self, grant: Grant, head: RequestHead) -> bool:
        if head.method != b"GET":
            return False
        self.cache_key = key_of(grant.id_bytes, head.path, head.query, head.fields)
        body = None if self.cache_key is None else self.gateway.cache.get(self.cache_key, self.gateway.now)
        if body is None:
            return False
        self.respond(200, body, b"cached")
        return True

    def _ask(self) -> None:
        origin, route = self.origin, self.route
        assert origin is not None and route is not None
        if origin.breaker.troubled:
            wait = origin.breaker.wait(self.gateway.now, route.timeout + SWEEP_SECONDS)
            if wait:
                self.refuse(errors.UPSTREAM_PAUSED, retry_ms=int(wait * 1000))
                return
        upstream = origin.pool.take()
        if upstream is None:
            origin.pool.acquire(self._connected)
        else:
            self._send(upstream)

    def _connected(self, upstream: UpstreamConnection | None, reason: str) -> None:
        if self.over:
            if upstream is not None:
                upstream.pool.release(upstream)
        elif upstream is not None:
            self._send(upstream)
        elif reason == "connect":
            self._failed_once(errors.UPSTREAM_DOWN, idempotent=True)
        else:
            self.refuse(errors.UPSTREAM_DOWN)

    def _send(self, upstream: UpstreamConnection) -> None:
        self.upstream = upstream
        self.sent_at = now_micros()
        head, route, app, origin = self.head, self.route, self.app, self.origin
        assert head is not None and route is not None and app is not None and origin is not None
        upgrading = route.websocket and head.headers.upgrade and outgoing.asks_for_websocket(head)
        upstream.send(self, head.method, outgoing.upstream_request(
            head, self.body, route, app, host=origin.host, request_id=self.request_id, client=self.client,
            upgrading=upgrading,
        ), upgrading=upgrading)

    def _failed_once(self, kind: ErrorKind, *, idempotent: bool) -> None:
        """Nothing has come: try once more where that cannot do a thing twice, else answer with a problem."""
        origin = self.origin
        assert origin is not None
        origin.breaker.failed(self.gateway.now)
        if idempotent and not self.retried:
            self.retried = True
            self._ask()
        else:
            self.refuse(kind)

    # -- the upstream's answer (Receiver) ------------------------------------------------------------------------
    def answered(self, head: ResponseHead, first: bytes) -> None:
        """The upstream's head has come, perhaps with the first bytes of its body."""
        self.answer = head
        self.upstream_micros = now_micros() - self.sent_at
        route, origin = self.route, self.origin
        assert route is not None and origin is not None
        if origin.breaker.troubled:
            origin.breaker.succeeded()
        if head.status == 101:
            self._begin_tunnel(head, first)
        elif route.streams:
            self._begin_stream(head, first)
        elif head.length is not None and head.length > POLICY_BODY_LIMIT:
            self.give_up(errors.POLICY)
        elif first:
            self._collect(first)

    def _begin_stream(self, head: ResponseHead, first: bytes) -> None:
        connection, request = self.connection, self.head
        assert request is not None
        length = 0 if head.bodyless else head.length
        keep = connection.stays_open
        if length is not None or head.bodyless:
            framing = b"" if head.length is None else b"Content-Length: %d\r\n" % head.length
        elif request.minor == 1:
            framing, self.chunked = b"Transfer-Encoding: chunked\r\n", True
        else:
            framing, keep = b"", False
        connection.keep_alive = keep
        if not self.log(head.status, b"ok", -1 if length is None else length):
            self.give_up(errors.LOG_FULL)
            return
        self.streamed = len(first)
        if head.fields.get(b"content-type", b"").startswith(b"text/event-stream"):
            self.patience = self.gateway.limits.silent_seconds
        self._be_patient()
        connection.write(b"%b%bX-Request-Id: %b\r\n%b%b%b" % (
            answers.status_line(head.status), head.passed, self.request_id, framing,
            b"\r\n" if keep else b"Connection: close\r\n\r\n",
            b"%x\r\n%b\r\n" % (len(first), first) if first and self.chunked else first,
        ))

    def received(self, data: bytes) -> None:
        """Body bytes of the upstream: on to the client, or collected for the policy."""
        if not self.logged:
            self._collect(data)
            return
        self.streamed += len(data)
        self._be_patient()
        if self.tunnel is not None:
            self._count(self.tunnel.outwards, data)
        self.connection.write(b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def _be_patient(self) -> None:
        """Something moved: the source has its time again, though never longer than the grant lasts."""
        self.deadline = min(self.gateway.now + self.patience, self.until) + SWEEP_SECONDS

    # -- WebSocket -----------------------------------------------------------------------------------------------
    def _begin_tunnel(self, head: ResponseHead, first: bytes) -> None:
        """The upstream has changed to WebSocket: from now on bytes pass both ways, counted as frames."""
        if not self.log(101, b"ok", -1):
            self.give_up(errors.LOG_FULL)
            return
        self.patience = self.gateway.limits.silent_seconds
        self._be_patient()
        self.tunnel = Tunnel()
        self.connection.write(b"%b%bConnection: Upgrade\r\nUpgrade: websocket\r\nX-Request-Id: %b\r\n\r\n" % (
            answers.status_line(101), head.passed, self.request_id,
        ))
        self.connection.take_over()
        if first and not self.over:
            self.received(first)

    def taken_over(self, data: bytes) -> None:
        """Frames of the client."""
        if self.upstream is not None and self.tunnel is not None and not self.over:
            self._be_patient()
            self._count(self.tunnel.inwards, data)
            if self.upstream is not None:
                self.upstream.write(data)

    def _count(self, frames: Frames, data: bytes) -> None:
        try:
            frames.feed(data)
        except FrameTooLong:
            self.leave_upstream()
            self.cut(b"frame_long")

    def room(self, *, there: bool) -> None:
        """The upstream's side is full, or has room again."""
        if self.tunnel is not None:
            self.connection.hold(reading=there)

    def recheck(self) -> None:
        """Another configuration: an answer under way ends when its grant, application or interface is gone."""
        if self.over or not self.logged:
            return
        app, route, grant = self.app, self.route, self.grant
        assert app is not None and route is not None and grant is not None
        snapshot = self.gateway.snapshot
        now, there = snapshot.apps.get(app.key), snapshot.find(route.path)
        left = None if now is None else now.grants.get(route.code)
        if there is None or there.retired or left is None or left.id != grant.id:
            self.leave_upstream()
            self.cut(b"revoked")

    def _collect(self, data: bytes) -> None:
        self.collected_size += len(data)
        if self.collected_size > POLICY_BODY_LIMIT:
            self.give_up(errors.POLICY)
        elif self.collected is None:
            self.collected = [data]
        else:
            self.collected.append(data)

    def completed(self) -> None:
        """The upstream's answer is whole."""
        self.upstream = None
        if self.over:
            return
        route, answer = self.route, self.answer
        assert route is not None and answer is not None
        if not self.logged:
            self._reduce(answer)
            return
        if self.tunnel is not None:
            self.log_end(b"closed")
        if self.chunked:
            self.connection.write(b"0\r\n\r\n")
        self.end(self.connection.keep_alive and not self.connection.closing)

    def failed(self, reason: str, *, began: bool) -> None:
        """The upstream broke off or lied."""
        self.upstream = None
        if self.over:
            return
        head, origin = self.head, self.origin
        assert head is not None and origin is not None
        if not began:
            self._failed_once(errors.UPSTREAM_FAULT, idempotent=head.method in _IDEMPOTENT)
            return
        origin.breaker.failed(self.gateway.now)
        if self.logged:
            self.cut(b"upstream")
        else:
            self.refuse(errors.UPSTREAM_FAULT)

    def expire(self) -> None:
        """The source took too long (called by the sweep)."""
        if self.over or self.connection.paused:
            return
        self.leave_upstream()
        if self.logged and self.gateway.now >= self.until:
            self.cut(b"expired")
            return
        if self.origin is not None and self.patience != self.gateway.limits.silent_seconds:
            self.origin.breaker.failed(self.gateway.now)
        if self.logged:
            self.cut(b"slow")
        else:
            self.refuse(errors.UPSTREAM_SLOW)

    # -- what may leave ------------------------------------------------------------------------------------------
    def _reduce(self, answer: ResponseHead) -> None:
        """Apply the field policy to a collected answer; other statuses than success leave without their body."""
        if not 200 <= answer.status < 300 or answer.bodyless:
            self._plain(answer)
        elif not outgoing.reducible(answer):
            self.refuse(errors.POLICY)
        else:
            assert self.grant is not None
            pieces, self.collected = self.collected or [b""], None
            body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            self.gateway.reduce(self.grant.policy, body, self._reduced, in_thread=len(body) > _LARGE_BODY)

    def _plain(self, answer: ResponseHead) -> None:
        if answer.bodyless or answer.status == 204:
            self.respond(answer.status, b"")
        elif answer.status >= 500 or answer.status < 400:
            self.refuse(errors.UPSTREAM_FAULT)
        else:
            # an error text of the source may hold anything: its status leaves, its body does not
            self.refuse(errors.UPSTREAM_FAULT, status=answer.status)

    def _reduced(self, body: bytes | None) -> None:
        if self.over:
            return
        if body is None:
            self.refuse(errors.POLICY)
        else:
            self._finish(200 if self.answer is None else self.answer.status, body)

    def _finish(self, status: int, body: bytes) -> None:
        """Answer with what may leave, and keep it where the interface and the source allow that."""
        route, key = self.route, self.cache_key
        assert route is not None
        if key is not None and status == 200 and (self.answer is None or storable(self.answer.fields)):
            self.gateway.cache.put(key, body, self.gateway.now + route.cache_seconds)
        self.respond(status, body)

    def _queried(self, future: "Future[bytes]") -> None:
        """A declared table has answered (called in the loop)."""
        if self.over:
            return
        error = future.exception()
        if error is None:
            self._finish(200, future.result())
            return
        kind, parameter = self.gateway.table_fault(error)
        self.refuse(kind, parameter=parameter)
