"""Real probes: TCP connect, HTTP request, registered callables; each through the outbound guard."""

import time
from dataclasses import dataclass
from typing import Any

import httpx2
import structlog

from kernel.errors import MulianError
from kernel.outbound import guard
from kernel.outbound.errors import NOT_RESOLVED
from kernel.runtime import Runtime
from kernel.watch import registry
from kernel.watch.registry import ProbeFailed
from kernel.watch.rules import Outcome

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Result:
    """Outcome of one probe; latency in microseconds where the target answered."""

    outcome: Outcome
    latency_us: int | None
    detail: str


def probe(runtime: Runtime, kind: str, spec: dict[str, Any]) -> Result:
    """Probe a target once. It never raises: an error that is not the target's is the prober's own."""
    begin = time.monotonic()
    try:
        detail = {"tcp": _tcp, "http": _http, "callable": _callable}[kind](runtime, spec)
    except ProbeFailed as failure:
        return Result(Outcome.FAIL, None, str(failure))
    except (OSError, httpx2.TransportError) as failure:
        return Result(Outcome.FAIL, None, f"{type(failure).__name__}: {failure}")
    except MulianError as failure:
        outcome = Outcome.FAIL if failure.kind is NOT_RESOLVED else Outcome.PROBER_ERROR
        return Result(outcome, None, str(failure))
    except Exception as failure:
        _log.warning("watch.prober_error", kind=kind, exc_info=failure)
        return Result(Outcome.PROBER_ERROR, None, f"{type(failure).__name__}: {failure}")
    return Result(Outcome.OK, int((time.monotonic() - begin) * 1_000_000), detail)


def _timeout(spec: dict[str, Any]) -> float:
    return int(spec.get("timeout_ms", 5000)) / 1000


def _tcp(runtime: Runtime, spec: dict[str, Any]) -> str:
    allowed = guard.allowed_by(runtime.settings, *spec.get("declared", ()))
    with guard.connect(spec["host"], int(spec["port"]), allowed, timeout=_timeout(spec)):
        return ""


def _http(runtime: Runtime, spec: dict[str, Any]) -> str:
    allowed = guard.allowed_by(runtime.settings, *spec.get("declared", ()))
    low, high = int(spec.get("status_from", 200)), int(spec.get("status_to", 399))
    with guard.client(allowed, timeout=_timeout(spec)) as client, client.stream("GET", spec["url"]) as response:
        if not low <= response.status_code <= high:
            raise ProbeFailed(f"HTTP {response.status_code}")
        return f"HTTP {response.status_code}"


def _callable(runtime: Runtime, spec: dict[str, Any]) -> str:
    fn = registry.probe_of(spec["name"])
    if fn is None:
        raise LookupError(f"no probe {spec['name']} in this process")
    fn(runtime, spec)
    return ""
