"""/crypto: KEKs and the operations that two people decide."""

import uuid
from typing import Annotated

from fastapi import Path, Request

from crypto.destruction import service as destruction
from crypto.keys import queries, views
from crypto.keys.schemas import ScopeOut
from crypto.requests import service
from crypto.requests.schemas import (
    KekOut,
    KekPage,
    PolicyIn,
    ReasonIn,
    RequestedOut,
    ScheduleIn,
    SharesOut,
)
from crypto.requests.views import keks
from crypto.rotation import aborting
from crypto.rotation import service as rotations
from crypto.rotation.windows import window
from kernel.approvals.models import Approval
from kernel.errors import NOT_FOUND
from kernel.http import Actor_, Page_, Session_, needs, paginate, router

api = router(prefix="/crypto", tags=["crypto"])
KeyId = Annotated[int, Path(ge=1, lt=2**32)]  # four bytes in every envelope


@api.get("/keks", **needs("crypto.key.read"))
def list_keks(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None, state: str | None = None,
) -> KekPage:
    """List KEKs of departments, newest first; never material."""
    rows, total = paginate(session, queries.keks(views.reach(actor) or department_id, state), page)
    return KekPage(items=keks(session, rows), total=total, page=page.number, size=page.size)


@api.get("/keks/{kek_id}", **needs("crypto.key.read"))
def get_kek(session: Session_, actor: Actor_, kek_id: uuid.UUID) -> KekOut:
    """Return one KEK, with the certificate of its destruction."""
    row = queries.kek(session, kek_id)
    if not actor.sees(row.department_id):
        raise NOT_FOUND()
    return keks(session, [row])[0]


@api.post("/keks/{kek_id}/change", status_code=202, **needs("crypto.key.manage"))
def request_kek_change(session: Session_, actor: Actor_, kek_id: uuid.UUID, body: ReasonIn) -> RequestedOut:
    """Propose a new KEK for the department; the re-wrap happens with the consent."""
    return _asked(service.request_kek_change(session, actor, kek_id=kek_id, reason=body.reason))


@api.post("/keks/{kek_id}/destruction", status_code=202, **needs("crypto.key.manage"))
def request_destruction(session: Session_, actor: Actor_, kek_id: uuid.UUID, body: ReasonIn) -> RequestedOut:
    """Propose to destroy a retired KEK; refused while a catalogued copy could still open it."""
    return _asked(destruction.request(session, actor, kek_id=kek_id, reason=body.reason))


@api.post("/keys/{key_id}/compromise", status_code=202, **needs("crypto.key.manage"))
def request_compromise(session: Session_, actor: Actor_, key_id: KeyId, body: ReasonIn) -> RequestedOut:
    """Propose to treat a data key as compromised: no more writing with it, and its rotation goes first."""
    return _asked(service.request_compromise(session, actor, key_id=key_id, reason=body.reason))


@api.post("/rotations/{rotation_id}/abort", status_code=202, **needs("crypto.key.manage"))
def request_abort(session: Session_, actor: Actor_, rotation_id: uuid.UUID, body: ReasonIn) -> RequestedOut:
    """Propose to abort a rotation: the old key stays, rows that have moved go back under it, the new key goes."""
    return _asked(aborting.request(session, actor, rotation_id=rotation_id, reason=body.reason))


@api.put("/scopes/{scope_id}/schedule", **needs("crypto.key.manage"))
def set_schedule(session: Session_, actor: Actor_, scope_id: uuid.UUID, body: ScheduleIn) -> ScopeOut:
    """Set how often a column's key is due and in which window its rotations run."""
    kept = window(body.window.days, body.window.start, body.window.end) if body.window else None
    row = rotations.set_schedule(
        session, actor, scope_id=scope_id, rotate_every_days=body.rotate_every_days, window=kept,
    )
    return views.scopes(session, [row])[0]


@api.post("/unseal-policy", status_code=202, **needs("crypto.key.manage"))
def request_policy(session: Session_, actor: Actor_, body: PolicyIn) -> RequestedOut:
    """Propose to open the root by k of n shares."""
    asked = service.request_policy(
        session, actor, threshold=body.threshold, shares=body.shares, reason=body.reason,
    )
    return _asked(asked)


@api.post("/unseal-policy/{approval_id}/shares", **needs("crypto.key.manage"))
def hand_out(request: Request, session: Session_, actor: Actor_, approval_id: uuid.UUID) -> SharesOut:
    """Carry out an approved change of policy: the new shares, shown this once."""
    request.state.shows_secret = True
    threshold, shares = service.hand_out(session, actor, approval_id=approval_id)
    return SharesOut(threshold=threshold, shares=shares)


def _asked(approval: Approval) -> RequestedOut:
    return RequestedOut(approval_id=approval.id, state=approval.state)
