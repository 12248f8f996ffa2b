"""Writing a job's journal: states, ranges, findings. Each function is called in a unit of work of its own."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from crypto.replacement import queries
from crypto.replacement.models import CryptoReplacement, CryptoReplacementFinding, CryptoReplacementRange
from crypto.replacement.rules import State

LISTED_AT_MOST = 20_000  # findings of a job that are kept by row; all are counted


@dataclass(frozen=True)
class Listed:
    """A row to be listed: masked value, and key where that is not sensitive itself."""

    phase: str
    slot: int
    key: str = field(repr=False)
    reason: str
    shown: str


def enter(session: Session, replacement_id: uuid.UUID, state: State) -> None:
    """Set the state of a job."""
    session.execute(
        update(CryptoReplacement).where(CryptoReplacement.id == replacement_id).values(state=state)
        .execution_options(synchronize_session=False)
    )


def enter_range(session: Session, row: CryptoReplacementRange, listed: Sequence[Listed]) -> None:
    """Write a captured range and what its page listed."""
    session.add(row)
    session.flush([row])
    findings(session, row.replacement_id, listed)


def finish(
    session: Session, replacement_id: uuid.UUID, number: int, state: str, left: int, listed: Sequence[Listed],
) -> None:
    """Write that a range was changed or undone, all but ``left`` rows."""
    session.execute(
        update(CryptoReplacementRange)
        .where(CryptoReplacementRange.replacement_id == replacement_id, CryptoReplacementRange.number == number)
        .values(state=state, left=left).execution_options(synchronize_session=False)
    )
    findings(session, replacement_id, listed)


def again(session: Session, replacement_id: uuid.UUID) -> None:
    """Open the ranges again of which an undo left rows, and forget that it listed those."""
    session.execute(
        update(CryptoReplacementRange)
        .where(CryptoReplacementRange.replacement_id == replacement_id, CryptoReplacementRange.state == "undone",
               CryptoReplacementRange.left > 0)
        .values(state="applied").execution_options(synchronize_session=False)
    )
    session.execute(delete(CryptoReplacementFinding).where(
        CryptoReplacementFinding.replacement_id == replacement_id, CryptoReplacementFinding.phase == "undo"))


def findings(session: Session, replacement_id: uuid.UUID, listed: Sequence[Listed]) -> None:
    """List rows, up to a number that a person could still look through."""
    if not listed:
        return
    first = queries.next_finding(session, replacement_id)
    rows = [
        {"replacement_id": replacement_id, "number": number, "phase": one.phase, "slot": one.slot,
         "row_key": one.key[:200], "reason": one.reason[:60], "shown": one.shown[:120]}
        for number, one in zip(range(first, LISTED_AT_MOST + 1), listed, strict=False)
    ]
    if rows:
        session.execute(insert(CryptoReplacementFinding), rows)


def clear_findings(session: Session, replacement_id: uuid.UUID) -> None:
    """Forget what an earlier check listed."""
    session.execute(delete(CryptoReplacementFinding).where(CryptoReplacementFinding.replacement_id == replacement_id))
