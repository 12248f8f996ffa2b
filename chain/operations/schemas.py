"""What the operations page and commands take and show."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from chain.contracts.schemas import Environment
from chain.operations import queries
from chain.operations.models import ChainOperation
from chain.operations.rules import STATES
from kernel import clock
from kernel.http.wire import Title, Wire
from kernel.text import Plain


class CallIn(Wire):
    """One call of a live contract; arguments as docs/operators/contracts.md says."""

    contract: Annotated[str, Field(min_length=1, max_length=40)]
    method: Annotated[str, Field(min_length=1, max_length=300)]
    arguments: Annotated[list[Any], Field(max_length=64)] = []


class OperationIn(Wire):
    """Calls that persons shall sign; ``board`` names the approvals contract where an environment has several."""

    environment: Environment
    title: Annotated[Plain, Field(min_length=2, max_length=200)]
    calls: Annotated[list[CallIn], Field(min_length=1, max_length=64)]
    board: Annotated[str, Field(max_length=40)] | None = None
    days: Annotated[int, Field(ge=1, le=90)] = 14


class SignatureIn(Wire):
    """A member's signature: the file of ours, or a wallet's bare signature."""

    format: Annotated[str, Field(max_length=40)] | None = None
    operation: Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")] | None = None
    signer: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")] | None = None
    signature: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{130}$")]


class SignaturesIn(Wire):
    """Signatures to import."""

    signatures: Annotated[list[SignatureIn], Field(min_length=1, max_length=32)]


class OperationSignatureOut(BaseModel):
    """Who signed, and who brought it here."""

    member: str
    imported_by: str
    imported_at: datetime


class OperationCallOut(BaseModel):
    """One call in words."""

    contract: str
    method: str
    arguments: list[Any]
    target: str


class OperationOut(BaseModel):
    """An operation with what is signed of it."""

    id: uuid.UUID
    environment: str
    board: str
    contract: str
    title: str
    calls: list[OperationCallOut]
    digest: str
    members: list[str]
    threshold: int
    signatures: list[OperationSignatureOut]
    state: str
    state_title: Title
    problem: str
    deployment_id: uuid.UUID | None
    not_after: datetime
    created_by: str
    created_at: datetime
    finished_at: datetime | None


class OperationPage(BaseModel):
    """A page of operations."""

    items: list[OperationOut]
    total: int
    page: int
    size: int


def operation_out(session: Session, row: ChainOperation) -> OperationOut:
    """Return an operation for output."""
    names = (
        "id", "environment", "board", "contract", "title", "calls", "digest", "members", "threshold", "state",
        "problem", "deployment_id", "created_by", "created_at", "finished_at",
    )
    zh, en = STATES[row.state]
    return OperationOut.model_validate({
        **{name: getattr(row, name) for name in names}, "state_title": Title(zh=zh, en=en),
        "not_after": clock.from_micros(row.not_after * 1_000_000),
        "signatures": [
            {"member": one.member, "imported_by": one.imported_by, "imported_at": one.imported_at}
            for one in queries.signatures(session, row.id)
        ],
    })
