"""Other brokers: questions about their applications go to them, over one connection each."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from gateway.broker import frames
from gateway.broker.client import BrokerClient
from gateway.broker.desk import Reply
from gateway.broker.frames import Ask
from gateway.broker.sealed import KeyOf, Sealed
from gateway.broker.sockets import PEERS, socket_path

UNIX = "unix:"
_OPENING_SECONDS = 1.0


class PeerClient(BrokerClient):
    """A connection to another broker; ``address``: ``unix:`` and its home's folder for sockets, or ``HOST:PORT``."""

    def __init__(self, address: str, key_of: KeyOf) -> None:
        super().__init__(Path())
        self._address, self._key_of = address, key_of
        self._early: list[tuple[Ask, Reply, float]] = []

    async def connect(self, loop: asyncio.AbstractEventLoop) -> None:
        """Open the connection; OSError while nobody listens."""
        def sealed() -> Sealed:
            return Sealed(self, self._key_of, calling=True)

        if self._address.startswith(UNIX):
            path = socket_path(Path(self._address.removeprefix(UNIX)), PEERS)
            await loop.create_unix_connection(sealed, str(path))
        else:
            host, _, port = self._address.rpartition(":")
            await loop.create_connection(sealed, host.strip("[]"), int(port))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask what came before the connection did."""
        super().connection_made(transport)
        early, self._early = self._early, []
        for ask, reply, due in early:
            self.forward(ask, reply, due)

    def sweep(self, now: float) -> None:
        """Give up on questions that were not answered, or could not be asked, in time."""
        super().sweep(now)
        late = [reply for _, reply, due in self._early if due < now]
        self._early = [one for one in self._early if one[2] >= now]
        for reply in late:
            reply(frames.STORAGE, 0, 0)

    def forward(self, ask: Ask, reply: Reply, now: float) -> None:
        """Hand a question on; while the connection is being opened it waits a little."""
        if not self.connected:
            self._early.append((ask, reply, now + _OPENING_SECONDS))
        elif ask.kind in (frames.RETURN, frames.BYTES_BACK):
            self.give_back(ask.app, ask.grant, ask.want, ask.limits, kind=ask.kind)
        else:
            self.ask(
                ask.kind, reply, now, app=ask.app, timestamp=ask.timestamp, nonce=ask.nonce, grant=ask.grant,
                want=ask.want, limits=ask.limits,
            )


class Peers:
    """Connections by address, opened on first use."""

    def __init__(self, key_of: KeyOf) -> None:
        self._key_of = key_of
        self._links: dict[str, PeerClient] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def forward(self, address: str, ask: Ask, reply: Reply, failed: Callable[[], None]) -> None:
        """Ask the owner; ``failed`` is told when it answered with nothing but STORAGE."""
        link, loop = self._links.get(address), asyncio.get_running_loop()
        if link is None:
            link = self._links[address] = PeerClient(address, self._key_of)
            self._tasks.add(loop.create_task(link.run()))
        link.forward(ask, partial(_relay, reply, failed), loop.time())

    def sweep(self, now: float) -> None:
        """Give up on questions that were not answered in time."""
        for link in self._links.values():
            link.sweep(now)

    def close(self) -> None:
        """Close every connection."""
        for link in self._links.values():
            link.close()
        for task in self._tasks:
            task.cancel()


def _relay(reply: Reply, failed: Callable[[], None], verdict: int, granted: int, retry_ms: int) -> None:
    if verdict == frames.STORAGE:
        failed()
    reply(verdict, granted, retry_ms)
