"""A worker process: one event loop, one listening socket, one snapshot."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson

from crypto.keys.doors import Door
from gateway.broker.client import BrokerClient
from gateway.broker.sockets import socket_path
from gateway.calllog.log import CallLog
from gateway.proxy import metrics
from gateway.proxy.answering import SWEEP_SECONDS
from gateway.proxy.clients import Proxies
from gateway.proxy.framing.client import ClientConnection
from gateway.proxy.handler import GatewayHandler
from gateway.snapshot.follow import Follower
from gateway.sources.adapters.keyring import KeyringDecipher
from gateway.sources.connector import Connector, allowed_from
from gateway.sources.service import TableSources
from kernel.files_atomic import write_atomic
from kernel.runtime import Runtime

GATEWAY = "gw"
POLL_SECONDS = 0.5
MEASURE_SECONDS = 5.0
# a keep-alive client that is about to send when the drain begins still gets its answer
LINGER_SECONDS = 2.0
# what a call makes forms no cycle: it goes by its counts, and the collector need not look often
GARBAGE_THRESHOLDS = (50_000, 20, 50)
DRAIN_SECONDS = 30.0


class Worker:
    """Lifetime of the process."""

    def __init__(self, runtime: Runtime, listener: socket.socket, index: int, environment: str) -> None:
        self._runtime = runtime
        self._listener = listener
        self._index = index
        self._follower = Follower(runtime, environment)
        self._stop = asyncio.Event()
        self._poll = ThreadPoolExecutor(1, "snapshot")
        self._status: dict[str, Any] = {}

    async def run(self, ready: Callable[[], None]) -> None:
        """Serve until SIGTERM, then drain."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        broker = BrokerClient(socket_path(self._runtime.home.run_dir))
        log = CallLog(self._runtime.home.calllog_dir, GATEWAY, self._index)
        sources = TableSources(self._runtime.database, KeyringDecipher(self._runtime))
        connector = Connector(allowed_from(self._runtime.settings.outbound_allow))
        handler = GatewayHandler(
            loop, broker, log, sources, connector, proxies=Proxies(self._runtime.settings.trusted_proxies),
        )
        connecting = loop.create_task(broker.run())
        door = Door(self._runtime, f"gateway-{self._index}")
        await self._follow(handler)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        server = await loop.create_server(lambda: ClientConnection(handler), sock=self._listener, backlog=1024)
        ready()
        tasks = [
            loop.create_task(work)
            for work in (self._tick(handler, log), self._follow_on(handler), self._measure(handler))
        ]
        await self._stop.wait()
        await self._drain(handler, server)
        for task in (*tasks, connecting):
            task.cancel()
        handler.close()
        door.close()
        await asyncio.sleep(0.05)  # the leases given back leave with the next turn of the loop
        broker.close()
        sources.close()
        self._poll.shutdown(wait=True)
        log.close()

    async def _follow(self, handler: GatewayHandler) -> None:
        compiled = await asyncio.get_running_loop().run_in_executor(self._poll, self._follower.poll)
        if compiled is not None:
            handler.swap(compiled)
        self._report(handler)

    async def _follow_on(self, handler: GatewayHandler) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            with contextlib.suppress(Exception):  # the next poll is half a second away; last-good stays
                await self._follow(handler)

    async def _measure(self, handler: GatewayHandler) -> None:
        """Write the counters where a scrape finds them."""
        path = metrics.path_of(self._runtime.home.run_dir, self._index)
        while True:
            held = orjson.dumps(handler.measures())
            with contextlib.suppress(OSError):
                await asyncio.get_running_loop().run_in_executor(self._poll, write_atomic, path, held, 0o600)
            await asyncio.sleep(MEASURE_SECONDS)

    async def _tick(self, handler: GatewayHandler, log: CallLog) -> None:
        while True:
            for _ in range(int(1 / SWEEP_SECONDS)):
                await asyncio.sleep(SWEEP_SECONDS)
                handler.sweep()
            log.tick()

    def _report(self, handler: GatewayHandler) -> None:
        """Say which snapshot is served and which was refused: read by the console and by tests."""
        status = {
            "pid": os.getpid(), "worker": self._index, "snapshot": handler.snapshot_number,
            "refused": self._follower.refused, "database": self._follower.database_ok,
        }
        if status != self._status:
            self._status = status
            path = self._runtime.home.run_dir / f"gateway-worker-{self._index:03d}.json"
            write_atomic(path, orjson.dumps(status), 0o600)

    async def _drain(self, handler: GatewayHandler, server: asyncio.Server) -> None:
        """Take what is already in the queue of the socket, answer everything, then leave."""
        loop = asyncio.get_running_loop()
        handler.drain()
        await asyncio.sleep(0.1)
        server.close()
        quiet_since = loop.time()
        end = quiet_since + DRAIN_SECONDS
        seen = handler.calls
        while loop.time() < end and handler.connections:
            if handler.calls != seen or not handler.idle:
                seen, quiet_since = handler.calls, loop.time()
            if loop.time() - quiet_since > LINGER_SECONDS:
                break
            await asyncio.sleep(0.05)
        for connection in list(handler.connections):
            connection.close()
