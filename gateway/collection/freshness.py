"""How fresh a task's data are against the cycle it promises, as a fact and as a target of kernel/watch."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gateway.collection import queries
from gateway.collection.models import CollectionTask
from kernel import clock
from kernel.runtime import Runtime
from kernel.watch.registry import ProbeFailed, TargetSpec


def state_of(row: CollectionTask, now: datetime) -> str:
    """Return none (nothing promised), never, fresh or late."""
    if row.promise_hours is None:
        return "none"
    if row.last_success_at is None:
        return "never"
    return "late" if now - row.last_success_at > timedelta(hours=row.promise_hours) else "fresh"


def targets(session: Session) -> list[TargetSpec]:
    """One target a task that promises a cycle."""
    return [
        TargetSpec(f"gateway.collection.{task.code}", "callable", f"汇聚「{task.name}」时效", f"Freshness of {task.code}",
                   {"name": "gateway.collection", "task": str(task.id)}, department_id=task.department_id)
        for task in queries.promised(session)
    ]


def probe(runtime: Runtime, spec: dict[str, Any]) -> None:
    """Raise ProbeFailed where the last success is older than promised."""
    with runtime.database.read() as session:
        task = queries.task(session, uuid.UUID(spec["task"]))
    if state_of(task, clock.now()) in ("late", "never"):
        since = clock.iso(task.last_success_at) if task.last_success_at else "never"
        raise ProbeFailed(f"last success {since}, promised every {task.promise_hours} h")
