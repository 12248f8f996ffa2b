"""CPU per request of the gateway's data plane against nginx doing the comparable work, interleaved.

nginx: ``proxy_pass`` over kept-alive connections with a key map, ``limit_req`` and ``access_log``, one worker.
Ours: route, AppKey, grant, quota and rate, call log (and, in the signed runs, HMAC-SM3 and the nonce), one worker;
the broker's CPU counts as ours. Both are pinned to one core, client and upstream (another nginx) to another.
CPU comes from ``/proc/PID/task/*/schedstat`` (nanoseconds on a core), so a busy machine blurs it less than time.
"""

import asyncio
import contextlib
import multiprocessing
import os
import secrets
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from crypto.servicekeys import service as servicekeys
from gateway.apps.service import Issued
from gateway.signing import rules as signing
from kernel.db import Database
from kernel.home import Home
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import wiring
from mulian.migrations import run as migrations
from tests.gateway.support import District, Gateway, field, http_definition

CONNECTIONS = 64
REQUESTS = int(os.environ.get("MULIAN_BENCH_REQUESTS", "20000"))
ROUNDS = 5
BODY = b'{"items":[' + b",".join(
    b'{"name":"\xe5\xbc\xa0\xe4\xb8\x89","id_number":"990101199003071234","phone":"13800138000","street":"%d"}' % index
    for index in range(3)
) + b"]}"
FIELDS = [
    field("name", "姓名", sensitive=True, mask="name"), field("id_number", "公民身份号码", sensitive=True, mask="id_number"),
    field("phone", "手机号码", sensitive=True, mask="phone"), field("street", "街道"),
]


@dataclass
class Contestant:
    """A server to load: its port, what a request is, whose CPU counts."""

    port: int
    request: Callable[[], bytes]
    pids: Callable[[], list[int]]


def run(requests: int = REQUESTS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return ratios of CPU per request with the design's limits."""
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(nginx).exists():
        return {"skipped": "nginx is not on this machine (make engines installs it)"}
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        place = Path(folder)
        upstream = stack.enter_context(_nginx(nginx, place / "upstream", _UPSTREAM))
        os.sched_setaffinity(upstream.pid, {cores[-1]})
        contestants = _contestants(stack, nginx, place, upstream.port, cores[0])
        cpu: dict[str, list[float]] = {}
        latency: dict[str, list[float]] = {}
        for number in range(rounds + 1):
            for name, contestant in contestants.items():
                micros, p99 = _round(contestant, requests, cores[-1])
                if number:  # the first round opens connections and warms caches
                    cpu.setdefault(name, []).append(micros)
                    latency.setdefault(name, []).append(p99)
    limits = {"key": 1.8, "hmac-sm3": 2.2, "hmac-sm3, three masked fields": None}
    rows = [
        {
            "name": f"gateway ({name}) ÷ nginx proxy_pass, CPU per request",
            "ratio": round(statistics.median(ours / theirs for ours,
                theirs in zip(cpu[name], cpu["nginx"], strict=True)), 2),
            "unit": "x, lower is better", "limit": limit, "micros": round(statistics.median(cpu[name]), 1),
            "nginx_micros": round(statistics.median(cpu["nginx"]), 1),
            "p99_ms_saturated": round(statistics.median(latency[name]) * 1000, 2),
            "nginx_p99_ms_saturated": round(statistics.median(latency["nginx"]) * 1000, 2),
        }
        for name, limit in limits.items()
    ]
    return {"connections": CONNECTIONS, "requests": requests, "rounds": rounds, "rows": rows}


def _contestants(
    stack: contextlib.ExitStack, nginx: str, place: Path, upstream: int, core: int,
) -> dict[str, Contestant]:
    runtime = _installation(stack, place / "home")
    district = District(runtime)
    url = f"http://127.0.0.1:{upstream}/"
    district.publish("key", "/key", http_definition(url, auth="appkey"))
    district.publish("signed", "/signed", http_definition(url))
    district.publish("masked", "/masked", http_definition(url, FIELDS))
    issued = district.app()
    items = {"街道": False, "姓名": False, "公民身份号码": False, "手机号码": False}
    district.demand(issued, items, calls_per_day=2_000_000_000)
    gateway = Gateway(runtime)
    stack.callback(gateway.stop)
    worker = int(gateway.status()["pid"])
    broker = int((runtime.home.run_dir / "gateway-broker.lock").read_text())
    for pid in (worker, broker):
        os.sched_setaffinity(pid, {core})
    key = issued.app.app_key
    rival = stack.enter_context(_nginx(nginx, place / "rival", _RIVAL, upstream=upstream, key=key))
    os.sched_setaffinity(rival.pid, {core})
    plain = f"GET /{{}} HTTP/1.1\r\nHost: gw\r\nX-Mulian-Key: {key}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
    ours = [worker, broker]
    return {
        "nginx": Contestant(rival.port, lambda: plain.format("key").encode(), lambda: [rival.pid]),
        "key": Contestant(gateway.port, lambda: plain.format("key").encode(), lambda: ours),
        "hmac-sm3": Contestant(gateway.port, lambda: _signed(issued, b"/signed"), lambda: ours),
        "hmac-sm3, three masked fields": Contestant(gateway.port, lambda: _signed(issued, b"/masked"), lambda: ours),
    }


def _installation(stack: contextlib.ExitStack, root: Path) -> Runtime:
    wiring.load_registrations()
    home = Home(root)
    home.prepare()
    database = Database.sqlite(home.database_file)
    stack.callback(database.close)
    migrations.upgrade(database)
    return Runtime(settings=Settings(home=root), home=home, database=database, box=servicekeys.create(home))


def _signed(issued: Issued, path: bytes) -> bytes:
    moment, nonce = str(int(time.time())).encode(), secrets.token_hex(16).encode()
    key, version = issued.app.app_key.encode(), str(issued.key_version).encode()
    text = signing.string_to_sign(b"GET", path, b"", b"", moment, nonce, key, version)
    return (
        b"GET %b HTTP/1.1\r\nHost: gw\r\nX-Mulian-Key: %b\r\nX-Mulian-Key-Version: %b\r\nX-Mulian-Timestamp: %b\r\n"
        b"X-Mulian-Nonce: %b\r\nX-Mulian-Signature: %b\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
    ) % (path, key, version, moment, nonce, signing.sign(issued.secret.encode(), text))


class _Client(asyncio.Protocol):
    """Sends the next request when the answer is complete (its length is announced by every contestant)."""

    def __init__(self, request: Callable[[], bytes], take: Callable[[], bool], times: list[float]) -> None:
        self._request, self._take, self._times = request, take, times
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
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("closed"))


def _round(contestant: Contestant, requests: int, core: int) -> tuple[float, float]:
    """Return (CPU microseconds per request, p99 latency in seconds) of one round."""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_load, args=(contestant, requests, core, queue))
    before = _cpu(contestant.pids())
    process.start()
    answer = queue.get()
    process.join()
    if isinstance(answer, str):
        raise RuntimeError(answer)
    return (_cpu(contestant.pids()) - before) / 1000 / requests, float(answer)


def _load(contestant: Contestant, requests: int, core: int, queue: Any) -> None:
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
            await loop.create_connection(lambda: _Client(contestant.request, take, times), "127.0.0.1", contestant.port)
            for _ in range(CONNECTIONS)
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
class _Server:
    pid: int
    port: int


@contextlib.contextmanager
def _nginx(binary: str, folder: Path, template: str, **values: Any) -> Iterator[_Server]:
    import socket

    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = folder / "nginx.conf"
    text = template.replace("{PORT}", str(port)).replace("{DIR}", str(folder)).replace("{BODY}", BODY.decode())
    for name, value in values.items():
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
        yield _Server(process.pid, port)
    finally:
        process.terminate()
        process.wait(10)


_COMMON = """daemon off; master_process off; worker_processes 1; pid {DIR}/nginx.pid; error_log {DIR}/error.log;
events { worker_connections 1024; }
"""
_UPSTREAM = _COMMON + """http { access_log off; keepalive_requests 100000000; default_type application/json;
server { listen 127.0.0.1:{PORT} backlog=1024; location / { return 200 '{BODY}'; } } }
"""
_RIVAL = _COMMON + """http { access_log {DIR}/access.log combined; keepalive_requests 100000000;
client_body_temp_path {DIR}/body; proxy_temp_path {DIR}/proxy;
map $http_x_mulian_key $app { default ""; "{KEY}" "app1"; }
limit_req_zone $app zone=apps:1m rate=1000000r/s;
upstream source { server 127.0.0.1:{UPSTREAM}; keepalive 64; keepalive_requests 100000000; }
server { listen 127.0.0.1:{PORT} backlog=1024;
location / { if ($app = "") { return 403; } limit_req zone=apps burst=100000 nodelay;
proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://source; } } }
"""
