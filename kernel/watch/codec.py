"""State of the machines as JSON rows keep it."""

import dataclasses
from datetime import datetime
from typing import Any, TypeVar

from kernel import clock
from kernel.watch.rules import AlertMemory, Memory, Policy, State

M = TypeVar("M", Memory, AlertMemory)


def to_json(memory: Memory | AlertMemory) -> dict[str, Any]:
    """Fields that are set; instants as RFC 3339."""
    pairs = ((f.name, getattr(memory, f.name)) for f in dataclasses.fields(memory))
    return {
        name: clock.iso(value) if isinstance(value, datetime) else value
        for name, value in pairs if value is not None
    }


def memory_of(stored: dict[str, Any]) -> Memory:
    """The probe machine's memory; an empty dict is a new target."""
    found = _parse(Memory, stored)
    return dataclasses.replace(found, state=State(found.state))


def alert_memory_of(stored: dict[str, Any]) -> AlertMemory:
    """A rule's memory; an empty dict is a new rule."""
    return _parse(AlertMemory, stored)


def policy_of(stored: dict[str, Any]) -> Policy:
    """A target's thresholds; fields that are not given have their defaults."""
    return Policy(**stored)


def _parse(kind: type[M], stored: dict[str, Any]) -> M:
    # rows of an older version may hold fields that are no more
    fields = {f.name for f in dataclasses.fields(kind)}
    instants = {f.name for f in dataclasses.fields(kind) if "datetime" in str(f.type)}
    values: dict[str, Any] = {k: clock.parse(v) if k in instants else v for k, v in stored.items() if k in fields}
    return kind(**values)
