"""Every SELECT of the accounts feature."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from chain.accounts.models import AccountRotation
from chain.accounts.rules import OPEN, WORKING
from chain.anchoring.models import AnchorBatch
from chain.contracts.models import ChainAccount, ContractCall, ContractDeployment, ContractRelease


def contract_accounts(session: Session) -> Sequence[ChainAccount]:
    """Return the accounts that deploy and write to contracts, by purpose."""
    return session.scalars(select(ChainAccount).order_by(ChainAccount.purpose)).all()


def rotations(purpose: str | None) -> Select[AccountRotation]:
    """Exchanges, the newest first."""
    found = select(AccountRotation)
    if purpose:
        found = found.where(AccountRotation.purpose == purpose)
    return found.order_by(AccountRotation.created_at.desc(), AccountRotation.id.desc())


def open_rotation(session: Session, purpose: str) -> AccountRotation | None:
    """Return the exchange of an account that has not ended."""
    return session.scalar(
        select(AccountRotation).where(AccountRotation.purpose == purpose, AccountRotation.state.in_(OPEN))
    )


def working(session: Session) -> Sequence[uuid.UUID]:
    """Return the exchanges that are to be carried on, the oldest first."""
    return session.scalars(
        select(AccountRotation.id).where(AccountRotation.state.in_(WORKING)).order_by(AccountRotation.created_at)
    ).all()


def unfinished(session: Session, address: str) -> bool:
    """Whether a signed transaction of an account has not ended."""
    return any(
        session.scalar(select(exists().where(account == address, state == "prepared")))
        for account, state in (
            (ContractRelease.deployer, ContractRelease.state), (ContractCall.account, ContractCall.state),
        )
    )


def deploying(session: Session, environment: str) -> bool:
    """Whether a deployment runs in an environment: its arguments name the accounts of the moment."""
    return bool(session.scalar(select(exists().where(
        ContractDeployment.environment == environment, ContractDeployment.state == "running",
    ))))


def batch_under_way(session: Session, stream: str) -> bool:
    """Whether a signed batch of a stream is not final."""
    return bool(session.scalar(select(exists().where(
        AnchorBatch.stream == stream, AnchorBatch.state == "prepared",
    ))))


def places(session: Session, chain_id: int) -> Sequence[ContractRelease]:
    """Return what callers talk to on a chain: every live contract but implementations behind proxies."""
    return session.scalars(
        select(ContractRelease)
        .where(
            ContractRelease.chain_id == chain_id, ContractRelease.state == "live",
            ContractRelease.name.not_like("%.implementation"),
        )
        .order_by(ContractRelease.name, ContractRelease.environment)
    ).all()
