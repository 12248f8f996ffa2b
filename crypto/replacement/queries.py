"""Every SELECT about targets and replacement jobs."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from crypto.replacement.errors import TARGET_UNKNOWN, UNKNOWN
from crypto.replacement.models import (
    CryptoReplacement,
    CryptoReplacementFinding,
    CryptoReplacementRange,
    CryptoTarget,
)
from crypto.replacement.rules import State, needs_target


def target(session: Session, target_id: uuid.UUID) -> CryptoTarget:
    """Return a target that is still listed; raise ``crypto.target.unknown``."""
    row = session.get(CryptoTarget, target_id)
    if row is None or row.removed_at is not None:
        raise TARGET_UNKNOWN()
    return row


def targets(department_id: uuid.UUID | None) -> Select[CryptoTarget]:
    """Return targets by name; ``department_id`` None means every department."""
    query = select(CryptoTarget).where(CryptoTarget.removed_at.is_(None)).order_by(CryptoTarget.name, CryptoTarget.id)
    return query if department_id is None else query.where(CryptoTarget.department_id == department_id)


def open_on(session: Session, target_id: uuid.UUID) -> int:
    """Count jobs on a target that may still need it."""
    query = select(CryptoReplacement.state, CryptoReplacement.evidence).where(
        CryptoReplacement.target_id == target_id, CryptoReplacement.state.not_in((State.DROPPED, State.RELEASED)),
    )
    return sum(needs_target(State(state), evidence) for state, evidence in session.execute(query))


def get(session: Session, replacement_id: uuid.UUID) -> CryptoReplacement:
    """Return a job as the database has it now; raise ``crypto.replacement.unknown``."""
    row = session.get(CryptoReplacement, replacement_id, populate_existing=True)
    if row is None:
        raise UNKNOWN()
    return row


def listing(department_id: uuid.UUID | None) -> Select[CryptoReplacement]:
    """Return jobs, newest first; ``department_id`` None means every department."""
    query = select(CryptoReplacement).order_by(CryptoReplacement.created_at.desc(), CryptoReplacement.id)
    return query if department_id is None else query.where(CryptoReplacement.department_id == department_id)


def last_range(
    session: Session, replacement_id: uuid.UUID, *, round_: int | None = None, slot: int | None = None,
) -> CryptoReplacementRange | None:
    """Return the newest range of a job, of one round or column where these are given."""
    query = select(CryptoReplacementRange).where(CryptoReplacementRange.replacement_id == replacement_id)
    if round_ is not None:
        query = query.where(CryptoReplacementRange.round == round_)
    if slot is not None:
        query = query.where(CryptoReplacementRange.slot == slot)
    return session.scalars(query.order_by(CryptoReplacementRange.number.desc()).limit(1)).first()


def ranges(
    session: Session, replacement_id: uuid.UUID, states: Sequence[str], *, newest_first: bool = False,
) -> list[CryptoReplacementRange]:
    """Return the ranges of a job in some states, in order of their numbers."""
    number = CryptoReplacementRange.number
    return list(session.scalars(
        select(CryptoReplacementRange).where(
            CryptoReplacementRange.replacement_id == replacement_id, CryptoReplacementRange.state.in_(states),
        ).order_by(number.desc() if newest_first else number)
    ))


def counted(session: Session, replacement_id: uuid.UUID, round_: int) -> int:
    """Count the rows that a round captured."""
    return session.scalar(select(func.coalesce(func.sum(CryptoReplacementRange.rows), 0)).where(
        CryptoReplacementRange.replacement_id == replacement_id, CryptoReplacementRange.round == round_,
    )) or 0


def counted_left(session: Session, replacement_id: uuid.UUID, round_: int) -> int:
    """Count the rows of a round that were not changed."""
    return session.scalar(select(func.coalesce(func.sum(CryptoReplacementRange.left), 0)).where(
        CryptoReplacementRange.replacement_id == replacement_id, CryptoReplacementRange.round == round_,
    )) or 0


def sums(session: Session, replacement_id: uuid.UUID) -> dict[int, tuple[int, int]]:
    """Return, by column, rows captured and rows that stayed."""
    entry = CryptoReplacementRange
    return {slot: (int(rows), int(left)) for slot, rows, left in session.execute(
        select(entry.slot, func.sum(entry.rows), func.sum(entry.left))
        .where(entry.replacement_id == replacement_id).group_by(entry.slot)
    )}


def findings(replacement_id: uuid.UUID, phase: str | None = None) -> Select[CryptoReplacementFinding]:
    """Return what a job lists, in order."""
    query = select(CryptoReplacementFinding).where(CryptoReplacementFinding.replacement_id == replacement_id)
    query = query if phase is None else query.where(CryptoReplacementFinding.phase == phase)
    return query.order_by(CryptoReplacementFinding.number)


def listed(session: Session, replacement_id: uuid.UUID, phase: str) -> set[tuple[int, str]]:
    """Return column and key of what a job lists in a phase; a masked key is that of no row."""
    return {(row.slot, row.row_key) for row in session.scalars(findings(replacement_id, phase))}


def next_finding(session: Session, replacement_id: uuid.UUID) -> int:
    """Return the next number of a finding."""
    return (session.scalar(select(func.max(CryptoReplacementFinding.number)).where(
        CryptoReplacementFinding.replacement_id == replacement_id)) or 0) + 1
