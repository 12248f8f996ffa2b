"""/chain/operations: what k of n persons sign offline, and their signatures."""

import uuid
from typing import Any

from chain.contracts.versions import MANAGE, READ
from chain.operations import queries, service
from chain.operations.schemas import OperationIn, OperationOut, OperationPage, SignaturesIn, operation_out
from kernel.http import Actor_, Page_, Session_, needs, paginate, router

api = router(prefix="/chain/operations", tags=["chain"])


@api.get("", **needs(READ))
def list_operations(session: Session_, page: Page_, state: str | None = None) -> OperationPage:
    """List operations, the newest first."""
    rows, total = paginate(session, queries.operations(state), page)
    items = [operation_out(session, row) for row in rows]
    return OperationPage(items=items, total=total, page=page.number, size=page.size)


@api.post("", status_code=201, **needs(MANAGE))
def open_operation(session: Session_, actor: Actor_, body: OperationIn) -> OperationOut:
    """Write an operation down for persons to sign."""
    return operation_out(session, service.open_operation(session, actor, **body.model_dump()))


@api.get("/{operation_id}", **needs(READ))
def get_operation(session: Session_, operation_id: uuid.UUID) -> OperationOut:
    """Return one operation."""
    return operation_out(session, service.get(session, operation_id))


@api.get("/{operation_id}/document", **needs(READ))
def get_operation_document(session: Session_, operation_id: uuid.UUID) -> dict[str, Any]:
    """Return the EIP-712 document that members sign offline."""
    return service.document(service.get(session, operation_id))


@api.post("/{operation_id}/signatures", **needs(MANAGE))
def import_signatures(session: Session_, actor: Actor_, operation_id: uuid.UUID, body: SignaturesIn) -> OperationOut:
    """Import signatures; with enough of them the operation is carried out."""
    given = [one.model_dump(exclude_none=True) for one in body.signatures]
    row = service.import_signatures(session, actor, operation_id=operation_id, given=given)
    return operation_out(session, row)


@api.post("/{operation_id}/cancel", **needs(MANAGE))
def cancel_operation(session: Session_, actor: Actor_, operation_id: uuid.UUID) -> OperationOut:
    """Give an operation up."""
    return operation_out(session, service.cancel(session, actor, operation_id=operation_id))
