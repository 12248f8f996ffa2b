"""What upper floors register: targets, callables that probe, signals that rules look at."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy.orm import Session

from kernel.runtime import Runtime
from kernel.watch.ladder.rules import Fault
from kernel.watch.rules import Policy

Kind = Literal["tcp", "tls", "http", "callable"]


class ProbeFailed(Exception):
    """Raised by a callable probe: the target was reached and is not well. Any other error is the prober's own.

    ``fault`` says which rung of the ladder that is, where it is one.
    """

    def __init__(self, detail: str, fault: Fault | None = None) -> None:
        super().__init__(detail)
        self.fault = fault


@dataclass(frozen=True)
class TargetSpec:
    """A target as its source wants it.

    ``spec``: tcp {host, port}; tls {host, port, certificate_days}; http {url, status_from, status_to, schema (JSON
    Schema), expect {path: value}, fresh {path, cycle}, certificate_days}; callable {name, …}; each may have
    ``declared`` (private ranges of this target) and ``timeout_ms``. ``key`` is unique in the installation. Alarms
    of one ``group`` are one incident; ``counted``: outages are those of what the target stands for.
    """

    key: str
    kind: Kind
    zh: str
    en: str
    spec: dict[str, Any] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    department_id: uuid.UUID | None = None
    group: str | None = None
    counted: bool = True


Source = Callable[[Session], list[TargetSpec]]
Probe = Callable[[Runtime, dict[str, Any]], None]
Signal = Callable[[Runtime], Decimal | int | dict[str, Decimal | int] | None]
Count = Callable[[Runtime, datetime, datetime], dict[str, dict[str, int]]]
Planned = Callable[[Session, str, datetime, datetime], list[tuple[datetime, datetime]]]
_sources: dict[str, Source] = {}
_probes: dict[str, Probe] = {}
_signals: dict[str, "SignalSpec"] = {}
_counters: dict[str, tuple[tuple[str, ...], Count]] = {}
_expressions: dict[str, tuple["ExpressionSpec", ...]] = {}
_planned: dict[str, Planned] = {}


@dataclass(frozen=True)
class SignalSpec:
    """A number that rules may watch, with its titles and unit."""

    key: str
    zh: str
    en: str
    unit: str
    read: Signal


@dataclass(frozen=True)
class ExpressionSpec:
    """A rule as its source wants it; ``hold`` and ``keep`` are seconds, the expression is of ``expressions.syntax``."""

    key: str
    zh: str
    en: str
    expression: str
    hold: int = 0
    keep: int = 0
    severity: Literal["warning", "critical"] = "warning"


def target_source(name: str, fn: Source) -> None:
    """Register ``fn(session) -> list[TargetSpec]``; what is no longer listed is switched off."""
    _sources[name] = fn


def callable_probe(name: str, fn: Probe) -> None:
    """Register ``fn(runtime, spec)``: returns when the target is well, raises :class:`ProbeFailed` when not."""
    _probes[name] = fn


def signal(key: str, fn: Signal, *, zh: str, en: str, unit: str = "") -> None:
    """Register ``fn(runtime) -> number``, or numbers by subject; None is a missing sample, which holds a rule's state.

    It is recorded as the series of that name with underscores for dots.
    """
    _signals[key] = SignalSpec(key, zh, en, unit, fn)


def counters(name: str, series: tuple[str, ...], fn: Count) -> None:
    """Register ``fn(runtime, start, end) -> {series: {subject: events of the half-open time}}``; the watch adds up."""
    _counters[name] = (series, fn)


def expressions(source: str, *specs: ExpressionSpec) -> None:
    """Register the rules of a source; those it no longer names are switched off."""
    _expressions[source] = specs


def planned(name: str, fn: Planned) -> None:
    """Register ``fn(session, target key, start, end)``: half-open windows in which an outage does not count."""
    _planned[name] = fn


def counted() -> dict[str, tuple[tuple[str, ...], Count]]:
    """All counters: their series and what counts."""
    return dict(_counters)


def expression_specs() -> dict[str, tuple[ExpressionSpec, ...]]:
    """All registered rules by source."""
    return dict(_expressions)


def windows(session: Session, key: str, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Planned windows of a target that touch [start, end)."""
    return [window for fn in _planned.values() for window in fn(session, key, start, end)]


def sources() -> dict[str, Source]:
    """All target sources."""
    return dict(_sources)


def probe_of(name: str) -> Probe | None:
    """A callable probe by name."""
    return _probes.get(name)


def signals() -> dict[str, SignalSpec]:
    """All signals by key."""
    return dict(_signals)
