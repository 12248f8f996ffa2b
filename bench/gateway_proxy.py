"""The gateway's data plane against nginx doing the comparable work, and against FastAPI + aiohttp, interleaved.

nginx: ``proxy_pass`` over kept-alive connections with a key map, ``limit_req`` and ``access_log``, one worker.
Ours: route, AppKey, grant, quota and rate, call log (and, in the signed runs, HMAC-SM3 and the nonce; then a record
with three masked fields), one worker; the broker's CPU counts as ours. Servers are pinned to one core, client and
upstream (another nginx) to another. CPU comes from ``/proc/PID/task/*/schedstat`` (nanoseconds on a core), so a busy
machine blurs it less than time. Sizes: the same call where the snapshot holds more interfaces and keys.
"""

import contextlib
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench._gateway import CONNECTIONS, RIVAL, UPSTREAM, Contestant, Server, measure, nginx
from bench._gateway_sizes import SIZES, sized
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

REQUESTS = int(os.environ.get("MULIAN_BENCH_REQUESTS", "20000"))
ROUNDS = 5
PACE_SECONDS = 0.02
# name → at most this many times nginx (the design's table); None: for information
LIMITS: dict[str, float | None] = {
    "key": 1.8, "hmac-sm3 and nonce": 2.2, "hmac-sm3, three masked fields": None,
    "hmac-sm3, three records masked": None,
}
FIELDS = [
    field("name", "姓名", sensitive=True, mask="name"), field("id_number", "公民身份号码", sensitive=True, mask="id_number"),
    field("phone", "手机号码", sensitive=True, mask="phone"), field("street", "街道"),
]


def run(requests: int = REQUESTS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return ratios of CPU per request with the design's limits."""
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(binary).exists():
        return {"skipped": "nginx is not on this machine (make engines installs it)"}
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        place = Path(folder)
        upstream = stack.enter_context(nginx(binary, place / "upstream", UPSTREAM))
        os.sched_setaffinity(upstream.pid, {cores[-1]})
        contestants = _contestants(stack, binary, place, upstream.port, cores[0])
        cpu: dict[str, list[float]] = {name: [] for name in contestants}
        p99: dict[str, list[float]] = {"nginx": [], "key": []}
        for number in range(rounds + 1):
            for name, contestant in contestants.items():
                micros, _ = measure(contestant, requests, cores[-1])
                if number:  # the first round opens connections and warms caches
                    cpu[name].append(micros)
            for name, times in p99.items():
                times.append(measure(contestants[name], max(200, requests // 20), cores[-1], PACE_SECONDS)[1])
    rows = [_row(f"gateway ({name}) ÷ nginx, CPU per request", cpu[name], cpu["nginx"], limit)
            for name, limit in LIMITS.items()]
    rows.append(_row("gateway (key) ÷ nginx, p99 unsaturated", p99["key"], p99["nginx"], 2.0, unit=1e6))
    rows.append(_row("gateway (key) ÷ FastAPI + aiohttp, CPU per request", cpu["key"], cpu["fastapi"], 1 / 8))
    rows += [_row(f"gateway, {name} ÷ {SIZES[0].name}, CPU per request", cpu[name], cpu[SIZES[0].name], None)
             for name in (size.name for size in SIZES[1:])]
    return {"connections": CONNECTIONS, "requests": requests, "rounds": rounds, "rows": rows}


def _row(name: str, ours: list[float], theirs: list[float], limit: float | None, unit: float = 1.0) -> dict[str, Any]:
    ratio = statistics.median(own / other for own, other in zip(ours, theirs, strict=True))
    return {
        "name": name, "ratio": round(ratio, 3 if ratio < 0.5 else 2), "unit": "x, lower is better", "limit": limit,
        "micros": round(statistics.median(ours) * unit, 1), "theirs_micros": round(statistics.median(theirs) * unit, 1),
    }


def _contestants(
    stack: contextlib.ExitStack, binary: str, place: Path, upstream: int, core: int,
) -> dict[str, Contestant]:
    runtime = _installation(stack, place / "home")
    district = District(runtime)
    url = f"http://127.0.0.1:{upstream}/"
    district.publish("key", "/key", http_definition(url, auth="appkey"))
    district.publish("signed", "/signed", http_definition(url))
    district.publish("masked", "/masked", http_definition(url, FIELDS))
    district.publish("three", "/three", http_definition(f"{url}three", FIELDS))
    issued = district.app()
    items = {"街道": False, "姓名": False, "公民身份号码": False, "手机号码": False}
    district.demand(issued, items, calls_per_day=2_000_000_000)
    gateway = Gateway(runtime)
    stack.callback(gateway.stop)
    ours = [int(gateway.status()["pid"]), int((runtime.home.run_dir / "gateway-broker.lock").read_text())]
    key = issued.app.app_key
    rival = stack.enter_context(nginx(binary, place / "rival", RIVAL, upstream=upstream, key=key))
    framework = stack.enter_context(_fastapi(upstream, key))
    for pid in (*ours, rival.pid, framework.pid):
        os.sched_setaffinity(pid, {core})
    plain = f"GET /{{}} HTTP/1.1\r\nHost: gw\r\nX-Mulian-Key: {key}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
    of_key = plain.format("key").encode()
    found = {
        "nginx": Contestant(rival.port, lambda: of_key, lambda: [rival.pid]),
        "key": Contestant(gateway.port, lambda: of_key, lambda: ours),
        "hmac-sm3 and nonce": Contestant(gateway.port, lambda: _signed(issued, b"/signed"), lambda: ours),
        "hmac-sm3, three masked fields": Contestant(gateway.port, lambda: _signed(issued, b"/masked"), lambda: ours),
        "hmac-sm3, three records masked": Contestant(gateway.port, lambda: _signed(issued, b"/three"), lambda: ours),
        "fastapi": Contestant(framework.port, lambda: of_key, lambda: [framework.pid]),
    }
    return found | {size.name: stack.enter_context(sized(size, place, upstream, core)) for size in SIZES}


@contextlib.contextmanager
def _fastapi(upstream: int, key: str) -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench._gateway_fastapi", str(upstream), key], stdout=subprocess.PIPE, text=True,
    )
    try:
        assert process.stdout is not None
        yield Server(process.pid, int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait(10)


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
