"""Every SELECT about witnesses and cosignatures."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from chain.anchoring.models import AnchorBatch, AnchorCheckpoint
from chain.witness.models import AnchorCosignature, AnchorTimestamp, AnchorWitness

COUNTED = ("active", "retired")


class Cosigned(NamedTuple):
    """One cosignature with its witness's key."""

    key: bytes
    row: AnchorCosignature


def witnesses(state: str | None = None) -> Select[AnchorWitness]:
    """The query of witnesses, by name."""
    query = select(AnchorWitness).order_by(AnchorWitness.name)
    return query if state is None else query.where(AnchorWitness.state == state)


def counted(session: Session) -> list[AnchorWitness]:
    """Return the witnesses whose cosignatures count, by key."""
    query = select(AnchorWitness).where(AnchorWitness.state.in_(COUNTED))
    return sorted(session.scalars(query), key=lambda row: row.key)


def witness_of_key(session: Session, key: bytes) -> AnchorWitness | None:
    """Return the witness that holds a key."""
    return session.scalar(select(AnchorWitness).where(AnchorWitness.key == key))


def cosignatures(session: Session, batch_id: uuid.UUID) -> list[Cosigned]:
    """Return what counts for a batch's checkpoint, in the order of keys, as a proof lists it."""
    query = select(AnchorWitness.key, AnchorCosignature).join(
        AnchorCosignature, AnchorCosignature.witness_id == AnchorWitness.id
    )
    query = query.where(AnchorCosignature.batch_id == batch_id, AnchorWitness.state.in_(COUNTED))
    return sorted((Cosigned(row[0], row[1]) for row in session.execute(query)), key=lambda found: found.key)


def first_cosigned(session: Session, stream: str, epoch: int, seq: int, at_least: int) -> uuid.UUID | None:
    """Return the earliest final batch from ``seq`` on that so many witnesses have signed; its root covers all before.

    Where there is none, the earliest that any has signed.
    """
    query = select(AnchorBatch.id).join(AnchorCosignature, AnchorCosignature.batch_id == AnchorBatch.id)
    query = query.join(AnchorWitness, AnchorWitness.id == AnchorCosignature.witness_id).where(
        AnchorBatch.stream == stream, AnchorBatch.epoch == epoch, AnchorBatch.seq >= seq, AnchorBatch.state == "final",
        AnchorWitness.state.in_(COUNTED),
    )
    query = query.group_by(AnchorBatch.id, AnchorBatch.seq).order_by(AnchorBatch.seq).limit(1)
    found = session.scalar(query.having(func.count() >= at_least)) if at_least > 1 else None
    return session.scalar(query) if found is None else found


def _final_points() -> Select[AnchorCheckpoint]:
    query = select(AnchorCheckpoint).join(AnchorBatch, AnchorBatch.id == AnchorCheckpoint.batch_id)
    return query.where(AnchorBatch.state == "final")


def checkpoint_at(session: Session, stream: str, size: int) -> AnchorCheckpoint | None:
    """Return the final checkpoint of a stream (by its name on the chain) at a size."""
    query = _final_points().where(AnchorCheckpoint.stream == stream, AnchorCheckpoint.size == size)
    return session.scalar(query)


def ever_signed(session: Session, stream: str, size: int) -> bool:
    """Tell whether a checkpoint was ever signed at a size, also of a batch that the chain forgot since."""
    query = select(AnchorCheckpoint.batch_id).where(AnchorCheckpoint.stream == stream, AnchorCheckpoint.size == size)
    return session.scalar(query.limit(1)) is not None


def checkpoints_after(session: Session, stream: str, size: int, limit: int) -> list[AnchorCheckpoint]:
    """Return the final checkpoints of a stream above a size, the smallest first."""
    query = _final_points().where(AnchorCheckpoint.stream == stream, AnchorCheckpoint.size > size)
    return list(session.scalars(query.order_by(AnchorCheckpoint.size).limit(limit)))


def newest_checkpoints(session: Session) -> list[AnchorCheckpoint]:
    """Return the newest final checkpoint of every stream and epoch, by name."""
    newest = (
        select(AnchorCheckpoint.stream, func.max(AnchorCheckpoint.size).label("size"))
        .join(AnchorBatch, AnchorBatch.id == AnchorCheckpoint.batch_id).where(AnchorBatch.state == "final")
        .group_by(AnchorCheckpoint.stream).subquery()
    )  # fmt: skip
    joined = (AnchorCheckpoint.stream == newest.c.stream) & (AnchorCheckpoint.size == newest.c.size)
    return list(session.scalars(_final_points().join(newest, joined).order_by(AnchorCheckpoint.stream)))


def signed_sizes(session: Session, witness_id: uuid.UUID) -> dict[str, int]:
    """Return stream (by its name on the chain) → the largest size of a final checkpoint the witness has signed."""
    query = select(AnchorCheckpoint.stream, func.max(AnchorCheckpoint.size))
    query = query.join(AnchorCosignature, AnchorCosignature.batch_id == AnchorCheckpoint.batch_id)
    query = query.join(AnchorBatch, AnchorBatch.id == AnchorCheckpoint.batch_id).where(AnchorBatch.state == "final")
    rows = session.execute(query.where(AnchorCosignature.witness_id == witness_id).group_by(AnchorCheckpoint.stream))
    return {row[0]: row[1] for row in rows}


def signed(session: Session, witness_id: uuid.UUID) -> tuple[int, datetime | None]:
    """Return how many checkpoints a witness has signed, and when the last signature came."""
    query = select(func.count(), func.max(AnchorCosignature.received_at))
    row = session.execute(query.where(AnchorCosignature.witness_id == witness_id)).one()
    return row[0], row[1]


def has(session: Session, batch_id: uuid.UUID, witness_id: uuid.UUID) -> bool:
    """Tell whether a cosignature is kept already."""
    return session.get(AnchorCosignature, (batch_id, witness_id)) is not None


def active(session: Session) -> Sequence[AnchorWitness]:
    """Return the active witnesses, by name."""
    return session.scalars(witnesses("active")).all()


def unstamped(session: Session) -> list[AnchorCheckpoint]:
    """Return the newest final checkpoint of every stream that has no time stamp."""
    return [point for point in newest_checkpoints(session) if session.get(AnchorTimestamp, point.batch_id) is None]


def newest_stamped(session: Session) -> list[tuple[AnchorCheckpoint, AnchorTimestamp]]:
    """Return the newest stamped checkpoint of every stream with its time stamp, by name."""
    query = select(AnchorCheckpoint, AnchorTimestamp).join(
        AnchorTimestamp, AnchorTimestamp.batch_id == AnchorCheckpoint.batch_id
    )
    newest: dict[str, tuple[AnchorCheckpoint, AnchorTimestamp]] = {}
    for point, row in session.execute(query.order_by(AnchorCheckpoint.stream, AnchorCheckpoint.size)):
        newest[point.stream] = (point, row)
    return list(newest.values())
