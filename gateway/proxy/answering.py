"""State of a call, its line in the log, and how it is answered and ends. No byte leaves before the line is stored."""

from functools import partial
from typing import TYPE_CHECKING

from gateway.calllog import record
from gateway.proxy import answers
from gateway.proxy.cache import Key
from gateway.proxy.framing.client import ClientConnection
from gateway.proxy.framing.request import RequestHead
from gateway.proxy.framing.response import ResponseHead
from gateway.proxy.framing.upstream import UpstreamConnection
from gateway.proxy.gate import Gate
from gateway.proxy.verdicts import REFUSALS
from gateway.proxy.websocket import Tunnel
from gateway.signing.compare import Comparison
from gateway.snapshot.rules import App, Grant, Route
from kernel.clock import now_micros
from kernel.errors import ErrorKind

if TYPE_CHECKING:
    from gateway.proxy.handler import GatewayHandler, Upstream

_JSON_HEAD = b"Content-Type: application/json; charset=utf-8\r\nCache-Control: no-store\r\n"
_NEVER = float("inf")
# the coarse clock moves this often: nothing is late before its time, and at most twice this after it
SWEEP_SECONDS = 0.25


class Answering:
    """A call as its client's connection sees it (framing's Exchange). ``over``: nothing more is done for it."""

    __slots__ = (
        "answer", "app", "at", "body", "body_limit", "cache_key", "chunked", "client", "collected", "collected_size",
        "connection", "deadline", "gate", "gateway", "grant", "head", "logged", "origin", "over", "patience",
        "request_id", "retried", "route", "sent_at", "streamed", "tunnel", "until", "upstream", "upstream_micros",
    )  # fmt: skip

    def __init__(self, gateway: "GatewayHandler", connection: ClientConnection, head: RequestHead | None) -> None:
        self.gateway = gateway
        self.connection = connection
        self.client = connection.peer
        self.head = head
        self.body = b""
        self.route: Route | None = None
        self.app: App | None = None
        self.grant: Grant | None = None
        self.request_id = gateway.next_request_id()
        self.at = now_micros()
        self.logged = self.over = self.chunked = self.retried = False
        self.answer: ResponseHead | None = None
        self.collected: list[bytes] | None = None
        self.collected_size = self.body_limit = 0
        self.cache_key: Key | None = None
        self.tunnel: Tunnel | None = None
        self.patience = 0.0
        self.until = _NEVER
        self.origin: Upstream | None = None
        self.upstream: UpstreamConnection | None = None
        self.gate: Gate | None = None
        self.sent_at = self.upstream_micros = self.streamed = 0
        self.deadline = _NEVER

    # -- answering -----------------------------------------------------------------------------------------------
    def respond(self, status: int, body: bytes, outcome: bytes = b"ok") -> None:
        """Answer with a JSON body."""
        head, route = self.head, self.route
        assert head is not None and route is not None
        keep = self.connection.stays_open
        bare = status == 204 or head.method == b"HEAD"
        self.leave(
            status,
            outcome,
            len(body),
            b"%b%b%b%bX-Request-Id: %b\r\n%b%b"
            % (
                answers.status_line(status),
                _JSON_HEAD,
                route.headers,
                b"" if bare else b"Content-Length: %d\r\n" % len(body),
                self.request_id,
                b"\r\n" if keep else b"Connection: close\r\n\r\n",
                b"" if bare else body,
            ),
            keep=keep,
            whole=True,
        )

    def leave(
        self, status: int, outcome: bytes, size: int, data: bytes, *, keep: bool = False, whole: bool = False,
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
            self.end(keep)

    def end_short(self, verdict: int, retry_ms: int) -> None:
        """The quota of bytes does not allow this answer, or the rest of it."""
        self.leave_upstream()
        if self.logged:
            self.cut(b"volume")
        else:
            self.refuse(REFUSALS[verdict], retry_ms=retry_ms)

    def refuse(
        self, kind: ErrorKind, field: str = "", *, parameter: str = "", status: int = 0, retry_ms: int = 0,
        comparison: Comparison | None = None,
    ) -> None:
        """Answer with a problem, once, unless an answer has begun."""
        if self.over:
            return
        connection, head = self.connection, self.head
        keep = connection.stays_open
        params = {name: value for name, value in (("field", field), ("name", parameter)) if value}
        answer = answers.problem(
            kind, self.request_id, close=not keep, head_only=head is not None and head.method == b"HEAD",
            status=status, retry_ms=retry_ms, comparison=comparison, **params,
        )
        self.log(status or kind.status, kind.code.rpartition(".")[2].encode(), len(answer))
        connection.write(answer)
        self.end(keep)

    def give_up(self, kind: ErrorKind) -> None:
        """Drop the upstream and answer with a problem."""
        self.leave_upstream()
        self.refuse(kind)

    def leave_upstream(self) -> None:
        """The rest of the upstream's answer is not wanted."""
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.abandon()

    # -- the end -------------------------------------------------------------------------------------------------
    def log(self, status: int, outcome: bytes, size: int) -> bool:
        """Write the line; True when it is stored. Called before the first byte of the answer leaves."""
        if self.logged:
            return True
        self.logged = True
        head, grant = self.head, self.grant
        who = self._who() if grant is None else grant.who
        if head is None:
            method, path, query = b"", b"", b""
        else:
            method, path, query = head.method, head.path, head.query
        micros = now_micros() - self.at
        self.gateway.metrics.count("" if self.route is None else self.route.code, status, micros)
        return self.gateway.log_call(record.render(
            self.at, self.request_id, outcome, who, method, path, query, status, len(self.body), size,
            micros, self.upstream_micros, self.client,
        ))

    def _who(self) -> bytes:
        app, route = self.app, self.route
        return record.who(
            b"" if app is None else app.key, "" if route is None else route.code, "", self.gateway.snapshot_number,
        )

    def log_end(self, outcome: bytes) -> None:
        """Say in the log how an answer that had begun ended."""
        gateway, tunnel = self.gateway, self.tunnel
        if tunnel is not None:
            gateway.metrics.frames_in += tunnel.inwards.count
            gateway.metrics.frames_out += tunnel.outwards.count
        gateway.log_end(self.request_id, outcome, self.streamed)

    def end(self, keep: bool) -> None:
        """The answer is complete."""
        self.over = True
        self.connection.finish(keep)

    def cut(self, outcome: bytes) -> None:
        """An answer that had begun cannot be completed: the client must see a broken connection."""
        self.log_end(outcome)
        self.over = True
        self.connection.exchange = None
        self.connection.abort()

    # -- the client (Exchange) -----------------------------------------------------------------------------------
    def client_gone(self) -> None:
        """The client closed before the answer was complete."""
        if self.over:
            return
        self.over = True
        self.leave_upstream()
        if self.logged:
            self.log_end(b"client_gone")
        else:
            self.log(499, b"client_gone", 0)

    def client_paused(self) -> None:
        """Stop reading from the upstream."""
        if self.upstream is not None:
            self.upstream.pause()

    def client_resumed(self) -> None:
        """Read on."""
        if self.upstream is not None:
            self.upstream.resume()
        self.deadline = self.gateway.now + self.patience + SWEEP_SECONDS
