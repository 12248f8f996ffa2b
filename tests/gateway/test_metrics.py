"""Counters: bounded labels, figures that agree with the log, text that Prometheus reads."""

import re
from collections.abc import Callable
from pathlib import Path

import orjson

from gateway.proxy import metrics
from gateway.proxy.metrics import LABELLED, Metrics, render
from tests.gateway.plane import Plane, row
from tests.gateway.support import Script, Upstream, answer_raw

_LINE = re.compile(r'[a-z_]+\{worker="[0-9]{3}"(,[a-z]+="[^"\\\n]*")*\} [0-9.e+-]+')


def test_labels_are_bounded() -> None:
    counters = Metrics()
    for number in range(2_000):
        counters.count(f"i-{number}", 200, 10)
    counters.count("i-0", 503, 20_000_000)
    held = counters.snapshot({})
    assert len(held["calls"]) <= LABELLED + 1 and held["calls"]["i-0"][5] == 1
    assert sum(map(sum, held["calls"].values())) == 2_001 == sum(held["buckets"])


def test_the_text_agrees_with_the_calls(
    upstream: Callable[[Script], Upstream], plane: Callable[..., Plane], tmp_path: Path,
) -> None:
    source = upstream(answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", close=False))
    gateway = plane(row("echo", source.url))
    statuses = [gateway.get(target).status for target in ("/echo", "/echo", "/none", "/echo")]
    assert statuses == [200, 200, 404, 200]
    metrics.path_of(tmp_path, 3).write_bytes(orjson.dumps(gateway.do(gateway.handler.measures)))
    text = render(metrics.read(tmp_path))
    assert 'mulian_gateway_calls_total{worker="003",interface="echo",class="2xx"} 3\n' in text
    assert 'mulian_gateway_calls_total{worker="003",interface="none",class="4xx"} 1\n' in text
    assert 'mulian_gateway_call_seconds_bucket{worker="003",le="+Inf"} 4\n' in text
    lines = [line for line in text.splitlines() if not line.startswith("# TYPE ")]
    assert all(_LINE.fullmatch(line) for line in lines) and len(lines) == len(set(lines))
