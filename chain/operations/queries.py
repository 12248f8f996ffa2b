"""Every SELECT of the operations feature."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chain.contracts.models import ContractRelease
from chain.operations.models import ChainOperation, OperationSignature
from contracts_sc.artifacts import artifact


def operations(state: str | None) -> Select[ChainOperation]:
    """Operations, the newest first."""
    found = select(ChainOperation)
    if state:
        found = found.where(ChainOperation.state == state)
    return found.order_by(ChainOperation.created_at.desc(), ChainOperation.id.desc())


def of_step(session: Session, deployment_id: uuid.UUID, step: str) -> ChainOperation | None:
    """Return the operation by which a deployment takes a step."""
    return session.scalar(select(ChainOperation).where(
        ChainOperation.deployment_id == deployment_id, ChainOperation.step == step,
    ))


def signatures(session: Session, operation_id: uuid.UUID) -> Sequence[OperationSignature]:
    """Return the signatures over an operation, the first first."""
    return session.scalars(
        select(OperationSignature).where(OperationSignature.operation_id == operation_id)
        .order_by(OperationSignature.imported_at, OperationSignature.id)
    ).all()


def boards(session: Session, environment: str, chain_id: int) -> Sequence[ContractRelease]:
    """Return the approvals contracts that are live, by name: the program's own code, whatever they are called."""
    return session.scalars(
        select(ContractRelease).where(
            ContractRelease.environment == environment, ContractRelease.chain_id == chain_id,
            ContractRelease.state == "live", ContractRelease.code_hash == artifact("Approvals").code_hash,
        )
        .order_by(ContractRelease.name)
    ).all()
