"""/chain/evidence: the evidence service for systems that speak no web3, signed as calls to the gateway are.

Whoever the signature proves is the caller (docs/consumers/evidence.md). A request that is sent again does nothing
twice, so nonces are not remembered here.
"""

import uuid
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response

from chain.apps import evidence
from chain.apps.errors import EVIDENCE_QUOTA
from chain.apps.evidence import Place, Receipt, Stored
from chain.apps.port import credentials
from chain.apps.rules import Item
from chain.apps.schemas import (
    BatchIn,
    CheckIn,
    CheckOut,
    ItemIn,
    ReceiptOut,
    ReceiptPage,
    SeenOut,
    StandingOut,
    StoredOut,
    StoreIn,
)
from crypto.lookups.port import SignedCall
from kernel.errors import MulianError
from kernel.http import Session_, public, router
from kernel.http.problems import problem
from kernel.runtime import runtime_of

REPLAYED = "Idempotency-Replayed"
api = router(prefix="/chain/evidence", tags=["evidence"])


def _header(name: str, words: str) -> Any:
    return Header(alias=f"X-Mulian-{name}", description=words)


async def _signed(
    request: Request,
    key: Annotated[str, _header("Key", "AppKey")],
    version: Annotated[str, _header("Key-Version", "密钥版本")],
    timestamp: Annotated[str, _header("Timestamp", "Unix 秒")],
    nonce: Annotated[str, _header("Nonce", "随机数")],
    signature: Annotated[str, _header("Signature", "HMAC-SM3 签名，见 docs/consumers/signing.md")],
) -> SignedCall:
    """The request as it was sent; the headers are named so that the API's document shows them."""
    return SignedCall(
        request.method.encode(), request.scope["raw_path"], request.scope["query_string"],
        dict(request.scope["headers"]), await request.body(),
    )


Signed_ = Annotated[SignedCall, Depends(_signed)]
Key_ = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200, description="同一次提交重试时不变")]


@api.post("", status_code=201, response_model=ReceiptOut, **public(idempotency="service"))
def store_evidence(
    request: Request, response: Response, session: Session_, call: Signed_, body: StoreIn, key: Key_ = None
) -> Any:
    """存证一条: store one digest; sent again it is the same evidence (200)."""
    done = _store(request, response, session, call, body.stream, [_item(body)], key)
    return _receipt(done.receipts[0]) if isinstance(done, Stored) else done


@api.post("/batch", status_code=201, response_model=StoredOut, **public(idempotency="service"))
def store_evidence_batch(
    request: Request, response: Response, session: Session_, call: Signed_, body: BatchIn, key: Key_ = None
) -> Any:
    """批量存证: store up to a thousand digests together or not at all."""
    done = _store(request, response, session, call, body.stream, [_item(one) for one in body.items], key)
    if not isinstance(done, Stored):
        return done
    # built as plain values: a thousand models would be checked twice
    return Response(StoredOut.model_construct(
        accepted=done.accepted, repeated=len(done.receipts) - done.accepted,
        receipts=[ReceiptOut.model_construct(**asdict(one)) for one in done.receipts],
    ).model_dump_json(), response.status_code or 201, response.headers, media_type="application/json")


@api.get("/status", **public())
def evidence_status(session: Session_, call: Signed_) -> StandingOut:
    """Say who the caller is, which stream is its own, and how much of today's quota is left."""
    at = _place(session, call)
    return StandingOut.model_validate(evidence.standing(session, at.app, at.place))


@api.get("", **public())
def list_evidence(
    session: Session_, call: Signed_, digest: str | None = None, client_id: str | None = None,
    after: uuid.UUID | None = None, size: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ReceiptPage:
    """List the caller's evidence of this environment, oldest first; by digest or by its own number."""
    at = _place(session, call)
    rows, further = evidence.page(session, at, digest=digest, client_id=client_id, after=after, size=size)
    return ReceiptPage(items=[_receipt(row) for row in rows], next=further)


@api.post("/check", **public())
def check_evidence(session: Session_, body: CheckIn) -> CheckOut:
    """公开核验: whether a digest is on the chain, for anybody who has it; production evidence only."""
    with runtime_of(session).database.read() as reading:  # a statement of this unit would hold SQLite's write lock
        found = evidence.check(reading, body.digest)
    return CheckOut(found=bool(found), items=[SeenOut.model_validate(one) for one in found])


@api.get("/{evidence_id}", **public())
def get_evidence(session: Session_, call: Signed_, evidence_id: uuid.UUID) -> ReceiptOut:
    """Return one piece of the caller's evidence as it stands."""
    return _receipt(evidence.receipt(session, _place(session, call), evidence_id))


@api.get("/{evidence_id}/proof", **public())
def get_evidence_proof(session: Session_, call: Signed_, evidence_id: uuid.UUID) -> Response:
    """Download the proof file (canonical JSON and a newline), to be verified offline with verify_proof.py."""
    at = _place(session, call)
    data = evidence.proof(session, at, evidence_id)
    evidence.note_proof(runtime_of(session), at.place.id)
    name = f"{at.place.stream}-{evidence_id}.proof.json"
    return Response(data, headers={"Content-Disposition": f'attachment; filename="{name}"'},
        media_type="application/json")


def _place(session: Session_, call: SignedCall) -> Place:
    return evidence.place_of(session, credentials().verify(session, call))


def _store(
    request: Request, response: Response, session: Session_, call: SignedCall, stream: str, items: list[Item],
    key: str | None,
) -> Stored | Response:
    try:
        done = evidence.store(session, _place(session, call), stream=stream, items=items, key=key, body=call.body)
    except MulianError as error:
        if error.code != EVIDENCE_QUOTA.code:
            raise
        request.state.commit_anyway = True  # the refusal is counted
        return problem(request, error)
    if done.accepted == 0:
        response.status_code = 200
    if done.replayed:
        response.headers[REPLAYED] = "true"
    return done


def _item(body: ItemIn) -> Item:
    return Item(body.digest, body.salt, body.meta, body.client_id)


def _receipt(row: Receipt) -> ReceiptOut:
    return ReceiptOut.model_validate(row)
