"""Use cases on tasks: make one, change it, start and pause its schedule, its callback."""

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.collection import contract, queries, schedule, sources
from gateway.collection.errors import CODE_TAKEN, RUNNING, SCHEDULE, SOURCE, STATE
from gateway.collection.models import CollectionTable, CollectionTask
from gateway.permissions import COLLECT_EDIT, COLLECT_RUN
from kernel import clock, ids
from kernel.audit.service import record
from kernel.calendar import service as calendar
from kernel.identity.actor import Actor, require
from kernel.runtime import runtime_of

_HOOK = "collection.hook"


@dataclass(frozen=True)
class Plan:
    """What a task does. ``bad_limit``: percent of refused rows beyond which a full load is not shown."""

    name: str
    kind: str
    source: Mapping[str, Any]
    mapping: Mapping[str, str] = field(default_factory=dict)
    mode: str = "full"
    bad_limit: int = 100
    schedule: Mapping[str, Any] | None = None
    promise_hours: int | None = None


def create(session: Session, actor: Actor, *, code: str, table_id: uuid.UUID, plan: Plan) -> CollectionTask:
    """Make a task that fills a declared table; it is paused until somebody starts it. A table has one task.

    Raises 403, 404, ``gateway.collection.code_taken``, ``gateway.collection.source``, ``gateway.collection.schedule``.
    """
    table = queries.table(session, table_id)
    require(actor, COLLECT_EDIT, department_id=table.department_id)
    for taken in (CollectionTask.code == code, CollectionTask.table_id == table_id):
        if session.scalar(select(CollectionTask.id).where(taken)) is not None:
            raise CODE_TAKEN(code=code)
    task_id = ids.new()
    row = CollectionTask(
        id=task_id, code=code, department_id=table.department_id, table_id=table_id, state="paused", next_at=None,
        cursor=None, last_run=0, last_success_at=None, hook_secret=None, hook_at=0, version=1, created_by=actor.name,
        created_at=clock.now(), **_settings(session, table, plan),
    )
    row.audit_id = note(session, actor, row, "create", kind=plan.kind, mode=plan.mode, table=table.code)
    session.add(row)
    session.flush([row])
    return row


def change(session: Session, actor: Actor, *, task_id: uuid.UUID, plan: Plan) -> CollectionTask:
    """Change what a task does from its next run on. Another source or cursor begins anew."""
    row = owned(session, actor, task_id, COLLECT_EDIT)
    _idle(session, row)
    if (row.kind, row.source.get("cursor")) != (plan.kind, plan.source.get("cursor")):
        row.cursor = None
    for name, value in _settings(session, queries.table(session, row.table_id), plan).items():
        setattr(row, name, value)
    row.next_at = next_time(session, row, clock.now()) if row.state == "active" else None
    row.version += 1
    row.audit_id = note(session, actor, row, "change", kind=plan.kind, mode=plan.mode)
    return row


def start(session: Session, actor: Actor, *, task_id: uuid.UUID) -> CollectionTask:
    """Let the task run by its schedule and by callbacks."""
    row = owned(session, actor, task_id, COLLECT_RUN)
    if row.state == "active":
        raise STATE(code=row.code, state=row.state)
    row.state, row.next_at = "active", next_time(session, row, clock.now())
    row.version += 1
    row.audit_id = note(session, actor, row, "start")
    return row


def pause(session: Session, actor: Actor, *, task_id: uuid.UUID) -> CollectionTask:
    """Let it run by hand only; a run that is under way goes on."""
    row = owned(session, actor, task_id, COLLECT_RUN)
    if row.state != "active":
        raise STATE(code=row.code, state=row.state)
    row.state, row.next_at = "paused", None
    row.version += 1
    row.audit_id = note(session, actor, row, "pause")
    return row


def new_hook(session: Session, actor: Actor, *, task_id: uuid.UUID) -> str:
    """Give the task a new secret for callbacks and return it, for this once."""
    row = owned(session, actor, task_id, COLLECT_EDIT)
    secret = secrets.token_urlsafe(32)
    row.hook_secret = runtime_of(session).box.seal(f"{_HOOK}:{row.id}", secret.encode())
    row.version += 1
    row.audit_id = note(session, actor, row, "hook")
    return secret


def hook_secret(session: Session, row: CollectionTask) -> bytes | None:
    """Return the secret of a task's callbacks, None where it has none."""
    return runtime_of(session).box.open(f"{_HOOK}:{row.id}", row.hook_secret) if row.hook_secret else None


def next_time(session: Session, row: CollectionTask, after: datetime) -> datetime | None:
    """Return when the task runs next by its schedule, None without one."""
    if row.schedule is None:
        return None
    return schedule.following(row.schedule, after, calendar.load(session).is_workday)


def owned(session: Session, actor: Actor, task_id: uuid.UUID, permission: str) -> CollectionTask:
    """Return a task that the actor may act on; raise 403, 404."""
    row = queries.task(session, task_id)
    require(actor, permission, department_id=row.department_id)
    return row


def note(session: Session, actor: Actor, row: CollectionTask, verb: str, **detail: Any) -> uuid.UUID:
    """Write a line of the trail about a task."""
    return record(
        session, actor, action=f"gateway.collection.{verb}", object_type="collection_task", object_id=str(row.id),
        detail={"code": row.code, **detail}, department_id=row.department_id,
    )


def _idle(session: Session, row: CollectionTask) -> None:
    if queries.open_run(session, row.id) is not None:
        raise RUNNING(code=row.code)


def _settings(session: Session, table: CollectionTable, plan: Plan) -> dict[str, Any]:
    columns = {one.name for one in contract.columns_of(table.columns)}
    if plan.kind not in sources.KINDS or plan.mode not in ("full", "cursor") or not set(plan.mapping) <= columns:
        raise SOURCE(field="kind, mode or mapping")
    sources.check(session, table.department_id, plan.kind, plan.source, plan.mode)
    wrong = schedule.fault(plan.schedule) if plan.schedule is not None else ""
    if wrong or (plan.schedule is not None and plan.kind == "file"):
        raise SCHEDULE(field=wrong or "file")
    mapping = {name: field for name, field in plan.mapping.items() if field and field != name}
    source = dict(plan.source)
    if plan.kind == "database":
        source["columns"] = sorted(mapping.get(name, name) for name in columns)
    return {
        "name": plan.name, "kind": plan.kind, "source": source, "mapping": mapping, "mode": plan.mode,
        "bad_limit": plan.bad_limit, "schedule": dict(plan.schedule) if plan.schedule is not None else None,
        "promise_hours": plan.promise_hours,
    }
