"""Load, CPU and rivals for the benchmark of the data plane."""

import asyncio
import contextlib
import multiprocessing
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

CONNECTIONS, PACED = 64, 8


def _records(count: int) -> bytes:
    record = b'{"name":"\xe5\xbc\xa0\xe4\xb8\x89","id_number":"990101199003071234","phone":"13800138000","street":"%d"}'
    return b'{"items":[' + b",".join(record % index for index in range(count)) + b"]}"


ONE, THREE = _records(1), _records(3)


@dataclass
class Contestant:
    """A server to load: its port, what a request is, whose CPU counts."""

    port: int
    request: Callable[[], bytes]
    pids: Callable[[], list[int]]


class _Client(asyncio.Protocol):
    """Sends the next request when the answer is complete (its length is announced by every contestant)."""

    def __init__(
        self, request: Callable[[], bytes], take: Callable[[], bool], times: list[float], pace: float,
    ) -> None:
        self._request, self._take, self._times, self._pace = request, take, times, pace
        self._data = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        if not self._take():
            self._transport.close()
            self.done.set_result(None)
            return
        self._transport.write(self._request())
        self._sent = time.perf_counter()

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15:].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(self._data.decode("utf-8", "replace")))
            self._transport.close()
            return
        self._data = b""
        self._times.append(time.perf_counter() - self._sent)
        if self._pace:
            asyncio.get_running_loop().call_later(self._pace, self._next)
        else:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("closed"))


def measure(contestant: Contestant, requests: int, core: int, pace: float = 0.0) -> tuple[float, float]:
    """Return (CPU microseconds per request, p99 latency in seconds) of one round.

    ``pace``: seconds that each of a few connections waits between answer and next request; 0 saturates the core.
    """
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_load, args=(contestant, requests, core, queue, pace))
    before = _cpu(contestant.pids())
    process.start()
    answer = queue.get()
    process.join()
    if isinstance(answer, str):
        raise RuntimeError(answer)
    return (_cpu(contestant.pids()) - before) / 1000 / requests, float(answer)


def _load(contestant: Contestant, requests: int, core: int, queue: Any, pace: float) -> None:
    os.sched_setaffinity(0, {core})
    times: list[float] = []
    left = requests

    def take() -> bool:
        nonlocal left
        left -= 1
        return left >= 0

    async def main() -> None:
        loop = asyncio.get_running_loop()
        made = [
            await loop.create_connection(
                lambda: _Client(contestant.request, take, times, pace), "127.0.0.1", contestant.port,
            )
            for _ in range(PACED if pace else CONNECTIONS)
        ]
        await asyncio.gather(*[client.done for _, client in made])

    try:
        uvloop.run(main())
        times.sort()
        queue.put(times[int(len(times) * 0.99)])
    except Exception as error:
        queue.put(repr(error))


def _cpu(pids: list[int]) -> int:
    """Return nanoseconds on a core of all threads of the processes."""
    total = 0
    for pid in pids:
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            total += int(path.read_text().split()[0])
    return total


@dataclass
class Server:
    """A process and its port."""

    pid: int
    port: int


@contextlib.contextmanager
def nginx(binary: str, folder: Path, template: str, **values: Any) -> Iterator[Server]:
    """Run nginx with a configuration; ``values`` fill its places."""
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = folder / "nginx.conf"
    text = template
    for name, value in (values | {"port": port, "dir": folder, "one": ONE.decode(), "three": THREE.decode()}).items():
        text = text.replace("{" + name.upper() + "}", str(value))
    config.write_text(text)
    process = subprocess.Popen(
        [binary, "-p", str(folder), "-c", str(config)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield Server(process.pid, port)
    finally:
        process.terminate()
        process.wait(10)


_COMMON = """daemon off; master_process off; worker_processes 1; pid {DIR}/nginx.pid; error_log {DIR}/error.log;
events { worker_connections 1024; }
"""
UPSTREAM = _COMMON + """http { access_log off; keepalive_requests 100000000; default_type application/json;
server { listen 127.0.0.1:{PORT} backlog=1024;
location / { return 200 '{ONE}'; } location /three { return 200 '{THREE}'; } } }
"""
RIVAL = _COMMON + """http { access_log {DIR}/access.log combined; keepalive_requests 100000000;
client_body_temp_path {DIR}/body; proxy_temp_path {DIR}/proxy;
map $http_x_mulian_key $app { default ""; "{KEY}" "app1"; }
limit_req_zone $app zone=apps:1m rate=1000000r/s;
upstream source { server 127.0.0.1:{UPSTREAM}; keepalive 64; keepalive_requests 100000000; }
server { listen 127.0.0.1:{PORT} backlog=1024;
location / { if ($app = "") { return 403; } limit_req zone=apps burst=100000 nodelay;
proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://source; } } }
"""
