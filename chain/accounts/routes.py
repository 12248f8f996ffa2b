"""/chain/accounts: the platform's ledger accounts and the exchange of their keys."""

import uuid

from chain.accounts import queries, schemas, service, views
from chain.accounts.rules import ROTATE
from chain.contracts.versions import READ
from kernel.http import Actor_, Page_, Session_, needs, paginate, router
from kernel.runtime import runtime_of

api = router(prefix="/chain/accounts", tags=["chain"])


@api.get("", **needs(READ))
def list_accounts(session: Session_) -> schemas.AccountList:
    """List the platform's accounts."""
    return schemas.AccountList(items=views.listing(session))


@api.get("/rights", **needs(READ))
def list_rights(session: Session_, purpose: schemas.Purpose) -> schemas.RightList:
    """Return what an account may do, as the chain has it now."""
    return schemas.RightList(items=views.on_chain(runtime_of(session), purpose))


@api.get("/rotations", **needs(READ))
def list_rotations(session: Session_, page: Page_, purpose: str | None = None) -> schemas.RotationPage:
    """List exchanges, the newest first."""
    rows, total = paginate(session, queries.rotations(purpose), page)
    items = [schemas.rotation_out(row) for row in rows]
    return schemas.RotationPage(items=items, total=total, page=page.number, size=page.size)


@api.post("/rotations", status_code=202, **needs(ROTATE))
def propose_rotation(session: Session_, actor: Actor_, body: schemas.RotationIn) -> schemas.AccountChangeOut:
    """Ask a second person to exchange an account's key."""
    return schemas.rotation_out(service.propose(session, actor, purpose=body.purpose, reason=body.reason))


@api.post("/rotations/{rotation_id}/undo", status_code=202, **needs(ROTATE))
def undo_rotation(session: Session_, actor: Actor_, rotation_id: uuid.UUID) -> schemas.AccountChangeOut:
    """Let the old account go on."""
    return schemas.rotation_out(service.undo(session, actor, rotation_id=rotation_id))
