"""One call through the feature path: who, may they, how often; the source and the answer are the steps below.

Callbacks only: each step ends by starting the next one or by answering.
"""

from gateway import errors
from gateway.broker import frames
from gateway.proxy.caller import NotAdmitted, identify
from gateway.proxy.framing.request import RequestHead
from gateway.proxy.sourcing import Sourcing
from gateway.snapshot.rules import SIGNED, Grant, Route
from kernel.errors import ErrorKind

_VERDICTS: dict[int, ErrorKind] = {
    frames.REPLAY: errors.REPLAY, frames.NONCE_FULL: errors.NONCE_FULL, frames.BEFORE_FLOOR: errors.STARTING,
    frames.QUOTA: errors.QUOTA, frames.RATE: errors.RATE, frames.STORAGE: errors.BROKER,
}


class Call(Sourcing):
    """State of a call; it is the connection's exchange and the upstream's receiver."""

    __slots__ = ()

    def start(self, head: RequestHead, body: bytes) -> None:
        """Verify the caller, then ask the broker."""
        self.body = body
        route = self.route
        assert route is not None
        try:
            caller = identify(self.gateway.snapshot.apps, route, head, body, self.at)
        except NotAdmitted as fault:
            self.app = fault.app
            self.refuse(fault.kind, fault.field)
            return
        self.app = app = caller.app
        grant = app.grants.get(route.code)
        if grant is None or grant.expires * 1_000_000 <= self.at:
            self.refuse(errors.NO_GRANT)
            return
        self.grant = grant
        self._ask_broker(grant, route, caller.digest, caller.timestamp)

    def _ask_broker(self, grant: Grant, route: Route, digest: bytes, timestamp: int) -> None:
        gateway = self.gateway
        limited = bool(grant.quota or grant.rate)
        if route.auth == SIGNED:
            kind = frames.NONCE_AND_TAKE if limited else frames.NONCE
            gateway.broker.ask(
                kind, self._judged, gateway.now, timestamp=timestamp, nonce=digest, grant=grant.id_bytes, want=1,
                quota=grant.quota, rate=grant.rate, burst=grant.burst,
            )
        elif not limited:
            self.forward()
        elif grant.leased > 0 and gateway.now < grant.leased_until:
            grant.leased -= 1
            self.forward()
        else:
            gateway.broker.ask(
                frames.TAKE, self._leased, gateway.now, grant=grant.id_bytes, want=gateway.lease_size(grant),
                quota=grant.quota, rate=grant.rate, burst=grant.burst,
            )

    def _leased(self, verdict: int, granted: int, retry: int) -> None:
        if verdict == frames.OK and self.grant is not None:
            self.gateway.keep_lease(self.grant, granted - 1)
        self._judged(verdict, granted, retry)

    def _judged(self, verdict: int, granted: int, retry: int) -> None:
        if self.over:
            return
        if verdict == frames.OK:
            self.forward()
        else:
            self.refuse(_VERDICTS[verdict], retry_ms=retry)
