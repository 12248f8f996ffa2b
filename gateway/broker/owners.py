"""A broker's own view of who answers for which application, and its lease, kept alive from the loop."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from gateway.broker import ownership
from gateway.broker.batches import Batches
from gateway.broker.ownership import LEASE_SECONDS, MARGIN_SECONDS, Owner
from kernel.db import Database
from kernel.errors import MulianError
from kernel.leases import service as leases
from kernel.leases.service import Held

RENEW_SECONDS = 4.0


def _boottime() -> float:
    """Seconds that also pass while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Owners:
    """``mine``: applications that this broker answers for, with their floors; others are known by address."""

    def __init__(
        self, database: Database, thread: ThreadPoolExecutor, broker_id: str, *, address: str, boot: str,
    ) -> None:
        self._database = database
        # of its own: debits that wait for the database must not let the lease run out
        self._renewing = ThreadPoolExecutor(1, "broker-lease")
        self._id, self._address, self._boot = broker_id, address, boot
        self._mine: dict[bytes, int] = {}
        self._others: dict[bytes, Owner] = {}
        self._held: Held | None = None
        self._until = 0.0
        self._claims: Batches[bytes, Owner] = Batches(
            database, thread, lambda session, apps: ownership.claim(session, broker_id, apps),
        )

    @property
    def alive(self) -> bool:
        """True while nobody else may have taken over what is ours."""
        return _boottime() < self._until

    def floor(self, app: bytes) -> int | None:
        """Return the floor of an application of our own; None: ask :meth:`find`."""
        return self._mine.get(app)

    def find(self, app: bytes, done: Callable[[Owner | None], None]) -> None:
        """Call ``done`` with the owner, at once when it is known; None when the database does not answer."""
        other = self._others.get(app)
        if other is not None:
            done(other)
        else:
            self._claims.ask(app, lambda found: self._found(app, found, done))

    def _found(self, app: bytes, found: Owner | None, done: Callable[[Owner | None], None]) -> None:
        if found is not None:
            if found.address:
                self._others[app] = found
            elif self.alive:
                self._mine[app] = found.floor
        done(found)

    def forget(self, app: bytes) -> None:
        """The owner we knew does not answer for this application, or not at all: look again next time."""
        self._others.pop(app, None)

    def renew(self) -> None:
        """Prolong the lease, or register (blocking). Whoever was deposed starts from what the database says."""
        start = _boottime()
        held = self._held
        if held is not None:
            try:
                self._held = self._database.run(partial(leases.renew, held=held))
                self._until = start + LEASE_SECONDS - MARGIN_SECONDS
                return
            except MulianError:
                self._held, self._until = None, 0.0
        registered = self._database.run(
            partial(ownership.register, broker_id=self._id, address=self._address, boot=self._boot)
        )
        if registered is not None:
            mine = self._database.run(partial(ownership.owned, broker_id=self._id), write=False)
            self._others, self._mine, self._held = {}, mine, registered
            self._until = start + LEASE_SECONDS - MARGIN_SECONDS

    async def keep(self) -> None:
        """Renew for ever. Without the database the lease runs out, and nothing is answered before it is back."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with contextlib.suppress(Exception):
                await loop.run_in_executor(self._renewing, self.renew)
