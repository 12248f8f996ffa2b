"""The port for what stands on data entries on floors above: each registers a source, the catalog imports none."""

import uuid
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session


class Dependent(NamedTuple):
    """Something above the catalog that rests on one data entry."""

    kind: str
    id: uuid.UUID
    code: str
    name: str
    department_id: uuid.UUID
    entry_id: uuid.UUID
    state: str


Source = Callable[[Session, Sequence[uuid.UUID]], list[Dependent]]
_sources: dict[str, tuple[str, Source]] = {}


def dependent_source(kind: str, zh: str, fn: Source) -> None:
    """Register ``fn(session, entry_ids)``: what of ``kind`` rests on these entries; called with any number of ids."""
    _sources[kind] = (zh, fn)


def titles() -> dict[str, str]:
    """Kind → its Chinese name."""
    return {kind: zh for kind, (zh, _) in _sources.items()}


def dependents(session: Session, entry_ids: Sequence[uuid.UUID]) -> list[Dependent]:
    """Everything registered that rests on these entries, by kind and code."""
    found = [row for _, fn in _sources.values() for row in fn(session, entry_ids)]
    return sorted(found, key=lambda row: (row.kind, row.code))
