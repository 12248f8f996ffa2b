"""Every SELECT of anchoring, and the tile store over its table."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, func, select, tuple_
from sqlalchemy.orm import Session

from chain.anchoring.models import AnchorBatch, AnchorCheckpoint, AnchorLeaf, AnchorStream, AnchorTile, AnchorTrust
from kernel.audit.models import AuditLog, AuditSeal

EPOCH_OBJECT = "anchor_epoch"


class SqlTiles:
    """Tiles of one tree in ``anchor_tile``, within the caller's transaction."""

    def __init__(self, session: Session, stream: str, epoch: int) -> None:
        self._session = session
        self._key = (stream, epoch)

    def read(self, level: int, index: int) -> bytes:
        """Return the hashes of a tile, empty where there is none."""
        row = self._session.get(AnchorTile, (*self._key, level, index))
        return row.hashes if row is not None else b""

    def write(self, level: int, index: int, hashes: bytes) -> None:
        """Write a tile that grew."""
        row = self._session.get(AnchorTile, (*self._key, level, index))
        if row is not None:
            row.hashes = hashes
            return
        stream, epoch = self._key
        self._session.add(AnchorTile(stream=stream, epoch=epoch, level=level, number=index, hashes=hashes))


def stream(session: Session, name: str) -> AnchorStream | None:
    """Return a stream's row as it is in the database now."""
    return session.get(AnchorStream, name, populate_existing=True)


def streams(session: Session) -> list[AnchorStream]:
    """Return every stream, by name."""
    return list(session.scalars(select(AnchorStream).order_by(AnchorStream.name)))


def streams_with_work(session: Session) -> list[str]:
    """Return the streams that have leaves without index or a batch on its way."""
    waiting = select(AnchorLeaf.stream).where(AnchorLeaf.batch_id.is_(None)).distinct()
    prepared = select(AnchorBatch.stream).where(AnchorBatch.state == "prepared")
    return sorted({*session.scalars(waiting), *session.scalars(prepared)})


def prepared(session: Session, name: str) -> AnchorBatch | None:
    """Return the batch that is on its way, if any."""
    return session.scalar(select(AnchorBatch).where(AnchorBatch.stream == name, AnchorBatch.state == "prepared"))


def last_final(session: Session, name: str, epoch: int) -> AnchorBatch | None:
    """Return the last final batch of a stream's epoch."""
    chosen = (AnchorBatch.stream == name, AnchorBatch.epoch == epoch, AnchorBatch.state == "final")
    return session.scalar(select(AnchorBatch).where(*chosen).order_by(AnchorBatch.seq.desc()).limit(1))


def waiting(session: Session, name: str, limit: int) -> Sequence[Row[uuid.UUID, bytes]]:
    """Return (id, leaf hash) of leaves without index. The order of ids is only a choice: the index is the order."""
    query = select(AnchorLeaf.id, AnchorLeaf.leaf_hash).where(_waiting(name))
    return session.execute(query.order_by(AnchorLeaf.id).limit(limit)).all()


def epoch_leaf(session: Session, name: str, epoch: int) -> uuid.UUID | None:
    """Return the leaf that commits to the epoch before, while it waits."""
    chosen = (AnchorLeaf.object_type == EPOCH_OBJECT, AnchorLeaf.version == epoch)
    return session.scalar(select(AnchorLeaf.id).where(_waiting(name), *chosen))


def _waiting(name: str) -> ColumnElement[bool]:
    return and_(AnchorLeaf.stream == name, AnchorLeaf.batch_id.is_(None))


def waiting_count(session: Session, name: str | None = None) -> int:
    """Return how many leaves have no index yet."""
    query = select(func.count()).select_from(AnchorLeaf).where(AnchorLeaf.batch_id.is_(None))
    return session.scalar(query if name is None else query.where(AnchorLeaf.stream == name)) or 0


def unfinished_count(session: Session) -> int:
    """Return how many leaves are not final on the chain, with or without an index."""
    sent = select(func.coalesce(func.sum(AnchorBatch.leaves), 0)).where(AnchorBatch.state == "prepared")
    return waiting_count(session) + int(session.scalar(sent) or 0)


def oldest_waiting(session: Session, name: str) -> datetime | None:
    """Return when the oldest leaf that is not final was written."""
    query = select(func.min(AnchorLeaf.created_at)).outerjoin(AnchorBatch, AnchorBatch.id == AnchorLeaf.batch_id)
    not_final = AnchorLeaf.batch_id.is_(None) | (AnchorBatch.state == "prepared")
    return session.scalar(query.where(AnchorLeaf.stream == name, not_final))


def leaf_of(session: Session, object_type: str, object_id: str, version: int) -> AnchorLeaf | None:
    """Return the leaf of an object's version."""
    chosen = (
        AnchorLeaf.object_type == object_type, AnchorLeaf.object_id == object_id, AnchorLeaf.version == version,
    )  # fmt: skip
    return session.scalar(select(AnchorLeaf).where(*chosen).order_by(AnchorLeaf.stream).limit(1))


def _versions(name: str, object_type: str, object_id: str) -> ColumnElement[bool]:
    chosen = (AnchorLeaf.stream == name, AnchorLeaf.object_type == object_type, AnchorLeaf.object_id == object_id)
    return and_(*chosen)


def last_version(session: Session, name: str, object_type: str, object_id: str) -> int:
    """Return the largest version of an object in a stream, final or not; 0 before the first."""
    query = select(func.max(AnchorLeaf.version)).where(_versions(name, object_type, object_id))
    return session.scalar(query) or 0


def leaf_from(session: Session, name: str, object_type: str, object_id: str, version: int) -> AnchorLeaf | None:
    """Return the leaf of the first version of an object that is not below ``version``."""
    query = select(AnchorLeaf).where(_versions(name, object_type, object_id), AnchorLeaf.version >= version)
    return session.scalar(query.order_by(AnchorLeaf.version).limit(1))


def final_versions(session: Session, name: str, object_type: str, object_id: str) -> list[AnchorLeaf]:
    """Return the anchored leaves of an object's versions, the smallest version first."""
    query = select(AnchorLeaf).join(AnchorBatch, AnchorBatch.id == AnchorLeaf.batch_id)
    query = query.where(_versions(name, object_type, object_id), AnchorBatch.state == "final")
    return list(session.scalars(query.order_by(AnchorLeaf.version)))


def sealed_number(session: Session, audit_id: uuid.UUID) -> int | None:
    """Return the number that the sealer gave to a line of the audit trail."""
    return session.scalar(select(AuditSeal.seq).where(AuditSeal.audit_id == audit_id))


def sealed_lines(session: Session, after: int, upto: int) -> Sequence[Row[int, AuditLog]]:
    """Return (number, line) of the audit trail's lines after..upto."""
    query = select(AuditSeal.seq, AuditLog).join(AuditLog, AuditLog.id == AuditSeal.audit_id)
    query = query.where(AuditSeal.seq > after, AuditSeal.seq <= upto).order_by(AuditSeal.seq)
    return session.execute(query).all()


def leaves_of(
    session: Session, object_type: str, versions: Sequence[tuple[str, int]]
) -> list[tuple[AnchorLeaf, AnchorBatch | None]]:
    """Return the leaves of several objects' versions with their batches."""
    query = select(AnchorLeaf, AnchorBatch).outerjoin(AnchorBatch, AnchorBatch.id == AnchorLeaf.batch_id)
    chosen = tuple_(AnchorLeaf.object_id, AnchorLeaf.version).in_(versions)
    rows = session.execute(query.where(AnchorLeaf.object_type == object_type, chosen))
    return [(row[0], row[1]) for row in rows]


def final_leaves(session: Session, name: str | None, after: tuple[str, int, int] | None,
    limit: int) -> list[AnchorLeaf]:
    """Return anchored leaves in (stream, epoch, index) order after a position."""
    order = (AnchorLeaf.stream, AnchorLeaf.epoch, AnchorLeaf.index)
    query = select(AnchorLeaf).join(AnchorBatch, AnchorBatch.id == AnchorLeaf.batch_id)
    query = query.where(AnchorBatch.state == "final")
    if name is not None:
        query = query.where(AnchorLeaf.stream == name)
    if after is not None:
        query = query.where(tuple_(*order) > after)
    return list(session.scalars(query.order_by(*order).limit(limit)))


def leaves_in(session: Session, batch_id: uuid.UUID) -> list[AnchorLeaf]:
    """Return the leaves of a batch in index order."""
    query = select(AnchorLeaf).where(AnchorLeaf.batch_id == batch_id).order_by(AnchorLeaf.index)
    return list(session.scalars(query))


def final_between(session: Session, start: datetime, end: datetime) -> list[AnchorBatch]:
    """Return the batches that became final in [start, end), in the order of their streams."""
    query = select(AnchorBatch).where(AnchorBatch.final_at >= start, AnchorBatch.final_at < end)
    return list(session.scalars(query.order_by(AnchorBatch.stream, AnchorBatch.epoch, AnchorBatch.seq)))


def batches(name: str | None = None, state: str | None = None) -> Select[AnchorBatch]:
    """The query of batches, newest first within their streams."""
    query = select(AnchorBatch).order_by(AnchorBatch.stream, AnchorBatch.epoch.desc(), AnchorBatch.seq.desc(),
        AnchorBatch.id)
    if name is not None:
        query = query.where(AnchorBatch.stream == name)
    return query if state is None else query.where(AnchorBatch.state == state)


def batch_page(
    session: Session, query: Select[AnchorBatch], offset: int, size: int
) -> tuple[list[AnchorBatch], int]:
    """Return rows offset..offset+size-1 of a query of batches, and how many there are."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    return list(session.scalars(query.limit(size).offset(offset))), total


def checkpoint(session: Session, batch_id: uuid.UUID) -> AnchorCheckpoint | None:
    """Return the checkpoint of a final batch."""
    return session.get(AnchorCheckpoint, batch_id)


def checkpoint_keys(session: Session) -> list[bytes]:
    """Return every key that ever signed a checkpoint here."""
    return list(session.scalars(select(AnchorCheckpoint.key).distinct()))


def trust(session: Session) -> AnchorTrust | None:
    """Return what is known about the chain."""
    return session.get(AnchorTrust, 1)


def anchored_counts(session: Session, start: datetime, end: datetime) -> Sequence[Row[uuid.UUID | None, str, str, int]]:
    """Return (department, stream, batch state or "waiting", leaves) of the leaves written in [start, end)."""
    state = func.coalesce(AnchorBatch.state, "waiting")
    query = select(AnchorLeaf.department_id, AnchorLeaf.stream, state, func.count())
    query = query.outerjoin(AnchorBatch, AnchorBatch.id == AnchorLeaf.batch_id)
    query = query.where(AnchorLeaf.created_at >= start, AnchorLeaf.created_at < end)
    return session.execute(query.group_by(AnchorLeaf.department_id, AnchorLeaf.stream, state)).all()
