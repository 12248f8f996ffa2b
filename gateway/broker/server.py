"""The broker process: takes questions of workers and of other brokers, and answers or hands on each."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from gateway.broker import frames, ledger
from gateway.broker.batches import Batches
from gateway.broker.desk import Desk, Reply
from gateway.broker.frames import Ask
from gateway.broker.nonces import NonceTable, boot_id, identity
from gateway.broker.owners import Owners
from gateway.broker.ownership import Owner
from gateway.broker.peers import UNIX, Peers
from gateway.broker.sealed import Sealed
from gateway.broker.sockets import PEERS, socket_path
from kernel import clock
from kernel.runtime import Runtime

PEER_PURPOSE = "gateway.broker.peer"
SWEEP_SECONDS = 0.5


class Broker:
    """State of the process: its desk, what it owns, the other brokers, and the one thread for the database."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        boot, broker_id = boot_id(), identity(folder)
        self._runtime = runtime
        self._thread = ThreadPoolExecutor(1, "broker-database")
        debits = Batches(runtime.database, self._thread, ledger.debit)
        self.desk = Desk(NonceTable.open(folder, clock.now_micros() / 1e6, boot=boot), debits.ask)
        self.listen = runtime.settings.gateway_broker_listen
        local = UNIX + str(runtime.home.run_dir)
        self.owners = Owners(runtime.database, self._thread, broker_id, address=self.listen or local, boot=boot)
        self.peers = Peers(self.peer_key)

    def peer_key(self, randoms: bytes) -> bytes:
        """Return the key of a connection between two brokers of this installation."""
        return self._runtime.box.mac(PEER_PURPOSE, randoms)

    def answer(self, asks: list[Ask], write: Callable[[bytes], None], *, hand_on: bool = True) -> None:
        """Answer a batch. ``hand_on`` False: it comes from another broker, and what is not ours is refused."""
        out = _Answers(write)
        own: list[tuple[Ask, int, Reply]] = []
        alive = self.owners.alive
        for ask in asks:
            reply = partial(out.reply, ask.id)
            floor = self.owners.floor(ask.app) if alive else None
            if floor is not None:
                own.append((ask, floor, reply))
            elif alive:
                self.owners.find(ask.app, partial(self._found, ask, reply, hand_on))
            else:
                reply(_AWAY[ask.kind], 0, 0)
        self.desk.answer(own)
        out.send()

    def _found(self, ask: Ask, reply: Reply, hand_on: bool, owner: Owner | None) -> None:
        """The database (or memory) has said who answers for the application."""
        if owner is None:
            reply(_AWAY[ask.kind], 0, 0)
        elif owner.address:
            if hand_on:
                self.peers.forward(owner.address, ask, reply, partial(self.owners.forget, ask.app))
            else:
                reply(frames.STORAGE, 0, 0)
        elif self.owners.alive:
            self.desk.answer([(ask, owner.floor, reply)])
        else:
            reply(_AWAY[ask.kind], 0, 0)

    def sweep(self) -> None:
        """Forget what is over; give yesterday's rest back to its month."""
        self.desk.nonces.expire(clock.now_micros() / 1e6)
        self.peers.sweep(asyncio.get_running_loop().time())
        rest = self.desk.quotas.yesterday()
        if rest:
            self._thread.submit(self._credit, rest)

    def _credit(self, rest: list[ledger.Debit]) -> None:
        for one in rest:
            self._runtime.database.run(partial(ledger.credit, one=one))

    def close(self) -> None:
        """Credit what was debited and not handed out, then stop the thread."""
        self.peers.close()
        self._thread.shutdown(wait=True)
        self._credit(self.desk.quotas.unused())
        self.desk.nonces.close()


# without the database: a nonce cannot be checked, a limit can be waived where the interface says so
_AWAY = {
    frames.NONCE: frames.STORAGE, frames.NONCE_AND_TAKE: frames.STORAGE, frames.TAKE: frames.UNLIMITED,
    frames.BYTES: frames.UNLIMITED, frames.RETURN: frames.STORAGE, frames.BYTES_BACK: frames.STORAGE,
}


class _Answers:
    """Answers of a batch leave in one write; those that come later leave one by one."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write, self._out, self._late = write, bytearray(), False

    def reply(self, id_: int, verdict: int, granted: int, retry_ms: int) -> None:
        if not id_:  # nobody waits
            return
        frame = frames.pack_answer(id_, verdict, granted, retry_ms)
        if self._late:
            self._write(frame)
        else:
            self._out += frame

    def send(self) -> None:
        self._late = True
        if self._out:
            self._write(bytes(self._out))


class _Connection(asyncio.Protocol):
    def __init__(self, broker: Broker, *, hand_on: bool) -> None:
        self._broker, self._hand_on = broker, hand_on
        self._rest = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        whole = len(data) - len(data) % frames.ASK_SIZE
        self._rest = data[whole:]
        if whole:
            self._broker.answer(frames.unpack_asks(data[:whole]), self._write, hand_on=self._hand_on)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


async def serve(runtime: Runtime, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM. Only one broker runs a home (flock)."""
    with runtime.home.lock("gateway-broker"):
        broker = Broker(runtime, runtime.home.run_dir / "nonces")
        broker.owners.renew()
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        servers = [
            await _listen(socket_path(runtime.home.run_dir), lambda: _Connection(broker, hand_on=True)),
            await _listen_to_peers(broker, runtime.home.run_dir),
        ]
        keeping = loop.create_task(broker.owners.keep())
        ready()
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SWEEP_SECONDS)
            broker.sweep()
        keeping.cancel()
        for server in servers:
            server.close()
        broker.close()


async def _listen(path: Path, connection: Callable[[], asyncio.Protocol]) -> asyncio.Server:
    path.unlink(missing_ok=True)
    server = await asyncio.get_running_loop().create_unix_server(connection, str(path))
    os.chmod(path, 0o600)
    return server


async def _listen_to_peers(broker: Broker, home_run: Path) -> asyncio.Server:
    def connection() -> asyncio.Protocol:
        return Sealed(_Connection(broker, hand_on=False), broker.peer_key, calling=False)

    if not broker.listen:
        return await _listen(socket_path(home_run, PEERS), connection)
    host, _, port = broker.listen.rpartition(":")
    return await asyncio.get_running_loop().create_server(connection, host.strip("[]"), int(port))
