"""Maintenance windows over HTTP."""

import uuid
from datetime import timedelta

from gateway.interfaces.models import Interface
from gateway.maintenance import queries, service
from gateway.maintenance.schemas import WindowIn, WindowOut, Windows
from gateway.permissions import INTERFACE_EDIT, INTERFACE_READ
from kernel import clock
from kernel.errors import NOT_FOUND
from kernel.http import Actor_, Session_, needs, router

api = router(prefix="/gateway", tags=["gateway"])
_SHOWN = timedelta(days=90)


@api.get("/interfaces/{interface_id}/maintenance", **needs(INTERFACE_READ))
def list_windows(session: Session_, interface_id: uuid.UUID) -> Windows:
    """List the windows of an interface."""
    if session.get(Interface, interface_id) is None:
        raise NOT_FOUND()
    rows = queries.of_interface(session, interface_id, clock.now() - _SHOWN)
    return Windows(items=[WindowOut.model_validate(row) for row in rows])


@api.post("/interfaces/{interface_id}/maintenance", status_code=201, **needs(INTERFACE_EDIT))
def announce_window(session: Session_, actor: Actor_, interface_id: uuid.UUID, body: WindowIn) -> WindowOut:
    """Plan a window."""
    made = service.announce(
        session, actor, interface_id=interface_id, starts_at=body.starts_at, ends_at=body.ends_at, text=body.text,
    )
    return WindowOut.model_validate(made)


@api.post("/maintenance/{window_id}/cancel", **needs(INTERFACE_EDIT))
def cancel_window(session: Session_, actor: Actor_, window_id: uuid.UUID) -> WindowOut:
    """End a window now, or drop it."""
    return WindowOut.model_validate(service.cancel(session, actor, window_id=window_id))
