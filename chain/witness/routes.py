"""/chain: witnesses, and the public routes by which a witness follows the platform. Rates as for all public routes."""

import uuid
from typing import Annotated

from fastapi import Query, Request, Response

from chain.anchoring.routes import Body_
from chain.witness import service, views
from chain.witness.schemas import (
    AcceptedOut,
    CheckpointList,
    EndIn,
    QuorumIn,
    QuorumOut,
    WitnessIn,
    WitnessList,
    WitnessOut,
)
from kernel.http import Actor_, Session_, needs, public, router
from kernel.http.limits import admit

api = router(prefix="/chain", tags=["chain"])


@api.get("/witnesses", **needs("chain.anchor.read"))
def list_witnesses(session: Session_, actor: Actor_) -> WitnessList:
    """List the witnesses with what they signed and why one did not."""
    return views.witnesses(session)


@api.post("/witnesses", status_code=201, **needs("chain.witness.manage"))
def register_witness(session: Session_, actor: Actor_, body: WitnessIn) -> WitnessOut:
    """Register a witness by its public key."""
    row = service.register(
        session, actor, name=body.name, key=bytes.fromhex(body.key), department_id=body.department_id, url=body.url,
    )
    return views.one(session, row)


@api.post("/witnesses/{witness_id}/end", **needs("chain.witness.manage"))
def end_witness(session: Session_, actor: Actor_, witness_id: uuid.UUID, body: EndIn) -> WitnessOut:
    """Retire a witness, or revoke its key."""
    return views.one(session, service.end(session, actor, witness_id=witness_id, revoke=body.revoke))


@api.put("/witness-quorum", **needs("chain.witness.manage"))
def set_witness_quorum(session: Session_, actor: Actor_, body: QuorumIn) -> QuorumOut:
    """Say how many witnesses a proof must show."""
    return QuorumOut(quorum=service.set_quorum(session, actor, quorum=body.quorum))


@api.get("/checkpoints", **public())
def list_checkpoints(request: Request, session: Session_) -> CheckpointList:
    """List the newest signed checkpoint of every stream."""
    admit(request)
    return views.checkpoints(session)


@api.get("/cosign-requests", **public())
def list_cosign_requests(
    request: Request, session: Session_, stream: Annotated[str, Query(max_length=32)],
    after: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Give a witness what to sign after the size it has seen: one canonical request a line."""
    admit(request)
    found = service.requests(session, stream=stream, after=after)
    return Response(b"".join(one.as_bytes() for one in found), media_type="application/x-ndjson")


@api.post("/cosignatures", **public())
def accept_cosignatures(request: Request, session: Session_, body: Body_) -> AcceptedOut:
    """Keep cosignatures, one canonical answer a line; only the signature of a registered witness counts."""
    admit(request)
    return AcceptedOut(accepted=service.accept(session, service.read_answers(body)))
