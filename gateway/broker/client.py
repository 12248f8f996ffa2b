"""A worker's side of the broker: questions of one loop turn travel in one write."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway.broker import frames
from gateway.broker.limits import NONE, Limits

# (verdict, granted, retry after in ms)
Answer = Callable[[int, int, int], None]
_ANSWER_SECONDS = 5.0


class BrokerClient(asyncio.Protocol):
    """Fails closed: while the broker is away every question is answered STORAGE at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._transport: Any = None
        self._waiting: dict[int, tuple[Answer, float]] = {}
        self._out: list[bytes] = []
        self._rest = b""
        self._next = 0
        self._closed = False

    @property
    def connected(self) -> bool:
        """True while the broker can be asked."""
        return self._transport is not None

    async def run(self) -> None:
        """Connect, and again whenever the broker went away."""
        loop = asyncio.get_running_loop()
        while not self._closed:
            if self._transport is None:
                with contextlib.suppress(OSError):
                    await self.connect(loop)
            await asyncio.sleep(0.1)

    async def connect(self, loop: asyncio.AbstractEventLoop) -> None:
        """Open the connection; OSError while nobody listens."""
        await loop.create_unix_connection(lambda: self, str(self._path))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport, self._rest = transport, b""

    def connection_lost(self, exc: Exception | None) -> None:
        """Answer everything that waits: nobody knows whether it was counted, so it is not admitted."""
        self._transport = None
        self._out.clear()
        waiting, self._waiting = self._waiting, {}
        for answer, _ in waiting.values():
            answer(frames.STORAGE, 0, 0)

    def data_received(self, data: bytes) -> None:
        """Hand out answers."""
        data = self._rest + data if self._rest else data
        whole = len(data) - len(data) % frames.ANSWER_SIZE
        self._rest = data[whole:]
        for id_, verdict, granted, retry in frames.unpack_answers(data[:whole]):
            waiting = self._waiting.pop(id_, None)
            if waiting is not None:
                waiting[0](verdict, granted, retry)

    def ask(
        self, kind: int, answer: Answer, now: float, *, app: bytes, timestamp: int = 0, nonce: bytes = frames.NO_DIGEST,
        grant: bytes = frames.NO_DIGEST, want: int = 0, limits: Limits = NONE,
    ) -> None:
        """Ask; ``answer`` is called once, now or later. ``now``: coarse loop seconds; ``app``: digest of the AppKey."""
        if self._transport is None:
            answer(frames.STORAGE, 0, 0)
            return
        self._next = id_ = (self._next + 1) & 0xFFFFFFFF
        self._waiting[id_] = answer, now + _ANSWER_SECONDS
        self._send(frames.Ask(kind, id_, timestamp, nonce, app, grant, want, *limits))

    def give_back(self, app: bytes, grant: bytes, units: int, limits: Limits, *, kind: int = frames.RETURN) -> None:
        """Return unused calls (or BYTES_BACK); no answer follows."""
        if self._transport is not None:
            self._send(frames.Ask(kind, 0, 0, frames.NO_DIGEST, app, grant, units, *limits))

    def _send(self, ask: frames.Ask) -> None:
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(frames.pack_ask(ask))

    def _flush(self) -> None:
        if self._transport is not None and self._out:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def sweep(self, now: float) -> None:
        """Give up on questions that were not answered in time."""
        for id_ in [id_ for id_, (_, due) in self._waiting.items() if due < now]:
            self._waiting.pop(id_)[0](frames.STORAGE, 0, 0)

    def close(self) -> None:
        """Stop reconnecting."""
        self._closed = True
        if self._transport is not None:
            self._transport.close()
