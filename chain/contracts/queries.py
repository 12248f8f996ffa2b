"""Every SELECT of the contracts feature."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from chain.contracts.models import (
    ChainAccount,
    ContractCall,
    ContractDeployment,
    ContractEvent,
    ContractRelease,
    ContractRight,
    ContractVersion,
)


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


def version_named(session: Session, name: str, version: str) -> ContractVersion | None:
    """Return a version by its names."""
    return session.scalar(
        select(ContractVersion).where(ContractVersion.name == name, ContractVersion.version == version)
    )


def newest_ready(session: Session, name: str) -> ContractVersion | None:
    """Return the version of a contract whose rehearsal passed last."""
    return session.scalar(
        select(ContractVersion).where(ContractVersion.name == name, ContractVersion.state == "ready")
        .order_by(ContractVersion.rehearsed_at.desc(), ContractVersion.id.desc()).limit(1)
    )


def was_deployed(session: Session, version_id: uuid.UUID) -> bool:
    """Tell whether a deployment of the version was ever begun."""
    return bool(session.scalar(select(exists().where(
        ContractDeployment.version_id == version_id, ContractDeployment.state != "rejected",
    ))))


def versions(name: str | None, state: str | None) -> Select[ContractVersion]:
    """Versions, the newest first."""
    found = select(ContractVersion)
    if name:
        found = found.where(ContractVersion.name == name)
    if state:
        found = found.where(ContractVersion.state == state)
    return found.order_by(ContractVersion.created_at.desc(), ContractVersion.id.desc())


def open_deployment(
    session: Session, *, environment: str, name: str, chain_id: int
) -> ContractDeployment | None:
    """Return the deployment of a contract that is not finished."""
    return session.scalar(select(ContractDeployment).where(
        ContractDeployment.environment == environment, ContractDeployment.name == name,
        ContractDeployment.chain_id == chain_id, ContractDeployment.state.in_(("proposed", "running")),
    ))


def deployments(name: str | None) -> Select[ContractDeployment]:
    """Deployments, the newest first."""
    found = select(ContractDeployment)
    if name:
        found = found.where(ContractDeployment.name == name)
    return found.order_by(ContractDeployment.created_at.desc(), ContractDeployment.id.desc())


def running(session: Session) -> list[uuid.UUID]:
    """Return the deployments that were agreed to and have not ended, the oldest first."""
    return list(session.scalars(
        select(ContractDeployment.id).where(ContractDeployment.state == "running")
        .order_by(ContractDeployment.created_at)
    ))


def unfinished_calls(session: Session) -> list[uuid.UUID]:
    """Return writes outside deployments that have not ended, the oldest first."""
    return list(session.scalars(
        select(ContractCall.id)
        .where(ContractCall.state.in_(("queued", "prepared")), ContractCall.deployment_id.is_(None))
        .order_by(ContractCall.created_at)
    ))


def releases_of(session: Session, name: str) -> Sequence[ContractRelease]:
    """Return what was ever created of a contract, its implementations too, the newest first."""
    return session.scalars(
        select(ContractRelease)
        .where(or_(ContractRelease.name == name, ContractRelease.name == f"{name}.implementation"))
        .order_by(ContractRelease.created_at.desc(), ContractRelease.id.desc()).limit(200)
    ).all()


def release_of(
    session: Session, *, environment: str, name: str, chain_id: int, version_id: uuid.UUID
) -> ContractRelease | None:
    """Return the newest good creation of a version: live, or replaced by a later one."""
    return session.scalar(
        select(ContractRelease)
        .where(
            ContractRelease.environment == environment, ContractRelease.name == name,
            ContractRelease.chain_id == chain_id, ContractRelease.version_id == version_id,
            ContractRelease.state.in_(("live", "superseded")), ContractRelease.live_at.is_not(None),
        )
        .order_by(ContractRelease.live_at.desc()).limit(1)
    )


def live_releases(session: Session, name: str | None = None) -> Sequence[ContractRelease]:
    """Return every live contract that callers talk to (no implementations)."""
    found = select(ContractRelease).where(
        ContractRelease.state == "live", ContractRelease.name.not_like("%.implementation"),
    )
    if name is not None:
        found = found.where(ContractRelease.name == name)
    return session.scalars(found.order_by(ContractRelease.name, ContractRelease.environment)).all()


def prepared_of(session: Session, deployment_id: uuid.UUID) -> Sequence[ContractRelease]:
    """Return the creations of a deployment that have not ended."""
    return session.scalars(select(ContractRelease).where(
        ContractRelease.deployment_id == deployment_id, ContractRelease.state == "prepared",
    )).all()


def step_of(session: Session, deployment_id: uuid.UUID, step: str) -> ContractCall | None:
    """Return the call that is one step of a deployment."""
    return session.scalar(select(ContractCall).where(
        ContractCall.deployment_id == deployment_id, ContractCall.step == step,
    ))


def calls(name: str | None, environment: str | None) -> Select[ContractCall]:
    """Writes, the newest first."""
    found = select(ContractCall)
    if name:
        found = found.where(ContractCall.name == name)
    if environment:
        found = found.where(ContractCall.environment == environment)
    return found.order_by(ContractCall.created_at.desc(), ContractCall.id.desc())


def rights(session: Session, name: str | None = None) -> Sequence[ContractRight]:
    """Return who may write what."""
    found = select(ContractRight)
    if name is not None:
        found = found.where(ContractRight.name == name)
    return session.scalars(
        found.order_by(ContractRight.name, ContractRight.environment, ContractRight.method, ContractRight.role)
    ).all()


def events(name: str) -> Select[ContractEvent]:
    """The history of a contract, the newest first."""
    return select(ContractEvent).where(ContractEvent.name == name).order_by(
        ContractEvent.at.desc(), ContractEvent.id.desc()
    )
