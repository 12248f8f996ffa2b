"""Calls on the wire."""

from datetime import datetime
from typing import Any

from kernel.identity.schemas import Wire


class CallOut(Wire):
    """One call; ``micros`` until the first byte of the answer. Person numbers in ``query`` are redacted."""

    at: datetime
    request_id: str
    kind: str
    outcome: str
    app_key: str
    interface: str
    method: str
    path: str
    query: str
    status: int
    bytes_in: int
    bytes_out: int
    micros: int
    upstream_micros: int
    client: str


class CallPage(Wire):
    """The newest calls (no total: the log is not counted for a page)."""

    items: list[CallOut]


class MetricPoint(Wire):
    """Calls of one interface in one bucket."""

    bucket: datetime
    interface: str
    calls: int
    ok: int
    client_errors: int
    server_errors: int
    p50_micros: int
    p99_micros: int
    bytes_out: int


class Metrics(Wire):
    """A series, and what each worker serves."""

    start: datetime
    end: datetime
    bucket_seconds: int
    points: list[MetricPoint]
    snapshot: int
    workers: list[dict[str, Any]]
