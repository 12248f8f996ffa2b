"""/chain: anchored batches and streams, proofs and their public check."""

import uuid
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response

from chain.anchoring import audit_feed, certificate, consistency, overview, service
from chain.anchoring.errors import ANCHOR_NOT_FOUND
from chain.anchoring.schemas import AnchorStateOut, BatchOut, BatchPage, ConsistencyOut, StreamList, VerifyOut
from kernel.http import Actor_, Page_, Session_, download, needs, public, router
from kernel.http.limits import admit
from kernel.runtime import runtime_of

api = router(prefix="/chain", tags=["chain"])


async def _body(request: Request) -> bytes:
    return await request.body()


Body_ = Annotated[bytes, Depends(_body)]


@api.get("/anchors/streams", **needs("chain.anchor.read"))
def list_streams(session: Session_, actor: Actor_) -> StreamList:
    """List the streams with how far each is and what waits."""
    items = overview.streams(session)
    return StreamList(items=items, total=len(items), size=len(items))


@api.get("/anchors/batches", **needs("chain.anchor.read"))
def list_batches(
    session: Session_, actor: Actor_, page: Page_, stream: str | None = None, state: str | None = None
) -> BatchPage:
    """List batches, newest first within a stream."""
    rows, total = overview.batches(session, offset=page.offset, size=page.size, stream=stream, state=state)
    return BatchPage(items=[BatchOut(**row) for row in rows], total=total, page=page.number, size=page.size)


@api.get("/anchors/{object_type}/{object_id}/{version}", **needs("chain.proof.read"))
def get_state(session: Session_, actor: Actor_, object_type: str, object_id: str, version: int) -> AnchorStateOut:
    """Say whether an object's version is anchored, and where."""
    state = service.state_for(session, actor, object_type=object_type, object_id=object_id, version=version)
    if state is None:
        raise ANCHOR_NOT_FOUND()
    return AnchorStateOut.model_validate(state)


@api.get("/proofs/{object_type}/{object_id}/{version}", **needs("chain.proof.read"))
def get_proof(session: Session_, actor: Actor_, object_type: str, object_id: str, version: int) -> Response:
    """Download the proof file of an object's version (canonical JSON and a newline)."""
    data = service.proof_of_object(session, actor, object_type=object_type, object_id=object_id, version=version)
    name = f"v{version}.proof.json"
    return Response(data, headers={"Content-Disposition": f'attachment; filename="{name}"'},
        media_type="application/json")


@api.get("/audit-proofs/{audit_id}", **needs("kernel.audit.read"))
def get_audit_proof(session: Session_, actor: Actor_, audit_id: uuid.UUID) -> Response:
    """Download the proof file of one line of the audit trail."""
    data = audit_feed.line_proof(session, actor, audit_id=audit_id)
    headers = {"Content-Disposition": 'attachment; filename="audit.proof.json"'}
    return Response(data, headers=headers, media_type="application/json")


@api.get("/consistency", **public())
def get_consistency(
    request: Request, session: Session_, stream: Annotated[str, Query(max_length=32, description="流的链上名称，如 catalog/2")],
    old: Annotated[int, Query(ge=1)], size: Annotated[int, Query(ge=1)],
) -> ConsistencyOut:
    """Prove that the tree of one size continues that of a smaller one."""
    admit(request)
    found = consistency.between(session, stream=stream, old=old, size=size)
    return ConsistencyOut(
        stream=found.stream, old=found.old, size=found.size, old_root=found.old_root.hex(), root=found.root.hex(),
        path=[node.hex() for node in found.path],
    )  # fmt: skip


@api.get("/consistency-file", **public())
def get_consistency_file(
    request: Request, session: Session_, stream: Annotated[str, Query(max_length=32)], old: Annotated[int, Query(ge=1)],
    size: Annotated[int, Query(ge=1, description="须为某个检查点的大小")],
) -> Response:
    """Download a consistency file up to a signed checkpoint; verify_proof.py checks it like a proof."""
    admit(request)
    data = consistency.file(session, stream=stream, old=old, size=size)
    headers = {"Content-Disposition": f'attachment; filename="{old}-{size}.consistency.json"'}
    return Response(data, headers=headers, media_type="application/json")


@api.get("/certificates/{object_type}/{object_id}/{version}", **needs("chain.proof.read"))
def get_certificate(
    session: Session_, actor: Actor_, object_type: str, object_id: str, version: int,
    kind: Literal["pdf", "html"] = "pdf",
) -> Response:
    """Download the printable certificate (存证证书) of an object's version."""
    data = certificate.of_object(
        session, actor, object_type=object_type, object_id=object_id, version=version, kind=kind
    )
    return download(data, f"存证证书-v{version}.{kind}")


@api.get("/trust", **public())
def get_trust(request: Request, session: Session_) -> Response:
    """Download the trust file. Compare its fingerprint with the one printed on certificates."""
    admit(request)
    data = service.trust(session)
    headers = {"Content-Disposition": 'attachment; filename="trust.json"',
        "X-Fingerprint-SM3": service.fingerprint(data)}
    return Response(data, headers=headers, media_type="application/json")


@api.post("/verify", **public())
def verify(request: Request, session: Session_, body: Body_) -> VerifyOut:
    """Check a proof, row proof or consistency file: send its bytes unchanged as the body."""
    admit(request)
    # read through the runtime: on SQLite a statement of this write unit would hold the only write lock meanwhile
    trust = service.trust(runtime_of(session))
    result = service.verify(trust, body)
    return VerifyOut(
        status=result.status, reasons=list(result.reasons), facts=result.facts,
        trust_fingerprint=service.fingerprint(trust),
    )  # fmt: skip
