"""One call through the feature path: who, may they, how often, where to, what may leave, and the log line.

Callbacks only: each step ends by starting the next one or by answering.
"""

from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from gateway import errors
from gateway.broker import frames
from gateway.broker.limits import lease_of
from gateway.calllog import record
from gateway.proxy import answers, outgoing
from gateway.proxy.caller import signature_fault
from gateway.proxy.framing.client import ClientConnection
from gateway.proxy.framing.request import RequestHead
from gateway.proxy.framing.response import ResponseHead
from gateway.proxy.framing.upstream import UpstreamConnection
from gateway.proxy.gate import Gate
from gateway.proxy.verdicts import REFUSALS, waived
from gateway.signing import rules as signing
from gateway.snapshot.rules import HTTP, MOCK, SIGNED, App, Grant, Route
from gateway.sources.table_rules import ParameterFault
from kernel import clock
from kernel.digest import sm3
from kernel.errors import ErrorKind

if TYPE_CHECKING:
    from gateway.proxy.handler import GatewayHandler

_JSON_HEAD = b"Content-Type: application/json; charset=utf-8\r\nCache-Control: no-store\r\n"
POLICY_BODY_LIMIT = 8 * 1024 * 1024
_LARGE_BODY, _SMALL_XML = 256 * 1024, 4 * 1024
_IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS"})


class Call:
    """State of a call; it is the connection's exchange and the upstream's receiver."""

    __slots__ = (
        "_answer", "_chunked", "_collected", "_retried", "_size", "app", "at", "body", "connection", "deadline", "gate",
        "gateway", "grant", "head", "logged", "over", "request_id", "route", "sent_at", "status", "streamed",
        "upstream", "upstream_micros",
    )  # fmt: skip

    def __init__(self, gateway: "GatewayHandler", connection: ClientConnection, head: RequestHead | None) -> None:
        self.gateway = gateway
        self.connection = connection
        self.head = head
        self.body = b""
        self.route: Route | None = None
        self.app: App | None = None
        self.grant: Grant | None = None
        self.request_id = gateway.next_request_id()
        self.at = clock.now_micros()
        self.status = 0
        self.logged = self.over = self._retried = self._chunked = False
        self.upstream: UpstreamConnection | None = None
        self.gate: Gate | None = None
        self.sent_at = self.upstream_micros = 0
        self.deadline = float("inf")
        self._collected: list[bytes] = []
        self._size = self.streamed = 0
        self._answer: ResponseHead | None = None

    # -- who and whether -----------------------------------------------------------------------------------------
    def start(self, head: RequestHead, body: bytes) -> None:
        """Verify the caller, then ask the broker."""
        self.body = body
        route = self.route
        assert route is not None
        window = route.window(self.at // 1_000_000) if route.windows else None
        if window is not None:
            self.refuse(errors.MAINTENANCE, parameter=window[2], retry_ms=window[1] * 1000 - self.at // 1000)
            return
        fields = head.fields
        app = self.gateway.snapshot.apps.get(fields.get(signing.HEADER_KEY, b""))
        if app is None:
            self.refuse(errors.KEY_UNKNOWN)
            return
        self.app = app
        if route.canary is not None:
            route = self.route = route.serving(app.key)
        digest, timestamp = frames.NO_DIGEST, 0
        if route.auth == SIGNED:
            fault = signature_fault(app, head, body, self.at / 1e6)
            if fault is not None:
                self.refuse(*fault)
                return
            timestamp = int(fields[signing.HEADER_TIMESTAMP])
            digest = sm3(app.key, b"\n", fields[signing.HEADER_NONCE])[:16]
        grant = app.grants.get(route.key)
        if grant is None or grant.expires * 1_000_000 <= self.at:
            self.refuse(errors.NO_GRANT)
            return
        self.grant = grant
        self._ask_broker(grant, route, digest, timestamp)

    def _ask_broker(self, grant: Grant, route: Route, digest: bytes, timestamp: int) -> None:
        gateway, limits = self.gateway, grant.limits
        limited = limits.counted or limits.weighed
        if route.auth == SIGNED:
            gateway.broker.ask(
                frames.NONCE_AND_TAKE if limited else frames.NONCE, self._judged, gateway.now, app=grant.app,
                timestamp=timestamp, nonce=digest, grant=grant.id_bytes, want=1, limits=limits,
            )
        elif not limited:
            self._forward()
        elif grant.leased > 0 and gateway.now < grant.leased_until:
            grant.leased -= 1
            self._forward()
        else:
            want = lease_of(limits)
            gateway.broker.ask(
                frames.TAKE, self._leased, gateway.now, app=grant.app, grant=grant.id_bytes, want=want, limits=limits,
            )

    def _leased(self, verdict: int, granted: int, retry: int) -> None:
        if verdict == frames.OK and self.grant is not None:
            self.gateway.keep_lease(self.grant, granted - 1)
        # no nonce was asked about: only limits are in doubt
        self._judged(frames.UNLIMITED if verdict == frames.STORAGE else verdict, granted, retry)

    def _judged(self, verdict: int, granted: int, retry: int) -> None:
        if self.over:
            return
        if waived(verdict, self.route):
            self._forward()
        else:
            self.refuse(REFUSALS[verdict], retry_ms=retry)

    # -- the source ----------------------------------------------------------------------------------------------
    def _forward(self) -> None:
        route, grant, head = self.route, self.grant, self.head
        assert route is not None and grant is not None and head is not None
        if route.audited or grant.limits.weighed:
            self.gate = Gate(self, weighed=grant.limits.weighed, audited=route.audited)
        self.deadline = self.gateway.now + route.timeout + 1.0
        self.gateway.running.add(self)
        if route.kind == HTTP:
            self.gateway.pool(route.origin).acquire(self._connected, self.gateway.now)
        elif route.kind == MOCK:
            self._respond(200, route.mock, "ok")
        else:
            self.gateway.query_table(route, grant, head.query, self._queried)

    def _connected(self, upstream: UpstreamConnection | None, reason: str) -> None:
        if self.over:
            if upstream is not None:
                upstream.pool.release(upstream)
            return
        if upstream is None:
            self.refuse(errors.UPSTREAM_DOWN)
            return
        self.upstream = upstream
        self.sent_at = clock.now_micros()
        head, route, app = self.head, self.route, self.app
        assert head is not None and route is not None and app is not None
        try:
            request = outgoing.upstream_request(
                head, self.body, route, app, host=self.gateway.host_header(route.origin), request_id=self.request_id,
                peer=self.connection.peer,
            )
        except ParameterFault as fault:
            self.upstream = None
            upstream.pool.release(upstream)
            self.refuse(errors.PARAMETER, parameter=fault.name[:60])
            return
        upstream.send(self, b"POST" if route.soap is not None else head.method, request)

    # -- the upstream's answer (Receiver) ------------------------------------------------------------------------
    def answered(self, head: ResponseHead) -> None:
        """The upstream's head has come."""
        self._answer = head
        self.upstream_micros = clock.now_micros() - self.sent_at
        route = self.route
        assert route is not None
        if route.streams:
            self._begin_stream(head)
        elif head.length is not None and head.length > POLICY_BODY_LIMIT:
            self.give_up(errors.POLICY)

    def _begin_stream(self, head: ResponseHead) -> None:
        connection, route = self.connection, self.route
        assert self.head is not None and route is not None
        length = 0 if head.bodyless else head.length
        keep = connection.stays_open
        if length is not None or head.bodyless:
            framing = b"" if head.length is None else b"Content-Length: %d\r\n" % head.length
        elif self.head.minor == 1:
            framing, self._chunked = b"Transfer-Encoding: chunked\r\n", True
        else:
            framing, keep = b"", False
        self.head.keep_alive = keep
        self._leave(head.status, "ok", -1 if length is None else length, b"".join((
            answers.status_line(head.status), head.forwarded(), route.headers, b"X-Request-Id: ", self.request_id,
            b"\r\n", framing,
            b"\r\n" if keep else b"Connection: close\r\n\r\n",
        )))

    def received(self, data: bytes) -> None:
        """Body bytes of the upstream: on to the client, or collected for the policy."""
        route = self.route
        assert route is not None
        if route.streams:
            if self.gate is not None and self.gate.keeps(data):
                return
            self.streamed += len(data)
            self.deadline = self.gateway.now + route.timeout + 1.0
            self.connection.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)
            return
        self._size += len(data)
        if self._size > POLICY_BODY_LIMIT:
            self.give_up(errors.POLICY)
            return
        self._collected.append(data)

    def completed(self) -> None:
        """The upstream's answer is whole."""
        self.upstream = None
        if self.over or (self.gate is not None and self.gate.ends()):
            return
        route, answer, head = self.route, self._answer, self.head
        assert route is not None and answer is not None and head is not None
        if not route.streams:
            self._reduce(answer)
            return
        if self.gate is not None:
            self.gate.settle()
        if self._chunked:
            self.connection.write(b"0\r\n\r\n")
        self._end(head.keep_alive and not self.connection.closing)

    def failed(self, reason: str, *, began: bool) -> None:
        """The upstream broke off or lied."""
        self.upstream = None
        if self.over:
            return
        head = self.head
        assert head is not None and self.route is not None
        if reason == "closed idle" and not began and not self._retried and head.method in _IDEMPOTENT:
            # the pool's connection had been closed by the other side: nothing was processed
            self._retried = True
            self.gateway.pool(self.route.origin).acquire(self._connected, self.gateway.now)
            return
        if self.logged:
            self._cut("upstream")
        else:
            self.refuse(errors.UPSTREAM_FAULT)

    # -- what may leave ------------------------------------------------------------------------------------------
    def _reduce(self, answer: ResponseHead) -> None:
        """Apply the field policy to a collected answer; other statuses than success leave without their body."""
        if not 200 <= answer.status < 300 or answer.bodyless:
            self._plain(answer)
        elif self.route is None or not outgoing.reducible(answer, xml=self.route.xml):
            self.refuse(errors.POLICY)
        else:
            assert self.grant is not None
            body, self._collected = b"".join(self._collected), []
            self.gateway.reduce(self.grant.policy, body, self._reduced,
                                in_thread=len(body) > (_SMALL_XML if self.route.xml else _LARGE_BODY))

    def _plain(self, answer: ResponseHead) -> None:
        if answer.bodyless or answer.status == 204:
            self._respond(answer.status, b"", "ok")
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
            self._respond(200 if self._answer is None else self._answer.status, body, "ok")

    def _queried(self, future: "Future[bytes]") -> None:
        """A declared table has answered (called in the loop)."""
        if self.over:
            return
        error = future.exception()
        if error is None:
            self._respond(200, future.result(), "ok")
            return
        kind, parameter = self.gateway.table_fault(error)
        self.refuse(kind, parameter=parameter)

    # -- answering -----------------------------------------------------------------------------------------------
    def _respond(self, status: int, body: bytes, outcome: str) -> None:
        head, route = self.head, self.route
        assert head is not None and route is not None
        keep = self.connection.stays_open
        bare = status == 204 or head.method == b"HEAD"
        self._leave(status, outcome, len(body), b"%b%b%b%bX-Request-Id: %b\r\n%b%b" % (
            answers.status_line(status), _JSON_HEAD, route.headers, b"" if bare else b"Content-Length: %d\r\n" % len(body),
            self.request_id, b"\r\n" if keep else b"Connection: close\r\n\r\n", b"" if bare else body,
        ), keep=keep, whole=True)

    def _leave(
        self, status: int, outcome: str, size: int, data: bytes, *, keep: bool = False, whole: bool = False,
    ) -> None:
        """Log the call, then let ``data`` leave: the answer's head or, with ``whole``, all of it."""
        if self.gate is None:
            self.log(status, outcome, size)
            self._write(data, keep, whole)
        else:
            log, leave = partial(self.log, status, outcome, size), partial(self._write, data, keep, whole)
            self.gate.open(max(0, size), log, leave)

    def _write(self, data: bytes, keep: bool, whole: bool) -> None:
        self.connection.write(data)
        if whole:
            self._end(keep)

    def end_short(self, verdict: int, retry_ms: int) -> None:
        """The quota of bytes does not allow this answer, or the rest of it."""
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.abandon()
        if self.logged:
            self._cut("volume")
        else:
            self.refuse(REFUSALS[verdict], retry_ms=retry_ms)

    def refuse(
        self, kind: ErrorKind, field: str = "", *, parameter: str = "", status: int = 0, retry_ms: int = 0,
    ) -> None:
        """Answer with a problem, once, unless an answer has begun."""
        if self.over:
            return
        connection, head = self.connection, self.head
        keep = connection.stays_open
        params = {name: value for name, value in (("field", field), ("name", parameter)) if value}
        answer = answers.problem(
            kind, self.request_id, close=not keep, head_only=head is not None and head.method == b"HEAD",
            status=status, retry_ms=retry_ms, **params,
        )
        self.log(status or kind.status, kind.code.rpartition(".")[2], len(answer))
        connection.write(answer)
        self._end(keep)

    def give_up(self, kind: ErrorKind) -> None:
        """Drop the upstream and answer with a problem."""
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.abandon()
        self.refuse(kind)

    def _cut(self, outcome: str) -> None:
        """An answer that had begun cannot be completed: the client must see a broken connection."""
        self.gateway.log_end(self.request_id, outcome, self.streamed)
        self.over = True
        self.gateway.running.discard(self)
        self.connection.exchange = None
        self.connection.abort()

    def _end(self, keep: bool) -> None:
        self.over = True
        self.gateway.running.discard(self)
        self.connection.finish(keep)

    def log(self, status: int, outcome: str, size: int) -> bool:
        """Write the line; True when it is stored. Called before the first byte of the answer leaves."""
        if self.logged:
            return True
        self.logged, self.status = True, status
        head, route = self.head, self.route
        return self.gateway.log_call(record.render(
            self.at, self.request_id, outcome, b"" if self.app is None else self.app.key,
            "" if route is None else route.code, "" if self.grant is None else self.grant.id,
            self.gateway.snapshot_number, b"" if head is None else head.method, b"" if head is None else head.path,
            b"" if head is None else head.query, status, len(self.body), size, clock.now_micros() - self.at,
            self.upstream_micros, self.connection.peer,
        ))

    # -- the client (Exchange) -----------------------------------------------------------------------------------
    def client_gone(self) -> None:
        """The client closed before the answer was complete."""
        if self.over:
            return
        self.over = True
        self.gateway.running.discard(self)
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.abandon()
        if self.logged:
            self.gateway.log_end(self.request_id, "client_gone", self.streamed)
        else:
            self.log(499, "client_gone", 0)

    def client_paused(self) -> None:
        """Stop reading from the upstream."""
        if self.upstream is not None:
            self.upstream.pause()

    def client_resumed(self) -> None:
        """Read on."""
        if self.upstream is not None:
            self.upstream.resume()
        self.deadline = self.gateway.now + (self.route.timeout if self.route else 30.0) + 1.0

    def expire(self) -> None:
        """The source took too long (called by the sweep)."""
        if self.over or self.connection.paused:
            return
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.abandon()
        if self.logged:
            self._cut("slow")
        else:
            self.refuse(errors.UPSTREAM_SLOW)
