"""Use cases of interfaces: draft, submit, approve (publish), return, retire."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from catalog.public.release import release_allowed
from gateway import errors
from gateway.events import InterfacePublished, InterfaceRetired
from gateway.interfaces import queries, rules
from gateway.interfaces.models import Interface, InterfaceRevision
from gateway.permissions import INTERFACE_APPROVE, INTERFACE_EDIT
from gateway.snapshot import service as snapshots
from kernel import canonical, clock, ids
from kernel.audit.service import record
from kernel.digest import sm3_hex
from kernel.errors import NOT_FOUND
from kernel.events import publish
from kernel.identity.actor import Actor, require


def create(
    session: Session, actor: Actor, *, code: str, name: str, path: str, entry_id: uuid.UUID, definition: dict[str, Any],
) -> Interface:
    """Create an interface with its first draft. It belongs to the department of its data entry."""
    entry = queries.entry(session, entry_id)
    if entry is None:
        raise NOT_FOUND()
    require(actor, INTERFACE_EDIT, department_id=entry.department_id)
    if queries.by_code(session, code) is not None:
        raise errors.INTERFACE_CODE_TAKEN(code=code)
    taken = queries.by_path(session, path)
    if taken is not None:
        raise errors.INTERFACE_PATH_TAKEN(path=path, code=taken.code)
    now, interface_id = clock.now(), ids.new()
    audit_id = record(
        session, actor, action="gateway.interface.create", object_type="gateway_interface", object_id=str(interface_id),
        detail={"code": code, "path": path, "entry": entry.code}, department_id=entry.department_id,
    )
    interface = Interface(
        id=interface_id, code=code, name=name, path=path, department_id=entry.department_id, entry_id=entry_id,
        state="draft", revision=0, version=1, created_by=actor.user_id, created_at=now, updated_at=now,
        audit_id=audit_id,
    )
    session.add(interface)
    session.flush()
    _draft(session, interface, 1, definition, audit_id)
    return interface


def revise(session: Session, actor: Actor, *, interface_id: uuid.UUID, definition: dict[str, Any]) -> Interface:
    """Change the open draft, or open the next revision of a published interface."""
    interface = _own(session, actor, interface_id, INTERFACE_EDIT)
    if interface.state == "retired":
        raise errors.INTERFACE_STATE(code=interface.code, state=interface.state)
    revision = queries.open_revision(session, interface.id)
    if revision is not None and revision.state not in rules.EDITABLE:
        raise errors.INTERFACE_STATE(code=interface.code, state=revision.state)
    audit_id = _record(session, actor, interface, "revise", {})
    if revision is None:
        _draft(session, interface, queries.revisions(session, interface.id)[0].number + 1, definition, audit_id)
    else:
        _check(definition)
        revision.definition, revision.sm3 = definition, sm3_hex(canonical.dumps(definition))
        revision.state, revision.audit_id = "draft", audit_id
    _touch(interface, audit_id)
    return interface


def submit(session: Session, actor: Actor, *, interface_id: uuid.UUID) -> Interface:
    """Hand the draft to a reviewer."""
    interface = _own(session, actor, interface_id, INTERFACE_EDIT)
    revision = _open(session, interface, rules.EDITABLE)
    _check(revision.definition)
    audit_id = _record(session, actor, interface, "submit", {"revision": revision.number, "sm3": revision.sm3})
    revision.state, revision.submitted_by, revision.submitted_at = "submitted", actor.user_id, clock.now()
    revision.audit_id = audit_id
    _touch(interface, audit_id)
    return interface


def approve(session: Session, actor: Actor, *, interface_id: uuid.UUID, opinion: str) -> Interface:
    """Publish the submitted revision: approval, audit, snapshot and events in one transaction."""
    interface, revision = _to_decide(session, actor, interface_id)
    entry = queries.entry(session, interface.entry_id)
    if entry is None or entry.version < 1 or entry.status == "withdrawn":
        raise errors.ENTRY_NOT_PUBLISHED(code=entry.code if entry else str(interface.entry_id))
    if release_allowed(session, [entry.id], "interface").refused:
        raise errors.ENTRY_LEVEL(code=entry.code)
    audit_id = _record(
        session, actor, interface, "publish", {"revision": revision.number, "sm3": revision.sm3, "opinion": opinion},
    )
    for older in queries.revisions(session, interface.id):
        if older.state == "published":
            older.state = "superseded"
    _decide(revision, actor, "published", opinion, audit_id)
    interface.state, interface.revision = "published", revision.number
    _touch(interface, audit_id)
    session.flush()
    publish(session, InterfacePublished(
        interface.id, interface.code, interface.entry_id, interface.department_id, revision.number, audit_id,
    ))
    snapshots.build(session, audit_id=audit_id)
    return interface


def return_(session: Session, actor: Actor, *, interface_id: uuid.UUID, opinion: str) -> Interface:
    """Give the submitted revision back with the reason."""
    interface, revision = _to_decide(session, actor, interface_id)
    audit_id = _record(session, actor, interface, "return", {"revision": revision.number, "opinion": opinion})
    _decide(revision, actor, "returned", opinion, audit_id)
    _touch(interface, audit_id)
    return interface


def retire(session: Session, actor: Actor, *, interface_id: uuid.UUID, opinion: str) -> Interface:
    """Take an interface out of service: it answers 410 from the next snapshot on."""
    interface = _own(session, actor, interface_id, INTERFACE_APPROVE)
    if interface.state != "published":
        raise errors.INTERFACE_STATE(code=interface.code, state=interface.state)
    audit_id = _record(session, actor, interface, "retire", {"opinion": opinion})
    interface.state = "retired"
    _touch(interface, audit_id)
    session.flush()
    publish(session, InterfaceRetired(interface.id, interface.code, audit_id))
    snapshots.build(session, audit_id=audit_id)
    return interface


def _own(session: Session, actor: Actor, interface_id: uuid.UUID, permission: str) -> Interface:
    interface = session.get(Interface, interface_id)
    if interface is None:
        raise NOT_FOUND()
    require(actor, permission, department_id=interface.department_id)
    return interface


def _open(session: Session, interface: Interface, states: tuple[str, ...]) -> InterfaceRevision:
    revision = queries.open_revision(session, interface.id)
    if revision is None or revision.state not in states:
        raise errors.INTERFACE_STATE(code=interface.code, state=revision.state if revision else interface.state)
    return revision


def _to_decide(session: Session, actor: Actor, interface_id: uuid.UUID) -> tuple[Interface, InterfaceRevision]:
    interface = _own(session, actor, interface_id, INTERFACE_APPROVE)
    revision = _open(session, interface, ("submitted",))
    if actor.user_id is not None and actor.user_id == revision.submitted_by:
        raise errors.INTERFACE_MAKER()
    return interface, revision


def _draft(
    session: Session, interface: Interface, number: int, definition: dict[str, Any], audit_id: uuid.UUID,
) -> None:
    _check(definition)
    session.add(InterfaceRevision(
        id=ids.new(), interface_id=interface.id, number=number, state="draft", definition=definition,
        sm3=sm3_hex(canonical.dumps(definition)), audit_id=audit_id,
    ))
    session.flush()


def _check(definition: dict[str, Any]) -> None:
    fault = rules.definition_fault(definition)
    if fault is not None:
        raise errors.INTERFACE_DEFINITION(field=fault[0], problem=fault[1])


def _decide(revision: InterfaceRevision, actor: Actor, state: str, opinion: str, audit_id: uuid.UUID) -> None:
    revision.state, revision.decided_by, revision.decided_at = state, actor.user_id, clock.now()
    revision.opinion, revision.audit_id = opinion, audit_id


def _touch(interface: Interface, audit_id: uuid.UUID) -> None:
    interface.version += 1
    interface.updated_at, interface.audit_id = clock.now(), audit_id


def _record(session: Session, actor: Actor, interface: Interface, verb: str, detail: dict[str, Any]) -> uuid.UUID:
    return record(
        session, actor, action=f"gateway.interface.{verb}", object_type="gateway_interface",
        object_id=str(interface.id), detail={"code": interface.code, **detail}, department_id=interface.department_id,
    )
