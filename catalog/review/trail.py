"""The audit line of a decision about one node or thousands."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from kernel.audit.service import record
from kernel.canonical import dumps
from kernel.digest import sm3_hex
from kernel.identity.actor import Actor


def _detail(codes: Sequence[str], **more: Any) -> dict[str, Any]:
    """Audit detail of many nodes: their number, the first codes, and a digest that binds all of them."""
    digest = sm3_hex(dumps(sorted(codes)))
    return {"count": len(codes), "codes": list(codes[:20]), "codes_sm3": digest, **more}


def note(
    session: Session, actor: Actor, action: str, kind_key: str, rows: Sequence[dict[str, Any]], **more: Any
) -> uuid.UUID:
    """Record ``action`` on these rows of nodes."""
    departments = {row["department_id"] for row in rows}
    single = rows[0]["id"] if len(rows) == 1 else "batch"
    return record(
        session, actor, action=action, object_type=kind_key, object_id=str(single),
        detail=_detail([row["code"] for row in rows], **more),
        department_id=departments.pop() if len(departments) == 1 else None,
    )
