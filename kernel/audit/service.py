"""Writing the trail."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from kernel import canonical, clock, ids
from kernel.audit.models import AuditLog
from kernel.identity.actor import Actor
from kernel.runtime import runtime_of

PURPOSE = "audit"


def record(
    session: Session,
    actor: Actor,
    *,
    action: str,
    object_type: str,
    object_id: str,
    detail: dict[str, Any],
    department_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Write one line in the caller's transaction and return its id, which the changed row should name.

    ``detail`` must have a canonical form (no floats) and carry no secret and no clear personal value.
    """
    row = AuditLog(
        id=ids.new(),
        at=clock.now(),
        actor_id=actor.user_id,
        actor_name=actor.name,
        actor_kind=actor.kind,
        department_id=department_id,
        action=action,
        object_type=object_type,
        object_id=object_id,
        detail=detail,
        mac=b"",
    )
    row.mac = runtime_of(session).box.mac(PURPOSE, content(row))
    session.add(row)
    session.flush([row])
    return row.id


def content(row: AuditLog) -> bytes:
    """Return the canonical bytes that ``mac`` covers: every column but ``mac`` itself."""
    return canonical.dumps(
        {
            "v": 1,
            "id": row.id,
            "at": row.at,
            "actor_id": row.actor_id,
            "actor_name": row.actor_name,
            "actor_kind": row.actor_kind,
            "department_id": row.department_id,
            "action": row.action,
            "object_type": row.object_type,
            "object_id": row.object_id,
            "detail": row.detail,
        }
    )
