"""The history of contracts: one line here and one in the audit trail for every act."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from chain.contracts.models import ContractEvent
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor


def note(
    session: Session, actor: Actor, action: str, *, name: str, object_type: str, object_id: uuid.UUID,
    environment: str | None = None, version: str | None = None, detail: dict[str, Any] | None = None,
) -> uuid.UUID:
    """Write both lines in the caller's transaction; return the audit line's id. ``action`` like ``version.ready``."""
    told = {"name": name, "environment": environment, "version": version, **(detail or {})}
    audit_id = record(
        session, actor, action=f"chain.contract.{action}", object_type=object_type, object_id=str(object_id),
        detail=told,
    )
    session.add(ContractEvent(
        id=ids.new(), name=name.removesuffix(".implementation"), environment=environment, version=version,
        action=action, actor=actor.name, detail=detail or {}, at=clock.now(), audit_id=audit_id,
    ))
    return audit_id
