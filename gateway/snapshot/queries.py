"""Reads of snapshots."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.snapshot.models import Snapshot, SnapshotHead


def head_number(session: Session, environment: str) -> int:
    """Return the current number of an environment, 0 before the first."""
    return session.scalar(select(SnapshotHead.number).where(SnapshotHead.environment == environment)) or 0


def load(session: Session, environment: str, number: int) -> Snapshot | None:
    """Return a snapshot row."""
    return session.get(Snapshot, (environment, number))
