"""Every SELECT of the registries feature."""

from collections.abc import Sequence

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from chain.registries.models import ChainRegistry, RegistryRecord

_SLICE = 500  # subjects asked for in one statement


def enabled(session: Session, contract: str) -> bool:
    """Whether causes are written to a registry."""
    return bool(session.scalar(select(ChainRegistry.enabled).where(ChainRegistry.contract == contract)))


def switched(session: Session) -> dict[str, ChainRegistry]:
    """Return the registries that were ever switched, by name."""
    return {row.contract: row for row in session.scalars(select(ChainRegistry))}


def counts(session: Session) -> dict[tuple[str, str], int]:
    """Return how many records there are by (contract, state)."""
    rows = session.execute(
        select(RegistryRecord.contract, RegistryRecord.state, func.count()).group_by(
            RegistryRecord.contract, RegistryRecord.state
        )
    )
    return {(contract, state): count for contract, state, count in rows}


def with_work(session: Session) -> list[str]:
    """Return the registries that are switched on and have records waiting."""
    return list(session.scalars(
        select(ChainRegistry.contract).where(
            ChainRegistry.enabled,
            exists().where(RegistryRecord.contract == ChainRegistry.contract, RegistryRecord.state == "waiting"),
        ).order_by(ChainRegistry.contract)
    ))


def waiting(session: Session, contract: str, limit: int) -> Sequence[RegistryRecord]:
    """Return the first waiting record of each subject, the oldest first."""
    earlier = aliased(RegistryRecord)
    return session.scalars(
        select(RegistryRecord)
        .where(
            RegistryRecord.contract == contract, RegistryRecord.state == "waiting",
            ~exists().where(
                earlier.contract == RegistryRecord.contract, earlier.subject == RegistryRecord.subject,
                earlier.state == "waiting", earlier.position < RegistryRecord.position,
            ),
        )
        .order_by(RegistryRecord.created_at, RegistryRecord.id).limit(limit)
    ).all()


def records(contract: str | None, state: str | None, object_type: str | None, object_id: str | None
            ) -> Select[RegistryRecord]:
    """Records, the newest first."""
    found = select(RegistryRecord)
    for column, value in (
        (RegistryRecord.contract, contract), (RegistryRecord.state, state), (RegistryRecord.object_type, object_type),
        (RegistryRecord.object_id, object_id),
    ):
        if value:
            found = found.where(column == value)
    return found.order_by(RegistryRecord.created_at.desc(), RegistryRecord.id.desc())


def missing_roles(session: Session, contract: str) -> list[str]:
    """Return the roles that waiting records lack."""
    found = session.scalars(
        select(RegistryRecord.role).where(
            RegistryRecord.contract == contract, RegistryRecord.state == "waiting", RegistryRecord.role.is_not(None),
        ).distinct().order_by(RegistryRecord.role)
    )
    return [role for role in found if role is not None]


def known(session: Session, contract: str, subjects: Sequence[str]) -> set[tuple[str, int]]:
    """Return the (subject, position) that these subjects have."""
    found: set[tuple[str, int]] = set()
    for at in range(0, len(subjects), _SLICE):
        rows = session.execute(select(RegistryRecord.subject, RegistryRecord.position).where(
            RegistryRecord.contract == contract, RegistryRecord.subject.in_(subjects[at : at + _SLICE]),
        ))
        found.update((subject, position) for subject, position in rows)
    return found


def last_position(session: Session, contract: str, subject: str) -> int:
    """Return the highest position of a subject, 0 where it has none."""
    return session.scalar(select(func.max(RegistryRecord.position)).where(
        RegistryRecord.contract == contract, RegistryRecord.subject == subject,
    )) or 0
