"""The call log through to storage: lines appended to mapped segments, shipped to fsynced Parquet files and registered.

One core, CPU seconds of this process. "Anchored" is the same with the row tree by which each call can be proven: two
SM3 of about 500 bytes and an HMAC-SM3 a row, which the design's figure did not know of.
"""

import contextlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from bench._home import fresh
from gateway.calllog import anchored, ship
from gateway.calllog.log import CallLog
from kernel import clock

ROUNDS = 5
ROWS = 40_000
# as gateway.calllog.record.render writes it
LINE = (
    b'["c",%d,"%024x","ok","ak%026d","xc-persons","01234567-89ab-7def-8123-%012d",12,"GET","/xc/persons",'
    b'"page=%d&area=a",200,0,%d,%d,%d,"10.1.2.%d"]'
)


def run(rounds: int = ROUNDS, rows: int = ROWS) -> dict[str, Any]:
    """Return rows a second of CPU: appending, and through to storage without and with row trees."""
    found: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="mulian-bench-") as folder:
        database, _ = fresh(Path(folder))
        runtime = database.runtime
        assert runtime is not None
        lines = _lines(rows)
        for number in range(rounds):
            times: dict[str, float] = {}
            for name in ("plain", "anchored") if number % 2 else ("anchored", "plain"):
                append = _cpu(lambda: _write(runtime.home.calllog_dir, lines))
                with _without_tree(name == "plain"):
                    times[name] = append + _cpu(lambda: ship.ship_all(runtime))
                times["append"] = append
            found.append({name: rows / seconds for name, seconds in times.items()})
        database.close()
    names = {"append": "append", "plain": "through to storage", "anchored": "through to storage, anchored"}
    limits = {"append": 1_000_000, "plain": 200_000, "anchored": 100_000}
    return {
        "rounds": rounds,
        "rows_a_round": rows,
        "cpus": os.cpu_count(),
        "rows": [
            {
                "name": f"call log, {title}",
                "unit": "rows a second of CPU, higher is better",
                "limit": limits[name],
                "ratio": round(statistics.median(one[name] for one in found)),
                "best": round(max(one[name] for one in found)),
            }
            for name, title in names.items()
        ],
    }


def _lines(count: int) -> list[bytes]:
    at = clock.now_micros()
    return [
        LINE
        % (at + 37 * one, one, one % 50, one % 50, one, 500 + one % 90, 900 + one % 300, 700 + one % 200, one % 250)
        for one in range(count)
    ]


def _write(folder: Path, lines: list[bytes]) -> None:
    log = CallLog(folder, "gw", 0)
    for line in lines:
        log.start()
        log.append(line)
    log.close()


def _without_tree(plain: bool) -> Any:
    return mock.patch.object(anchored, "write_tree", lambda *_: bytes(32)) if plain else contextlib.nullcontext()


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
