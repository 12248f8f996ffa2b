"""/crypto: overview, scopes, keys, rotations, unsealing."""

import uuid
from typing import Any

from fastapi import Request
from sqlalchemy import func, select

from crypto.keys import queries, views
from crypto.keys import unseal as unsealing
from crypto.keys.schemas import (
    KeyPage,
    OverviewOut,
    RotationIn,
    RotationOut,
    RotationPage,
    RotationRequested,
    ScopePage,
    SealedOut,
    UnsealIn,
)
from crypto.rotation import queries as rotation_queries
from crypto.rotation import service as rotation_service
from crypto.scopes import queries as scope_queries
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.http.problems import problem
from kernel.runtime import runtime_of

api = router(prefix="/crypto", tags=["crypto"])


@api.get("/overview", **needs("crypto.key.read"))
def get_overview(session: Session_, actor: Actor_) -> OverviewOut:
    """Say how encryption stands: sealed or open, keys by state, overdue ones, missing fences, warnings."""
    return views.overview(session, actor)


@api.get("/scopes", **needs("crypto.key.read"))
def list_scopes(session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None) -> ScopePage:
    """List encrypted columns with their current keys."""
    rows, total = paginate(session, scope_queries.listing(views.reach(actor) or department_id), page)
    return ScopePage(items=views.scopes(session, rows), total=total, page=page.number, size=page.size)


@api.get("/keys", **needs("crypto.key.read"))
def list_keys(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None, state: str | None = None,
) -> KeyPage:
    """List data keys, newest first; never material."""
    query = queries.listing(views.reach(actor) or department_id, state)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = [(row[0], row[1]) for row in session.execute(query.limit(page.size).offset(page.offset))]
    return KeyPage(items=views.keys(session, rows), total=total, page=page.number, size=page.size)


@api.get("/rotations", **needs("crypto.key.read"))
def list_rotations(
    session: Session_, actor: Actor_, page: Page_, department_id: uuid.UUID | None = None,
) -> RotationPage:
    """List rotations, newest first."""
    rows, total = paginate(session, rotation_queries.listing(views.reach(actor) or department_id), page)
    return RotationPage(items=views.rotations(session, rows), total=total, page=page.number, size=page.size)


@api.get("/rotations/{rotation_id}", **needs("crypto.key.read"))
def get_rotation(session: Session_, actor: Actor_, rotation_id: uuid.UUID) -> RotationOut:
    """Return one rotation with its progress and, at the end, its certificate."""
    row = rotation_service.get(session, actor, rotation_id=rotation_id)
    return views.rotations(session, [row])[0]


@api.post("/rotations", status_code=202, **needs("crypto.key.manage"))
def request_rotation(session: Session_, actor: Actor_, body: RotationIn) -> RotationRequested:
    """Propose a rotation; another security administrator approves it, then it runs as a job."""
    approval = rotation_service.request(
        session, actor, scope_id=body.scope_id, reason=body.reason, purpose=body.purpose,
    )
    return RotationRequested(approval_id=approval.id, state=approval.state)


@api.get("/processes", **needs("crypto.key.read"))
def list_processes(session: Session_) -> SealedOut:
    """Say for every process of this home whether it is open and how many shares it has."""
    return views.sealed(unsealing.processes(session))


@api.post("/unseal", response_model=SealedOut, **needs("crypto.key.manage"))
def unseal(request: Request, session: Session_, actor: Actor_, body: UnsealIn) -> Any:
    """Open this home's processes with a passphrase, a PIN or, person by person, shares; put new shares in force."""
    request.state.takes_secret = True
    if not hasattr(request.state, "attempt"):  # a unit of work that is run again gives nothing a second time
        request.state.attempt = unsealing.give(runtime_of(session), actor, body.passphrase)
    attempt: unsealing.Attempt = request.state.attempt
    unsealing.note(session, actor, attempt.action, attempt.found)
    if attempt.refused is not None:
        request.state.commit_anyway = True  # the attempt itself must be remembered
        return problem(request, attempt.refused)
    return views.sealed(attempt.found)


@api.post("/seal", **needs("crypto.key.manage"))
def seal(session: Session_, actor: Actor_) -> SealedOut:
    """Forget root and data keys in every process; decrypting answers 503 until somebody unseals."""
    return views.sealed(unsealing.seal(session, actor))
