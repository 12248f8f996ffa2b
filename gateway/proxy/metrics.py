"""Counters of a worker, and all workers' as Prometheus text. Labels are bounded, whatever callers ask for.

Each worker writes its counters to a file of the run folder every few seconds; who scrapes reads the files. A worker
that starts again counts from 0, which Prometheus expects of a counter.
"""

from bisect import bisect_left
from pathlib import Path
from typing import Any

import orjson

# interfaces with a label of their own; calls to the ones that come later are counted under "other"
LABELLED = 200
OTHER, NONE = "other", "none"
# upper bounds of the histogram in microseconds
BOUNDS = (1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000)
FILES = "gateway-metrics-*.json"


class Metrics:
    """One a worker; owned by the event loop."""

    def __init__(self) -> None:
        self._calls: dict[str, list[int]] = {}
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._micros = 0
        # frames of WebSockets that have ended
        self.frames_in = self.frames_out = 0

    def count(self, interface: str, status: int, micros: int) -> None:
        """Count a call that was answered after ``micros``; ``interface`` is a code of the snapshot, or empty."""
        counts = self._calls.get(interface) or self._label(interface)
        counts[status // 100] += 1
        self._buckets[bisect_left(BOUNDS, micros)] += 1
        self._micros += micros

    def _label(self, interface: str) -> list[int]:
        name = interface or NONE
        if len(self._calls) >= LABELLED:
            name = OTHER
        counts = self._calls.get(name)
        if counts is None:
            counts = self._calls[name] = [0] * 6
        return counts

    def snapshot(self, gauges: dict[str, int]) -> dict[str, Any]:
        """Return what the file holds."""
        return {
            "calls": self._calls, "buckets": self._buckets, "micros": self._micros, "frames_in": self.frames_in,
            "frames_out": self.frames_out, "gauges": gauges,
        }


def path_of(run_dir: Path, worker: int) -> Path:
    """Return a worker's file."""
    return run_dir / FILES.replace("*", f"{worker:03d}")


def read(run_dir: Path) -> dict[str, Any]:
    """Return what the workers have written, by worker."""
    return {path.stem.rpartition("-")[2]: orjson.loads(path.read_bytes()) for path in sorted(run_dir.glob(FILES))}


def render(workers: dict[str, Any]) -> str:
    """Return the counters of all workers (:func:`read`) in Prometheus' text format."""
    calls, times, frames, gauges = [], [], [], []
    for worker, held in workers.items():
        calls += [
            f'mulian_gateway_calls_total{{worker="{worker}",interface="{interface}",class="{group}xx"}} {count}'
            for interface, counts in sorted(held["calls"].items()) for group, count in enumerate(counts) if count
        ]
        times += _histogram(worker, held["buckets"], held["micros"])
        frames += [
            f'mulian_gateway_websocket_frames_total{{worker="{worker}",direction="{way}"}} {held[f"frames_{way}"]}'
            for way in ("in", "out")
        ]
        gauges += [f'mulian_gateway_{name}{{worker="{worker}"}} {value}' for name, value in held["gauges"].items()]
    lines = [
        "# TYPE mulian_gateway_calls_total counter", *calls, "# TYPE mulian_gateway_call_seconds histogram", *times,
        "# TYPE mulian_gateway_websocket_frames_total counter", *frames,
    ]
    for name in dict.fromkeys(line.partition("{")[0] for line in gauges):
        lines += [f"# TYPE {name} gauge", *(line for line in gauges if line.startswith(name + "{"))]
    return "\n".join(lines) + "\n"


def _histogram(worker: str, buckets: list[int], micros: int) -> list[str]:
    lines, total = [], 0
    for bound, count in zip([*(str(bound / 1e6) for bound in BOUNDS), "+Inf"], buckets, strict=True):
        total += count
        lines.append(f'mulian_gateway_call_seconds_bucket{{worker="{worker}",le="{bound}"}} {total}')
    return [
        *lines, f'mulian_gateway_call_seconds_sum{{worker="{worker}"}} {micros / 1e6}',
        f'mulian_gateway_call_seconds_count{{worker="{worker}"}} {total}',
    ]
