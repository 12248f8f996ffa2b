"""Use cases of maintenance windows."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.interfaces import acts
from gateway.maintenance import errors
from gateway.maintenance.models import Maintenance
from gateway.permissions import INTERFACE_EDIT
from gateway.snapshot import service as snapshots
from kernel import clock, ids
from kernel.errors import NOT_FOUND
from kernel.identity.actor import Actor

_AHEAD, _LONGEST = timedelta(days=30), timedelta(days=3)


def announce(
    session: Session, actor: Actor, *, interface_id: uuid.UUID, starts_at: datetime, ends_at: datetime, text: str,
) -> Maintenance:
    """Plan a window: in it the interface answers 503 with this text and the seconds to its end."""
    interface = acts.own(session, actor, interface_id, INTERFACE_EDIT)
    acts.expect_published(interface)
    now = clock.now()
    if not (now < ends_at and starts_at < ends_at <= starts_at + _LONGEST and starts_at < now + _AHEAD):
        raise errors.WINDOW()
    audit_id = acts.note(session, actor, interface, "maintenance", {
        "from": clock.iso(starts_at), "to": clock.iso(ends_at), "text": text,
    })
    window = Maintenance(
        id=ids.new(), interface_id=interface.id, starts_at=starts_at, ends_at=ends_at, text=text,
        created_by=actor.user_id, created_at=now, audit_id=audit_id,
    )
    session.add(window)
    snapshots.build(session, audit_id=audit_id)
    return window


def cancel(session: Session, actor: Actor, *, window_id: uuid.UUID) -> Maintenance:
    """End a window early, or drop one that has not begun."""
    window = session.get(Maintenance, window_id)
    if window is None:
        raise NOT_FOUND()
    interface = acts.own(session, actor, window.interface_id, INTERFACE_EDIT)
    now = clock.now()
    if window.cancelled_at is not None or window.ends_at <= now:
        raise errors.WINDOW_STATE()
    window.cancelled_at = now
    window.audit_id = acts.note(session, actor, interface, "maintenance_cancel", {"window": str(window.id)})
    snapshots.build(session, audit_id=window.audit_id)
    return window
