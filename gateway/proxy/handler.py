"""The worker's state and the services that a call uses; the framing core's Handler."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol

from gateway import errors
from gateway.broker.client import BrokerClient
from gateway.calllog import record
from gateway.calllog.log import CallLog
from gateway.policy import rules as policy_rules
from gateway.proxy import answers, older, outgoing
from gateway.proxy.breaker import Breaker
from gateway.proxy.cache import AnswerCache
from gateway.proxy.call import Call
from gateway.proxy.clients import Proxies
from gateway.proxy.framing.client import ClientConnection, Exchange
from gateway.proxy.framing.limits import DEFAULT, Limits, Refusal
from gateway.proxy.framing.request import RequestHead, RequestParser
from gateway.proxy.framing.upstream import UpstreamPool
from gateway.proxy.health import Health
from gateway.proxy.metrics import Metrics
from gateway.signing import profiles
from gateway.signing import rules as signing
from gateway.snapshot.rules import Compiled, Grant, Route
from gateway.sources.connector import Connector, Origin
from kernel import clock
from kernel.errors import ErrorKind

LEASE_SECONDS = 1.0
_OWN = signing.HEADERS | profiles.UNDERSCORED
_ONCE = signing.ONCE | {b for one in profiles.PROFILES.values() for b in (one.timestamp, one.signature)}
HEALTH = b"/healthz"


class Upstream(NamedTuple):
    """An upstream of the snapshot: connections, breaker, and its name as it is told to it."""

    pool: UpstreamPool
    breaker: Breaker
    host: bytes


class Sources(Protocol):
    """What runs outside the loop: declared tables and policies that need data keys (gateway.sources.service)."""

    def query(self, route: Route, grant: Grant, query: bytes) -> "Future[bytes]": ...
    def reduce(self, route_policy: policy_rules.Policy, body: bytes) -> "Future[bytes]": ...
    def mask(self, kind: str, text: str) -> str: ...
    def fault(self, error: BaseException) -> tuple[ErrorKind, str]: ...


class GatewayHandler:
    """One a worker. ``snapshot`` is swapped as one reference; a call keeps the objects it has looked up."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, broker: BrokerClient, log: CallLog, sources: Sources,
        connector: Connector, *, limits: Limits = DEFAULT, proxies: Proxies | None = None,
    ) -> None:
        self.limits = limits
        self.parser = RequestParser(limits, _OWN, _ONCE, outgoing.NOT_FORWARDED)
        self.now = loop.time()
        self.draining = False
        self.broker = broker
        self.connections: set[ClientConnection] = set()
        self._loop = loop
        self._log = log
        # stores a call's line
        self.log_call: Callable[[bytes], bool] = log.append
        self._sources = sources
        self._connector = connector
        self._upstreams: dict[Origin, Upstream] = {}
        self._leases: list[Grant] = []
        self._compiled: Compiled | None = None
        self._id_prefix = os.urandom(6).hex().encode()
        self._id_next = 0
        self.calls = 0
        self.held = 0
        self.cache = AnswerCache()
        self.metrics = Metrics()
        self._proxies = proxies or Proxies()

    # -- snapshot ------------------------------------------------------------------------------------------------
    @property
    def snapshot(self) -> Compiled:
        """The configuration in use; admit() has refused the call when there is none."""
        assert self._compiled is not None
        return self._compiled

    @property
    def snapshot_number(self) -> int:
        """Its number, 0 before the first."""
        return 0 if self._compiled is None else self._compiled.number

    def swap(self, compiled: Compiled) -> None:
        """Take a compiled snapshot into use: one reference."""
        self._return_leases(everything=True)
        self._compiled = compiled
        self.cache.clear()
        for connection in list(self.connections):
            if connection.exchange is not None:
                connection.exchange.recheck()
        for origin in [origin for origin in self._upstreams if origin not in compiled.origins]:
            # calls under way keep their connections; they are dropped when they come back idle
            self._upstreams.pop(origin).pool.retire()

    # -- Handler of the framing core -----------------------------------------------------------------------------
    def opened(self, connection: ClientConnection) -> None:
        """Keep the connection for the sweep."""
        connection.proxied = self._proxies.trusts(connection.peer)
        self.connections.add(connection)

    def closed(self, connection: ClientConnection) -> None:
        """Forget it."""
        self.connections.discard(connection)

    def admit(self, connection: ClientConnection, head: RequestHead) -> Exchange:
        """Count the call and find its route, before any body is read."""
        if head.path == HEALTH:
            health = connection.exchange = Health(self, connection)
            return health
        self._log.start()
        self.calls += 1
        call = connection.exchange = Call(self, connection, head)
        if connection.proxied:
            call.client = self._proxies.client(connection.peer, head.headers.joined(b"x-forwarded-for"))
        compiled = self._compiled
        if compiled is None:
            raise Refusal(503, "no_snapshot")
        route = compiled.find(head.path)
        if route is None:
            raise Refusal(404, "no_interface")
        call.route = route
        if older.strangers(head, route):
            raise Refusal(400, "header.underscore")
        if route.retired:
            raise Refusal(410, "retired")
        if head.method not in route.methods:
            raise Refusal(405, "not_allowed")
        call.body_limit = route.body_limit
        return call

    def refuse(self, connection: ClientConnection, head: RequestHead | None, refusal: Refusal) -> bytes:
        """Log and return the answer to a refused message."""
        call = connection.exchange
        connection.exchange = None
        if not isinstance(call, Call):
            self._log.start()
            call = Call(self, connection, head)
        kind = _ADMISSION.get(refusal.reason)
        if kind is None:
            answer = answers.malformed(refusal.reason, refusal.status, call.request_id)
        else:
            answer = answers.problem(kind, call.request_id, close=True)
        call.over = True
        call.log(refusal.status, refusal.reason.encode(), len(answer))
        return answer

    # -- services of a call --------------------------------------------------------------------------------------
    def next_request_id(self) -> bytes:
        """Return 24 characters, unique over restarts (48 random bits) and within the worker (a counter)."""
        self._id_next += 1
        return b"%b%012x" % (self._id_prefix, self._id_next)

    def commit_log(self, done: Callable[[bool], None]) -> None:
        """Call ``done`` once the lines stored so far are on the disk (False: they are not)."""
        self._log.commit(done)

    def log_end(self, request_id: bytes, outcome: bytes, size: int) -> None:
        """Store how an answer that had begun ended."""
        self._log.append(record.render_end(clock.now_micros(), request_id, outcome, size), finishes=False)

    def upstream(self, origin: Origin) -> Upstream:
        """Return what is known of an upstream."""
        found = self._upstreams.get(origin)
        if found is None:
            found = self._upstreams[origin] = Upstream(
                UpstreamPool(self._connector.connect_to(origin), self.limits), Breaker(), host_header(origin),
            )
        return found

    def query_table(self, route: Route, grant: Grant, query: bytes, done: Callable[["Future[bytes]"], None]) -> None:
        """Run a declared table's query in a thread; ``done`` is called in the loop."""
        future = self._sources.query(route, grant, query)
        future.add_done_callback(lambda result: self._back(done, result))

    def reduce(
        self, policy: policy_rules.Policy, body: bytes, done: Callable[[bytes | None], None], *, in_thread: bool,
    ) -> None:
        """Apply a policy, in the loop when it is small and needs no key; ``done(None)`` means nothing may leave."""
        if not in_thread and not policy.decrypts:
            try:
                done(policy_rules.apply(policy, body, self._sources.mask, _no_keys))
            except policy_rules.PolicyFailed:
                done(None)
            return
        future = self._sources.reduce(policy, body)
        future.add_done_callback(
            lambda result: self._back(lambda end: done(None if end.exception() else end.result()), result)
        )

    def _back(self, done: Callable[["Future[bytes]"], None], result: "Future[bytes]") -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(done, result)

    def table_fault(self, error: BaseException) -> tuple[ErrorKind, str]:
        """Return the problem that a failed query becomes."""
        return self._sources.fault(error)

    # -- leases of quota -----------------------------------------------------------------------------------------
    def keep_lease(self, grant: Grant, units: int) -> None:
        """Keep units for the next calls of about a second."""
        if units > 0:
            grant.leased += units
            grant.leased_until = self.now + LEASE_SECONDS
            self._leases.append(grant)

    def _return_leases(self, *, everything: bool = False) -> None:
        kept: list[Grant] = []
        for grant in self._leases:
            if grant.leased <= 0:
                continue
            if everything or self.now >= grant.leased_until:
                self.broker.give_back(grant.app, grant.id_bytes, grant.leased, grant.limits)
                grant.leased = 0
            elif not any(one is grant for one in kept):
                kept.append(grant)
        self._leases = kept

    # -- once a second -------------------------------------------------------------------------------------------
    def sweep(self) -> None:
        """Move the coarse clock; end what took too long."""
        self.now = now = self._loop.time()
        for connection in [one for one in self.connections if one.deadline < now]:
            connection.swept()
        for exchange in [one.exchange for one in self.connections if one.exchange is not None]:
            if exchange.deadline < now:
                exchange.expire()
        for upstream in self._upstreams.values():
            upstream.pool.sweep(now)
        self.broker.sweep(now)
        self._return_leases()

    def measures(self) -> dict[str, Any]:
        """Return the counters and gauges of this worker."""
        return self.metrics.snapshot({
            "connections": len(self.connections), "body_bytes_held": self.held, "cached_answers": len(self.cache),
            "upstreams_troubled": sum(one.breaker.troubled for one in self._upstreams.values()),
            "snapshot": self.snapshot_number,
        })

    def drain(self) -> None:
        """Answer what comes, but ask every client to close."""
        self.draining = True

    @property
    def idle(self) -> bool:
        """True when no connection has anything under way."""
        return not any(one.busy or one.exchange is not None for one in self.connections)

    def close(self) -> None:
        """Give back leases and drop pools."""
        self._return_leases(everything=True)
        for upstream in self._upstreams.values():
            upstream.pool.close()


def host_header(origin: Origin) -> bytes:
    """Return the Host of an upstream."""
    scheme, name, port = origin
    name = f"[{name}]" if ":" in name else name
    return (name if port == (443 if scheme == "https" else 80) else f"{name}:{port}").encode()


def _no_keys(column: str, key: object, envelope: str) -> str:
    raise policy_rules.PolicyFailed("no keys here")


_ADMISSION: dict[str, ErrorKind] = {
    "no_snapshot": errors.NO_SNAPSHOT, "no_interface": errors.NO_INTERFACE, "retired": errors.INTERFACE_RETIRED,
    "not_allowed": errors.METHOD,
}
