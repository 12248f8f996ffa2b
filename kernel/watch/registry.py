"""What upper floors register: targets, callables that probe, signals that rules look at."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy.orm import Session

from kernel.runtime import Runtime
from kernel.watch.rules import Policy

Kind = Literal["tcp", "http", "callable"]


class ProbeFailed(Exception):
    """Raised by a callable probe: the target was reached and is not well. Any other error is the prober's own."""


@dataclass(frozen=True)
class TargetSpec:
    """A target as its source wants it.

    ``spec``: tcp {host, port}; http {url, status_from, status_to}; callable {name, …}; each may have
    ``declared`` (private ranges of this target) and ``timeout_ms``. ``key`` is unique in the installation.
    """

    key: str
    kind: Kind
    zh: str
    en: str
    spec: dict[str, Any] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    department_id: uuid.UUID | None = None


Source = Callable[[Session], list[TargetSpec]]
Probe = Callable[[Runtime, dict[str, Any]], None]
Signal = Callable[[Runtime], Decimal | int | None]
_sources: dict[str, Source] = {}
_probes: dict[str, Probe] = {}
_signals: dict[str, "SignalSpec"] = {}


@dataclass(frozen=True)
class SignalSpec:
    """A number that rules may watch, with its titles and unit."""

    key: str
    zh: str
    en: str
    unit: str
    read: Signal


def target_source(name: str, fn: Source) -> None:
    """Register ``fn(session) -> list[TargetSpec]``; what is no longer listed is switched off."""
    _sources[name] = fn


def callable_probe(name: str, fn: Probe) -> None:
    """Register ``fn(runtime, spec)``: returns when the target is well, raises :class:`ProbeFailed` when not."""
    _probes[name] = fn


def signal(key: str, fn: Signal, *, zh: str, en: str, unit: str = "") -> None:
    """Register ``fn(runtime) -> number``; None is a missing sample, which holds a rule's state."""
    _signals[key] = SignalSpec(key, zh, en, unit, fn)


def sources() -> dict[str, Source]:
    """All target sources."""
    return dict(_sources)


def probe_of(name: str) -> Probe | None:
    """A callable probe by name."""
    return _probes.get(name)


def signals() -> dict[str, SignalSpec]:
    """All signals by key."""
    return dict(_signals)
