"""The broker process: answers workers on a unix socket. Nonces are journalled before any answer leaves."""

import asyncio
import contextlib
import os
import signal
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from gateway.broker import frames, ledger
from gateway.broker.nonces import NonceTable, boot_id
from gateway.broker.quota import Quotas
from kernel import clock
from kernel.runtime import Runtime

_NONCE_VERDICT = {"": frames.OK, "replay": frames.REPLAY, "full": frames.NONCE_FULL, "floor": frames.BEFORE_FLOOR}


def socket_path(home_run: Path) -> Path:
    """Return the broker's socket; a unix socket's path must stay under 108 bytes."""
    path = home_run / "gateway-broker.sock"
    if len(os.fsencode(path)) < 100:
        return path
    # a deep home: the kernel resolves the short way in through this process' own descriptor table
    return Path(f"/proc/self/fd/{os.open(home_run, os.O_RDONLY | os.O_DIRECTORY)}/gateway-broker.sock")


class Broker:
    """State of the process: nonces, quotas, and the one thread that speaks to the database."""

    def __init__(self, runtime: Runtime, nonces: NonceTable) -> None:
        self.nonces = nonces
        self.quotas = Quotas(self._debit)
        self._runtime = runtime
        self._thread = ThreadPoolExecutor(1, "broker-database")

    def _debit(self, grant: bytes, day: date, chunk: int, quota: int, done: Callable[[int | None], None]) -> None:
        loop = asyncio.get_running_loop()

        def work() -> None:
            units: int | None = None
            with contextlib.suppress(Exception):  # whatever the database's trouble: no debit, no admission
                units = self._runtime.database.run(
                    partial(ledger.debit, grant_id=uuid.UUID(bytes=grant), day=day, want=chunk, quota=quota)
                )
            loop.call_soon_threadsafe(done, units)

        self._thread.submit(work)

    def answer(self, asks: list[frames.Ask], write: Callable[[bytes], None]) -> None:
        """Answer a batch: all nonces are journalled first, by one write."""
        verdicts = [
            self.nonces.add(ask.nonce, ask.timestamp) if ask.kind in (frames.NONCE, frames.NONCE_AND_TAKE) else ""
            for ask in asks
        ]
        try:
            self.nonces.commit()
        except OSError:
            write(b"".join(frames.pack_answer(ask.id, frames.STORAGE) for ask in asks))
            return
        now, day, out = asyncio.get_running_loop().time(), clock.business_day(clock.now()), bytearray()
        late = False

        def reply(id_: int, verdict: int, granted: int, retry: int) -> None:
            frame = frames.pack_answer(id_, verdict, granted, retry)
            if late:
                write(frame)
            else:
                out.extend(frame)

        for ask, verdict in zip(asks, verdicts, strict=True):
            if verdict:
                reply(ask.id, _NONCE_VERDICT[verdict], 0, 0)
            elif ask.kind == frames.NONCE:
                reply(ask.id, frames.OK, 0, 0)
            elif ask.kind == frames.RETURN:
                self.quotas.give_back(ask, day)
            else:
                self.quotas.take(ask, now, day, partial(reply, ask.id))
        late = True
        if out:
            write(bytes(out))

    def close(self) -> None:
        """Credit what was debited and not handed out, then stop the thread."""
        self._thread.shutdown(wait=True)
        for grant, day, units in self.quotas.unused():
            self._runtime.database.run(
                partial(ledger.credit, grant_id=uuid.UUID(bytes=grant), day=day, units=units)
            )
        self.nonces.close()


class _Connection(asyncio.Protocol):
    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._rest = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        whole = len(data) - len(data) % frames.ASK_SIZE
        self._rest = data[whole:]
        if whole:
            self._broker.answer(frames.unpack_asks(data[:whole]), self._write)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


async def serve(runtime: Runtime, ready: Callable[[], None], environment: str) -> None:
    """Serve until SIGTERM. Only one broker runs a home (flock)."""
    with runtime.home.lock("gateway-broker"):
        ran_before = runtime.database.run(partial(ledger.mark_started, environment=environment))
        folder = runtime.home.run_dir / "nonces"
        now = clock.now_micros() / 1e6
        broker = Broker(runtime, NonceTable.open(folder, now, ran_before=ran_before, boot=boot_id()))
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        path = socket_path(runtime.home.run_dir)
        path.unlink(missing_ok=True)
        server = await loop.create_unix_server(lambda: _Connection(broker), str(path))
        os.chmod(path, 0o600)
        ready()
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 5)
            broker.nonces.expire(clock.now_micros() / 1e6)
        server.close()
        broker.close()
