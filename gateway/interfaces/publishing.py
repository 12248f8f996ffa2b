"""A revision goes into service, an interface out of it: rows, events and the snapshot in one transaction."""

import uuid

from sqlalchemy.orm import Session

from gateway.events import InterfacePublished, InterfaceRetired
from gateway.interfaces import acts, queries
from gateway.interfaces.models import Interface, InterfaceRevision
from gateway.snapshot import service as snapshots
from kernel import clock
from kernel.events import publish


def publish_revision(session: Session, interface: Interface, revision: InterfaceRevision, audit_id: uuid.UUID) -> None:
    """Serve an approved revision in the production environment from the next snapshot on."""
    for older in queries.revisions(session, interface.id):
        if older.state == "published":
            older.state = "superseded"
    session.flush()
    revision.state, revision.published_at = "published", revision.published_at or clock.now()
    revision.effective_on, revision.canary = None, None
    interface.state, interface.revision = "published", revision.number
    acts.touch(interface, audit_id)
    session.flush()
    publish(session, InterfacePublished(
        interface.id, interface.code, interface.entry_id, interface.department_id, revision.number, audit_id,
    ))
    snapshots.build_all(session, audit_id=audit_id)


def retire_interface(session: Session, interface: Interface, audit_id: uuid.UUID) -> None:
    """Take an interface out of service: it answers 410 from the next snapshot on."""
    interface.state = "retired"
    acts.touch(interface, audit_id)
    session.flush()
    publish(session, InterfaceRetired(interface.id, interface.code, audit_id))
    snapshots.build_all(session, audit_id=audit_id)
