"""/crypto/copies: the catalogue of copies."""

import uuid

from crypto.copies import queries, service
from crypto.copies.schemas import CopyIn, CopyOut, CopyPage, DeletionIn, copy_out
from kernel import clock
from kernel.http import Actor_, Page_, Session_, needs, paginate, router

api = router(prefix="/crypto/copies", tags=["crypto"])


@api.get("", **needs("crypto.key.read"))
def list_copies(session: Session_, page: Page_) -> CopyPage:
    """List copies, newest first."""
    rows, total = paginate(session, queries.listing(), page)
    now = clock.now()
    return CopyPage(items=[copy_out(row, now) for row in rows], total=total, page=page.number, size=page.size)


@api.post("", status_code=201, **needs("crypto.key.manage"))
def register_copy(session: Session_, actor: Actor_, body: CopyIn) -> CopyOut:
    """Record a backup, dump or other copy."""
    row = service.register(
        session, actor, kind=body.kind, location=body.location, made_at=body.made_at, key_store=body.key_store,
        expires_at=body.expires_at, note=body.note,
    )
    return copy_out(row, clock.now())


@api.post("/{copy_id}/deletion", **needs("crypto.key.manage"))
def mark_deleted(session: Session_, actor: Actor_, copy_id: uuid.UUID, body: DeletionIn) -> CopyOut:
    """Record that a copy was deleted."""
    return copy_out(service.mark_deleted(session, actor, copy_id=copy_id, note=body.note), clock.now())
