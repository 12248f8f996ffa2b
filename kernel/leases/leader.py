"""One leader among the workers of an installation."""

import threading

import structlog
from sqlalchemy.orm import Session

from kernel.db import Database
from kernel.errors import MulianError
from kernel.leases import holder as holders
from kernel.leases import service
from kernel.leases.rules import Held

LEADER = "worker.leader"
_log = structlog.get_logger(__name__)


class Leader:
    """Keeps trying to hold the lease ``worker.leader`` and renews it; ``held`` is None while another leads.

    ``held`` may be stale for a moment: correctness comes from ``assert_fence`` in each transaction, not from it.
    """

    def __init__(self, database: Database, *, ttl: float = 5.0, name: str = LEADER) -> None:
        self._database = database
        self._ttl = ttl
        self._name = name
        self.held: Held | None = None

    def beat(self) -> Held | None:
        """Renew, or try to acquire; one call every ``ttl / 4`` keeps the lease."""
        try:
            self.held = self._database.run(self._renew_or_acquire)
        except Exception as error:
            # a busy or unreachable database says nothing about the lease: the fence decides at each commit
            _log.warning("leader.beat_failed", error=str(error))
        return self.held

    def run(self, stop: threading.Event) -> None:
        """Beat until ``stop``; then give the lease back so that the next worker need not wait."""
        while not stop.wait(self._ttl / 4):
            self.beat()

    def resign(self) -> None:
        """Give the lease back."""
        held, self.held = self.held, None
        if held is not None:
            self._database.run(lambda session: service.release(session, held))

    def _renew_or_acquire(self, session: Session) -> Held | None:
        held = self.held
        if held is not None:
            try:
                return service.renew(session, held)
            except MulianError:
                _log.warning("leader.lost", fence=held.fence)
        return service.acquire(session, self._name, holders.mine(), self._ttl)
