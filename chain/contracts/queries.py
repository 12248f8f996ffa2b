"""Every SELECT of the contracts feature."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.contracts.models import ChainAccount, ContractRelease


def account(session: Session, purpose: str) -> ChainAccount | None:
    """Return the platform's account of a purpose."""
    return session.scalar(select(ChainAccount).where(ChainAccount.purpose == purpose))


def in_state(
    session: Session, *, environment: str, name: str, chain_id: int, state: str
) -> ContractRelease | None:
    """Return the one release in ``state`` (prepared or live)."""
    return session.scalar(
        select(ContractRelease).where(
            ContractRelease.environment == environment, ContractRelease.name == name,
            ContractRelease.chain_id == chain_id, ContractRelease.state == state,
        )
    )


def latest_live(session: Session, *, environment: str, name: str) -> ContractRelease | None:
    """Return the live release that was deployed last, whatever chain it is on."""
    return session.scalar(
        select(ContractRelease)
        .where(
            ContractRelease.environment == environment, ContractRelease.name == name, ContractRelease.state == "live"
        )
        .order_by(ContractRelease.live_at.desc()).limit(1)
    )


def page(session: Session, offset: int, size: int) -> tuple[Sequence[ContractRelease], int]:
    """Return a page of releases, newest first, and how many there are."""
    total = session.scalar(select(func.count()).select_from(ContractRelease)) or 0
    rows = session.scalars(
        select(ContractRelease)
        .order_by(ContractRelease.created_at.desc(), ContractRelease.id)
        .offset(offset).limit(size)
    ).all()
    return rows, total
