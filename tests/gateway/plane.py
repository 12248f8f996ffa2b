"""A worker's data plane in a thread: real sockets, no database, interfaces by AppKey without limits."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import orjson
import uvloop

from crypto.masking.rules import mask
from gateway.broker.client import BrokerClient
from gateway.calllog import segment
from gateway.calllog.log import CallLog, active_folder
from gateway.calllog.record import CallRow
from gateway.calllog.record import rows as parse_rows
from gateway.policy import rules as policy_rules
from gateway.proxy.answering import SWEEP_SECONDS
from gateway.proxy.framing.client import ClientConnection
from gateway.proxy.framing.limits import DEFAULT, Limits
from gateway.proxy.handler import GatewayHandler
from gateway.snapshot.rules import Compiled, compile_snapshot
from gateway.sources.connector import Connector, allowed_from
from kernel.digest import sm3_hex
from tests.gateway.support import Answer, Client, http_definition

T = TypeVar("T")
KEY = "ak" + "0" * 24


class _Sources:
    """Masks; there is no table and no key here."""

    mask = staticmethod(mask)

    def reduce(self, policy: policy_rules.Policy, body: bytes) -> "Future[bytes]":
        done: Future[bytes] = Future()
        done.set_result(policy_rules.apply(policy, body, mask, None))  # type: ignore[arg-type]
        return done


def row(code: str, url: str, fields: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """Return an interface of the snapshot at ``/CODE``."""
    return http_definition(url, fields, auth="appkey") | {
        "code": code, "path": f"/{code}", "revision": 1, "state": "published",
    } | changes


def snapshot(
    rows: list[dict[str, Any]], number: int = 1, keys: dict[str, dict[str, dict[str, bool]]] | None = None,
) -> Compiled:
    """Compile a snapshot; ``keys``: AppKey → interface → granted fields (one key with everything by default)."""
    granted = keys or {KEY: {one["code"]: {f["name"]: False for f in one["contract"]["fields"]} for one in rows}}
    document = {"interfaces": rows, "apps": [
        {"key": key, "name": "x", "credentials": [], "grants": [
            {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{key}{code}")), "interface": code, "fields": fields,
             "expires": int(time.time()) + 9999, "quota": 0, "rate": 0, "burst": 0}
            for code, fields in grants.items()
        ]} for key, grants in granted.items()
    ]}
    body = orjson.dumps(document).decode()
    return compile_snapshot(number, sm3_hex(body.encode()), body, lambda sealed: sealed)


class Plane:
    """``do`` runs a function in the loop; ``get`` calls an interface on a connection of its own."""

    def __init__(self, folder: Path, rows: list[dict[str, Any]], limits: Limits = DEFAULT, **options: Any) -> None:
        self.folder, self._limits, self._options = folder, limits, options
        self._ready = threading.Event()
        self._stop: asyncio.Event
        self._first = snapshot(rows)
        self._thread = threading.Thread(target=lambda: uvloop.run(self._main()))
        self._thread.start()
        self._ready.wait(10)

    async def _main(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        log = CallLog(self.folder, "gw", 0, size=4 * 1024 * 1024)
        connector = Connector(allowed_from("127.0.0.0/8"))
        broker = BrokerClient(self.folder / "nobody")
        self.handler = GatewayHandler(
            self.loop, broker, log, _Sources(), connector,  # type: ignore[arg-type]
            limits=self._limits, **self._options,
        )
        self.handler.swap(self._first)
        server = await self.loop.create_server(lambda: ClientConnection(self.handler), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        while not self._stop.is_set():
            await asyncio.sleep(SWEEP_SECONDS)
            self.handler.sweep()
        server.close()
        self.handler.close()
        for connection in list(self.handler.connections):
            connection.abort()
        await asyncio.sleep(0.05)
        log.close()

    def do(self, work: Callable[[], T]) -> T:
        done: Future[T] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(work()))
        return done.result(10)

    def client(self, timeout: float = 10.0) -> Client:
        return Client(self.port, timeout=timeout)

    def request(self, target: str, method: str = "GET", *, key: str = KEY, extra: str = "", body: bytes = b"") -> bytes:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        return f"{method} {target} HTTP/1.1\r\nHost: gw\r\nX-Mulian-Key: {key}\r\n{length}{extra}\r\n".encode() + body

    def get(self, target: str, method: str = "GET", **options: Any) -> Answer:
        client = self.client()
        try:
            return client.send(self.request(target, method, **options)).read(method)
        finally:
            client.close()

    def logged(self) -> list[CallRow]:
        found: list[CallRow] = []
        for path in sorted(active_folder(self.folder).glob("*.seg")):
            found += parse_rows(segment.read_records(path))
        return found

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
