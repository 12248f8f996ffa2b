"""Real probes: ladders to a port, a TLS service or an HTTP answer, and registered callables."""

import time
from dataclasses import dataclass
from typing import Any

import structlog

from kernel.errors import MulianError
from kernel.runtime import Runtime
from kernel.watch import registry
from kernel.watch.ladder.climb import climb
from kernel.watch.ladder.rules import Fault, Rung, Step, broken
from kernel.watch.registry import ProbeFailed
from kernel.watch.rules import Outcome

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Result:
    """Outcome of one probe; latency in microseconds where the target answered; rungs as far as it came."""

    outcome: Outcome
    latency_us: int | None
    detail: str
    rungs: tuple[Rung, ...] = ()


def probe(runtime: Runtime, kind: str, spec: dict[str, Any]) -> Result:
    """Probe a target once. It never raises: an error that is not the target's is the prober's own."""
    try:
        return _called(runtime, spec) if kind == "callable" else _climbed(runtime, kind, spec)
    except MulianError as failure:
        return Result(Outcome.PROBER_ERROR, None, str(failure))
    except Exception as failure:
        _log.warning("watch.prober_error", kind=kind, exc_info=failure)
        return Result(Outcome.PROBER_ERROR, None, f"{type(failure).__name__}: {failure}")


def _climbed(runtime: Runtime, kind: str, spec: dict[str, Any]) -> Result:
    rungs = climb(runtime, kind, spec)
    bad, last = broken(rungs), rungs[-1]
    if bad is None:
        http = next((rung.detail for rung in rungs if rung.step is Step.HTTP), "")
        return Result(Outcome.OK, sum(rung.micros for rung in rungs), http, rungs)
    ours = bad.fault is Fault.REFUSED_BY_US
    detail = last.detail or str(bad.fault)
    return Result(Outcome.PROBER_ERROR if ours else Outcome.FAIL, None, detail, rungs)


def _called(runtime: Runtime, spec: dict[str, Any]) -> Result:
    fn = registry.probe_of(spec["name"])
    if fn is None:
        raise LookupError(f"no probe {spec['name']} in this process")
    begin = time.monotonic()
    try:
        fn(runtime, spec)
    except ProbeFailed as failure:
        said, fault = str(failure), failure.fault
        rungs = (Rung(Step.DATA, False, _micros(begin), said[:200], fault),) if fault is not None else ()
        return Result(Outcome.FAIL, None, said, rungs)
    return Result(Outcome.OK, _micros(begin), "")


def _micros(begin: float) -> int:
    return int((time.monotonic() - begin) * 1_000_000)
