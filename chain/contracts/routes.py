"""/chain/contracts: the life of contracts."""

import uuid
from typing import Annotated

from fastapi import Path, Query

from chain.contracts import deployments, handing, queries, service, versions, views, writes
from chain.contracts.schemas import (
    CallIn,
    ContractCallOut,
    ContractCallPage,
    ContractLines,
    ContractVersionOut,
    DeployIn,
    DeploymentOut,
    DeploymentPage,
    Environment,
    EventPage,
    FreezeIn,
    LiveOut,
    Release,
    ReleasePage,
    Result,
    RightIn,
    RightOut,
    RollbackIn,
    SourceOut,
    VersionDetail,
    VersionIn,
    VersionPage,
    release_page,
)
from chain.contracts.versions import MANAGE, READ
from chain.contracts.writes import CALL, FREEZE, GRANT
from kernel.errors import NOT_FOUND
from kernel.http import Actor_, Page_, Session_, needs, paginate, router

api = router(prefix="/chain/contracts", tags=["chain"])
Name_ = Annotated[str, Path(max_length=60)]


@api.get("", **needs(READ))
def list_contracts(session: Session_, actor: Actor_, page: Page_) -> ReleasePage:
    """List deployments, newest first."""
    rows, total = service.journal_page(session, offset=page.offset, size=page.size)
    return release_page(rows, total, page.number, page.size)


@api.get("/names", **needs(READ))
def list_names(session: Session_, actor: Actor_) -> ContractLines:
    """List contracts by name: what is live, the newest version, what is under way."""
    return ContractLines(items=views.lines(session))


@api.get("/versions", **needs(READ))
def list_versions(
    session: Session_, actor: Actor_, page: Page_, name: str | None = None, state: str | None = None,
) -> VersionPage:
    """List versions, the newest first."""
    rows, total = paginate(session, queries.versions(name, state), page)
    return VersionPage(items=views.versions(session, rows), total=total, page=page.number, size=page.size)


@api.post("/versions", status_code=201, **needs(MANAGE))
def register_version(session: Session_, actor: Actor_, body: VersionIn) -> ContractVersionOut:
    """Hand in a version and queue its rehearsal."""
    row = handing.hand_in(session, actor, body)
    return views.versions(session, [row])[0]


@api.get("/versions/{version_id}", **needs(READ))
def get_version(session: Session_, actor: Actor_, version_id: uuid.UUID) -> VersionDetail:
    """Return a version with its report, ABI, layout and the digests of its sources."""
    return views.version(session, versions.get(session, version_id))


@api.get("/versions/{version_id}/source", **needs(READ))
def get_source(
    session: Session_, actor: Actor_, version_id: uuid.UUID, unit: Annotated[str, Query(max_length=250)],
) -> SourceOut:
    """Return one source file."""
    source = versions.get(session, version_id).source["sources"].get(unit)
    if source is None:
        raise NOT_FOUND()
    return SourceOut(unit=unit, content=source.get("content", ""))


@api.post("/versions/{version_id}/rehearsal", status_code=202, **needs(MANAGE))
def rehearse_again(session: Session_, actor: Actor_, version_id: uuid.UUID) -> ContractVersionOut:
    """Queue the rehearsal again, against what is live now."""
    return views.versions(session, [versions.rehearse_again(session, actor, version_id=version_id)])[0]


@api.post("/versions/{version_id}/retirement", **needs(MANAGE))
def retire_version(session: Session_, actor: Actor_, version_id: uuid.UUID) -> ContractVersionOut:
    """Take a version out of use."""
    return views.versions(session, [versions.retire(session, actor, version_id=version_id)])[0]


@api.post("/versions/{version_id}/deployments", status_code=202, **needs(MANAGE))
def propose_deployment(
    session: Session_, actor: Actor_, version_id: uuid.UUID, body: DeployIn,
) -> DeploymentOut:
    """Propose to a second person to bring a version to an environment."""
    row = deployments.propose(session, actor, version_id=version_id, environment=body.environment)
    return views.deployments(session, [row])[0]


@api.get("/deployments", **needs(READ))
def list_deployments(
    session: Session_, actor: Actor_, page: Page_, name: str | None = None,
) -> DeploymentPage:
    """List deployments, the newest first."""
    rows, total = paginate(session, queries.deployments(name), page)
    return DeploymentPage(items=views.deployments(session, rows), total=total, page=page.number, size=page.size)


@api.get("/deployments/{deployment_id}", **needs(READ))
def get_deployment(session: Session_, actor: Actor_, deployment_id: uuid.UUID) -> DeploymentOut:
    """Return one deployment."""
    return views.deployments(session, [deployments.get(session, deployment_id)])[0]


@api.post("/deployments/{deployment_id}/resume", status_code=202, **needs(MANAGE))
def resume_deployment(session: Session_, actor: Actor_, deployment_id: uuid.UUID) -> DeploymentOut:
    """Queue the work of a running deployment again."""
    return views.deployments(session, [deployments.resume(session, actor, deployment_id=deployment_id)])[0]


@api.get("/names/{name}/live", **needs(READ))
def get_live(session: Session_, actor: Actor_, name: Name_, environment: Environment) -> LiveOut:
    """Return the live contract with its call form."""
    return views.live(session, actor, writes.live(session, name=name, environment=environment))


@api.post("/names/{name}/read", **needs(READ))
def read_contract(session: Session_, actor: Actor_, name: Name_, body: CallIn) -> Result:
    """Call a method of which nothing is kept."""
    method, found = writes.read(session, actor, name=name, **body.model_dump())
    return Result(outputs=views.parameters(method.outputs), values=found)


@api.post("/names/{name}/calls", status_code=202, **needs(CALL))
def write_contract(session: Session_, actor: Actor_, name: Name_, body: CallIn) -> ContractCallOut:
    """Queue a write, signed by the contract's own account."""
    return views.calls([writes.write(session, actor, name=name, **body.model_dump())])[0]


@api.get("/calls", **needs(READ))
def list_calls(
    session: Session_, actor: Actor_, page: Page_, name: str | None = None, environment: Environment | None = None,
) -> ContractCallPage:
    """List writes, the newest first."""
    rows, total = paginate(session, queries.calls(name, environment), page)
    return ContractCallPage(items=views.calls(rows), total=total, page=page.number, size=page.size)


@api.post("/calls/{call_id}/again", status_code=202, **needs(CALL))
def call_again(session: Session_, actor: Actor_, call_id: uuid.UUID) -> ContractCallOut:
    """Queue the job of an interrupted write again."""
    return views.calls([writes.again(session, actor, call_id=call_id)])[0]


@api.post("/names/{name}/freeze", **needs(FREEZE))
def freeze_contract(session: Session_, actor: Actor_, name: Name_, body: FreezeIn) -> Release:
    """Stop the platform's writes at once."""
    return Release.model_validate(writes.freeze(session, actor, name=name, **body.model_dump()))


@api.post("/names/{name}/unfreeze", status_code=202, **needs(MANAGE))
def unfreeze_contract(session: Session_, actor: Actor_, name: Name_, body: DeployIn) -> DeploymentOut:
    """Propose to a second person to let writes through again."""
    row = deployments.propose_unfreeze(session, actor, name=name, environment=body.environment)
    return views.deployments(session, [row])[0]


@api.post("/names/{name}/rollback", status_code=202, **needs(MANAGE))
def roll_back(session: Session_, actor: Actor_, name: Name_, body: RollbackIn) -> DeploymentOut:
    """Propose to a second person to go back to a former version."""
    row = deployments.propose_rollback(session, actor, name=name, **body.model_dump())
    return views.deployments(session, [row])[0]


@api.post("/names/{name}/rights", status_code=201, **needs(GRANT))
def grant_right(session: Session_, actor: Actor_, name: Name_, body: RightIn) -> RightOut:
    """Let a role write a method, or all."""
    return RightOut.model_validate(writes.grant(session, actor, name=name, **body.model_dump()))


@api.delete("/rights/{right_id}", status_code=204, **needs(GRANT))
def revoke_right(session: Session_, actor: Actor_, right_id: uuid.UUID) -> None:
    """Take a right back."""
    writes.revoke(session, actor, right_id=right_id)


@api.get("/names/{name}/releases", **needs(READ))
def list_releases(session: Session_, actor: Actor_, name: Name_) -> ReleasePage:
    """List what was ever created of a contract."""
    rows = list(queries.releases_of(session, name))
    return release_page(rows, len(rows), 1, max(1, len(rows)))


@api.get("/names/{name}/history", **needs(READ))
def contract_history(session: Session_, actor: Actor_, name: Name_, page: Page_) -> EventPage:
    """Return every act on a contract, the newest first."""
    rows, total = paginate(session, queries.events(name), page)
    return EventPage(items=views.events(rows), total=total, page=page.number, size=page.size)
