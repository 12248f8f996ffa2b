"""/chain/registries: registries that the platform writes by itself, and their records."""

from chain.contracts.versions import MANAGE, READ
from chain.operations.schemas import OperationOut, operation_out
from chain.registries import queries, schemas, service
from kernel.http import Actor_, Page_, Session_, needs, paginate, router

api = router(prefix="/chain/registries", tags=["chain"])


@api.get("", **needs(READ))
def list_registries(session: Session_) -> schemas.RegistryList:
    """List registries: live, switched on, how far."""
    return schemas.RegistryList(items=schemas.registries(session))


@api.get("/records", **needs("chain.anchor.read"))
def list_registry_records(
    session: Session_, page: Page_, contract: str | None = None, state: str | None = None,
    object_type: str | None = None, object_id: str | None = None,
) -> schemas.RegistryRecordPage:
    """List records, the newest first."""
    rows, total = paginate(session, queries.records(contract, state, object_type, object_id), page)
    items = [schemas.record_out(session, row) for row in rows]
    return schemas.RegistryRecordPage(items=items, total=total, page=page.number, size=page.size)


@api.post("/{contract}/switch", **needs(MANAGE))
def switch_registry(session: Session_, actor: Actor_, contract: str, body: schemas.SwitchIn) -> schemas.RegistryList:
    """Switch the writing of a registry on or off."""
    service.switch(session, actor, contract=contract, on=body.on)
    return schemas.RegistryList(items=schemas.registries(session))


@api.post("/{contract}/roles", status_code=201, **needs(MANAGE))
def ask_roles(session: Session_, actor: Actor_, contract: str) -> OperationOut:
    """Open an operation by which persons give the roles that waiting records lack."""
    return operation_out(session, service.ask_roles(session, actor, contract=contract))
