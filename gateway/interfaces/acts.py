"""What every use case of interfaces does: find it in scope, find its revision, note the act, move its version."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from gateway import errors
from gateway.interfaces import queries, rules
from gateway.interfaces.models import Interface, InterfaceRevision
from kernel import clock
from kernel.audit.service import record
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor, require


def own(session: Session, actor: Actor, interface_id: uuid.UUID, permission: str) -> Interface:
    """Return the interface; 404 where it is unknown or another department's, 403 without the permission."""
    interface = session.get(Interface, interface_id)
    if interface is None:
        raise NOT_FOUND()
    require(actor, permission, department_id=interface.department_id)
    return interface


def open_revision(session: Session, interface: Interface, states: tuple[str, ...]) -> InterfaceRevision:
    """Return the open revision; raise ``gateway.interface.state`` unless it is in one of the states."""
    revision = queries.open_revision(session, interface.id)
    if revision is None or revision.state not in states:
        raise errors.INTERFACE_STATE(code=interface.code, state=revision.state if revision else interface.state)
    return revision


def expect_published(interface: Interface) -> None:
    """Raise ``gateway.interface.state`` unless the interface is served."""
    if interface.state != "published":
        raise errors.INTERFACE_STATE(code=interface.code, state=interface.state)


def check(definition: dict[str, Any]) -> None:
    """Raise ``gateway.interface.definition`` for what must not be served."""
    fault = rules.definition_fault(definition)
    if fault is not None:
        raise errors.INTERFACE_DEFINITION(field=fault[0], problem=fault[1])


def decide(revision: InterfaceRevision, actor: Actor, state: str, opinion: str, audit_id: uuid.UUID) -> None:
    """Write a decision into a revision."""
    revision.state, revision.decided_by, revision.decided_at = state, actor.user_id, clock.now()
    revision.opinion, revision.audit_id = opinion, audit_id


def touch(interface: Interface, audit_id: uuid.UUID) -> None:
    """Move the interface's version."""
    interface.version += 1
    interface.updated_at, interface.audit_id = clock.now(), audit_id


def note(session: Session, actor: Actor, interface: Interface, verb: str, detail: dict[str, Any]) -> uuid.UUID:
    """Write the audit line of an act."""
    return record(
        session, actor, action=f"gateway.interface.{verb}", object_type="gateway_interface",
        object_id=str(interface.id), detail={"code": interface.code, **detail}, department_id=interface.department_id,
    )
