"""Use cases up to the approval: draft, test, submit, approve (publish or announce), return, roll back."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from catalog.public.release import release_allowed
from gateway import errors
from gateway.interfaces import acts, announcing, changes, publishing, queries, rules
from gateway.interfaces.models import Interface, InterfaceRevision
from gateway.permissions import INTERFACE_APPROVE, INTERFACE_EDIT
from gateway.snapshot import service as snapshots
from kernel import canonical, clock, ids
from kernel.audit.service import record
from kernel.digest import sm3_hex
from kernel.errors import NOT_FOUND
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
    """Change the open draft, or open the next number: a definition that was in test or in review is never changed."""
    interface = acts.own(session, actor, interface_id, INTERFACE_EDIT)
    if interface.state == "retired":
        raise errors.INTERFACE_STATE(code=interface.code, state=interface.state)
    revision = queries.open_revision(session, interface.id)
    if revision is not None and revision.state not in rules.REVISABLE:
        raise errors.INTERFACE_STATE(code=interface.code, state=revision.state)
    audit_id = acts.note(session, actor, interface, "revise", {})
    if revision is not None and revision.state == "draft":
        acts.check(definition)
        revision.definition, revision.sm3 = definition, sm3_hex(canonical.dumps(definition))
        revision.audit_id = audit_id
    else:
        if revision is not None:
            revision.state, revision.audit_id = "superseded", audit_id
            session.flush()
        _draft(session, interface, queries.revisions(session, interface.id)[0].number + 1, definition, audit_id)
    acts.touch(interface, audit_id)
    return interface


def start_test(session: Session, actor: Actor, *, interface_id: uuid.UUID) -> Interface:
    """Freeze the draft and serve it, on synthetic data, in the test environment."""
    interface = acts.own(session, actor, interface_id, INTERFACE_EDIT)
    revision = acts.open_revision(session, interface, ("draft",))
    _into_test(session, actor, interface, revision)
    return interface


def submit(session: Session, actor: Actor, *, interface_id: uuid.UUID) -> Interface:
    """Hand the revision to a reviewer. What the reviewer sees is in the test environment: a draft goes there first."""
    interface = acts.own(session, actor, interface_id, INTERFACE_EDIT)
    revision = acts.open_revision(session, interface, ("draft", "testing"))
    if revision.state == "draft":
        _into_test(session, actor, interface, revision)
    _hand_over(session, actor, interface, revision, "submit")
    return interface


def roll_back(session: Session, actor: Actor, *, interface_id: uuid.UUID, number: int) -> Interface:
    """Ask for an earlier published revision again, under its number: it needs a new approval like any other."""
    interface = acts.own(session, actor, interface_id, INTERFACE_EDIT)
    acts.expect_published(interface)
    opened = queries.open_revision(session, interface.id)
    if opened is not None:
        raise errors.INTERFACE_STATE(code=interface.code, state=opened.state)
    revision = queries.revision(session, interface.id, number)
    if revision is None:
        raise NOT_FOUND()
    if revision.published_at is None or revision.state != "superseded":
        raise errors.INTERFACE_STATE(code=interface.code, state=revision.state)
    _hand_over(session, actor, interface, revision, "roll_back")
    return interface


def approve(
    session: Session, actor: Actor, *, interface_id: uuid.UUID, opinion: str, urgent: bool = False,
) -> Interface:
    """Approve exactly the submitted revision: served at once, or, where it breaks somebody who still calls, from
    the day that is announced 20 working days ahead. ``urgent`` waives the wait and says so to the callers.
    """
    interface, revision = _to_decide(session, actor, interface_id)
    require_publishable(session, interface)
    audit_id = acts.note(session, actor, interface, "approve", {
        "revision": revision.number, "sm3": revision.sm3, "opinion": opinion, "urgent": urgent,
    })
    acts.decide(revision, actor, "scheduled", opinion, audit_id)
    reasons = _breaks(session, interface, revision)
    callers = announcing.still_calling(session, interface) if reasons else []
    if callers and not urgent:
        announcing.announce_revision(session, interface, revision, reasons, callers)
        acts.touch(interface, audit_id)
        snapshots.build_all(session, audit_id=audit_id)
    else:
        publishing.publish_revision(session, interface, revision, audit_id)
        announcing.tell_changed(session, interface, reasons, callers)
    return interface


def return_(session: Session, actor: Actor, *, interface_id: uuid.UUID, opinion: str) -> Interface:
    """Give the submitted revision back with the reason; one that was published before stays what it was."""
    interface, revision = _to_decide(session, actor, interface_id)
    audit_id = acts.note(session, actor, interface, "return", {"revision": revision.number, "opinion": opinion})
    acts.decide(revision, actor, "superseded" if revision.published_at else "returned", opinion, audit_id)
    acts.touch(interface, audit_id)
    return interface


def require_publishable(session: Session, interface: Interface) -> None:
    """Raise unless the entry of the interface is published and its level may leave by an interface."""
    entry = queries.entry(session, interface.entry_id)
    if entry is None or entry.version < 1 or entry.status == "withdrawn":
        raise errors.ENTRY_NOT_PUBLISHED(code=entry.code if entry else str(interface.entry_id))
    if release_allowed(session, [entry.id], "interface").refused:
        raise errors.ENTRY_LEVEL(code=entry.code)


def _breaks(session: Session, interface: Interface, revision: InterfaceRevision) -> list[str]:
    served = queries.revision(session, interface.id, interface.revision) if interface.state == "published" else None
    return changes.breaking(served.definition, revision.definition) if served else []


def _to_decide(session: Session, actor: Actor, interface_id: uuid.UUID) -> tuple[Interface, InterfaceRevision]:
    interface = acts.own(session, actor, interface_id, INTERFACE_APPROVE)
    revision = acts.open_revision(session, interface, ("submitted",))
    if actor.user_id is not None and actor.user_id == revision.submitted_by:
        raise errors.INTERFACE_MAKER()
    return interface, revision


def _into_test(session: Session, actor: Actor, interface: Interface, revision: InterfaceRevision) -> None:
    acts.check(revision.definition)
    audit_id = acts.note(session, actor, interface, "test", {"revision": revision.number, "sm3": revision.sm3})
    revision.state, revision.tested_at, revision.audit_id = "testing", clock.now(), audit_id
    interface.test_revision = revision.number
    acts.touch(interface, audit_id)
    snapshots.build(session, audit_id=audit_id, environment=snapshots.TEST)


def _hand_over(session: Session, actor: Actor, interface: Interface, revision: InterfaceRevision, verb: str) -> None:
    acts.check(revision.definition)
    audit_id = acts.note(session, actor, interface, verb, {"revision": revision.number, "sm3": revision.sm3})
    revision.state, revision.submitted_by, revision.submitted_at = "submitted", actor.user_id, clock.now()
    revision.audit_id = audit_id
    acts.touch(interface, audit_id)


def _draft(
    session: Session, interface: Interface, number: int, definition: dict[str, Any], audit_id: uuid.UUID,
) -> None:
    acts.check(definition)
    session.add(InterfaceRevision(
        id=ids.new(), interface_id=interface.id, number=number, state="draft", definition=definition,
        sm3=sm3_hex(canonical.dumps(definition)), audit_id=audit_id,
    ))
    session.flush()
