"""Declaring what is checked of an interface."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from gateway.errors import HEALTH_CHECK_INVALID
from gateway.health import queries, rules
from gateway.health.models import HealthCheck
from gateway.health.rules import CheckKind
from gateway.interfaces.models import Interface, InterfaceRevision
from gateway.interfaces.queries import served
from gateway.permissions import INTERFACE_EDIT
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require


def declare(
    session: Session, actor: Actor, *, interface_id: uuid.UUID, kind: CheckKind, spec: dict[str, Any], contract: bool,
    enabled: bool,
) -> HealthCheck:
    """Declare or change one check of a published interface; it is probed within a minute. Raises ``check_invalid``."""
    interface, revision = _served(session, actor, interface_id)
    definition = revision.definition
    if contract and kind == "http":
        spec = {**spec, "schema": rules.schema_of(definition["contract"])}
    if (fault := rules.check_fault(kind, spec, definition["source"]["kind"])) is not None:
        raise HEALTH_CHECK_INVALID(reason=fault)
    row = queries.check(session, interface.id, kind)
    if row is None:
        row = HealthCheck(id=ids.new(), interface_id=interface.id, kind=kind, version=0)
        session.add(row)
    row.spec, row.enabled, row.updated_at, row.version = spec, enabled, clock.now(), row.version + 1
    row.audit_id = _note(session, actor, interface, "declare", {"kind": kind, "enabled": enabled})
    session.flush([row])
    return row


def remove(session: Session, actor: Actor, *, interface_id: uuid.UUID, kind: CheckKind) -> None:
    """Check it no more; its target is switched off, its history stays."""
    interface, _ = _served(session, actor, interface_id)
    row = queries.check(session, interface.id, kind)
    if row is None:
        raise NOT_FOUND()
    _note(session, actor, interface, "remove", {"kind": kind})
    session.delete(row)


def _served(session: Session, actor: Actor, interface_id: uuid.UUID) -> tuple[Interface, InterfaceRevision]:
    found = next((pair for pair in served(session) if pair[0].id == interface_id), None)
    if found is None:
        raise NOT_FOUND()
    require(actor, INTERFACE_EDIT, department_id=found[0].department_id)
    return found


def _note(session: Session, actor: Actor, interface: Interface, verb: str, detail: dict[str, Any]) -> uuid.UUID:
    return record(
        session, actor, action=f"gateway.health.{verb}", object_type="gateway_interface", object_id=str(interface.id),
        detail=detail, department_id=interface.department_id,
    )
