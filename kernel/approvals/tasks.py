"""The workbench's sources: each feature says what waits for a person."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from kernel.approvals import queries
from kernel.approvals.models import Approval
from kernel.approvals.registry import kinds
from kernel.identity.actor import Actor


@dataclass(frozen=True)
class TaskRow:
    """One thing to do. ``source`` is the registered name, ``url`` the console path that opens it."""

    source: str
    id: uuid.UUID
    title_zh: str
    title_en: str
    created_at: datetime
    due_at: datetime | None = None
    from_name: str = ""
    from_id: uuid.UUID | None = None
    department_id: uuid.UUID | None = None
    url: str = ""


Source = Callable[[Session, Actor], list[TaskRow]]
_sources: dict[str, Source] = {}


def task_source(name: str, fn: Source) -> None:
    """Register ``fn(session, actor) -> list[TaskRow]``: what waits for this actor now, at most a few hundred rows."""
    _sources[name] = fn


def tasks_for(session: Session, actor: Actor) -> list[TaskRow]:
    """Union of all sources, the soonest due first, then the oldest."""
    rows = [row for name in sorted(_sources) for row in _sources[name](session, actor)]
    return sorted(rows, key=lambda row: (row.due_at is None, row.due_at or row.created_at, row.created_at))


def _approvals(session: Session, actor: Actor) -> list[TaskRow]:
    return [
        TaskRow(
            source="approvals", id=row.id, title_zh=row.title_zh, title_en=row.title_en, created_at=row.created_at,
            due_at=row.expires_at, from_name=row.maker_name, from_id=row.maker_id, department_id=row.department_id,
            url=_page(row),
        )
        for row in queries.waiting(session, actor, 500)
    ]


def _page(row: Approval) -> str:
    kind = kinds().get(row.kind)
    page = kind.page if kind is not None else ""
    return page.format(id=row.object_id) if page else f"/approvals/{row.id}"


task_source("approvals", _approvals)
