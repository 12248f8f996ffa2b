"""One call through the feature path: who, may they, how often; the source and the answer are the steps below.

Callbacks only: each step ends by starting the next one or by answering.
"""

from gateway import errors
from gateway.broker import frames
from gateway.broker.limits import lease_of
from gateway.proxy.admission import NotAdmitted
from gateway.proxy.caller import identify
from gateway.proxy.framing.request import RequestHead
from gateway.proxy.sourcing import Sourcing
from gateway.proxy.verdicts import REFUSALS, waived
from gateway.snapshot.rules import Grant


class Call(Sourcing):
    """State of a call; it is the connection's exchange and the upstream's receiver."""

    __slots__ = ()

    def start(self, head: RequestHead, body: bytes) -> None:
        """Verify the caller, then ask the broker."""
        self.body = body
        route = self.route
        assert route is not None
        window = route.window(self.at // 1_000_000) if route.windows else None
        if window is not None:
            self.refuse(errors.MAINTENANCE, parameter=window[2], retry_ms=window[1] * 1000 - self.at // 1000)
            return
        try:
            caller = identify(self.gateway.snapshot, route, head, body, self.at, self.client)
        except NotAdmitted as fault:
            self.app = fault.app
            self.refuse(fault.kind, fault.field, comparison=fault.comparison)
            return
        self.app = app = caller.app
        if route.canary is not None:
            route = self.route = route.serving(app.key)
        grant = app.grants.get(route.key)
        if grant is None or grant.expires * 1_000_000 <= self.at:
            self.refuse(errors.NO_GRANT)
            return
        self.grant = grant
        self._ask_broker(grant, caller.digest, caller.timestamp)

    def _ask_broker(self, grant: Grant, digest: bytes, timestamp: int) -> None:
        gateway, limits = self.gateway, grant.limits
        limited = limits.counted or limits.weighed
        if timestamp:
            gateway.broker.ask(
                frames.NONCE_AND_TAKE if limited else frames.NONCE, self._judged, gateway.now, app=grant.app,
                timestamp=timestamp, nonce=digest, grant=grant.id_bytes, want=1, limits=limits,
            )
        elif not limited:
            self.forward()
        elif grant.leased > 0 and gateway.now < grant.leased_until:
            grant.leased -= 1
            self.forward()
        else:
            gateway.broker.ask(
                frames.TAKE, self._leased, gateway.now, app=grant.app, grant=grant.id_bytes, want=lease_of(limits),
                limits=limits,
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
            self.forward()
        else:
            self.refuse(REFUSALS[verdict], retry_ms=retry)
