"""Every SELECT of the follower and its checks (what pages show is asked for in ``chain.explorer.queries``)."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from chain.anchoring.models import AnchorBatch, AnchorLeaf
from chain.indexer.models import (
    ChainAttribution,
    ChainBlock,
    ChainContract,
    ChainLog,
    ChainRollup,
    ChainTransaction,
    IndexCursor,
)
from chain.indexer.rollups import MICROS, Grain, Sums, from_row, start_of
from kernel import clock

_MANY = 200


def cursor(session: Session) -> IndexCursor | None:
    """Return how far the index is, as it is in the database now; None before block 0."""
    return session.get(IndexCursor, 1, populate_existing=True)


def place(session: Session) -> tuple[int, str] | None:
    """Return (height, hash) of the newest indexed block: all that an idle round asks for."""
    found = session.execute(select(IndexCursor.height, IndexCursor.block_hash)).first()
    return None if found is None else (found[0], found[1])


def block(session: Session, number: int) -> ChainBlock | None:
    """Return an indexed block."""
    return session.get(ChainBlock, number)


def block_hash(session: Session, number: int) -> str | None:
    """Return the hash of an indexed block."""
    return session.scalar(select(ChainBlock.hash).where(ChainBlock.number == number))


def span(session: Session, first: int, last: int) -> tuple[int, int] | None:
    """Return the Unix seconds of the first and the last of these blocks, None where there are none."""
    query = select(func.min(ChainBlock.at), func.max(ChainBlock.at))
    low, high = session.execute(query.where(ChainBlock.number >= first, ChainBlock.number <= last)).one()
    return None if low is None else (clock.to_micros(low) // MICROS, clock.to_micros(high) // MICROS)


def contracts(session: Session) -> dict[str, ChainContract]:
    """Return the contracts that rows were decoded for, by address."""
    return {one.address: one for one in session.scalars(select(ChainContract))}


def redecode_due(session: Session) -> ChainContract | None:
    """Return a contract whose rows are to be decoded anew."""
    query = select(ChainContract).where(ChainContract.redecode_from.is_not(None))
    return session.scalar(query.order_by(ChainContract.address).limit(1))


def next_touched(session: Session, address: str, number: int) -> int | None:
    """Return the first block from ``number`` on that holds a log of, or a transaction to or creating, an address."""
    found = (
        session.scalar(select(func.min(column)).where(condition, column >= number))
        for column, condition in (
            (ChainLog.block_number, ChainLog.address == address),
            (ChainTransaction.block_number, ChainTransaction.to_address == address),
            (ChainTransaction.block_number, ChainTransaction.created == address),
        )
    )
    return min((one for one in found if one is not None), default=None)


def chunk_end(session: Session, address: str, first: int, rows: int) -> int | None:
    """Return the last block of a chunk of about ``rows`` logs and as many transactions from ``first`` on; None where
    there are fewer."""
    ends = [
        session.scalar(
            select(column).where(condition, column >= first).order_by(column).offset(rows).limit(1)
        )
        for column, condition in (
            (ChainLog.block_number, ChainLog.address == address),
            (ChainTransaction.block_number, ChainTransaction.to_address == address),
        )
    ]
    return min((one for one in ends if one is not None), default=None)


def logs_of(session: Session, address: str, first: int, last: int) -> Sequence[ChainLog]:
    """Return the logs of an address in blocks first..last."""
    query = select(ChainLog).where(
        ChainLog.address == address, ChainLog.block_number >= first, ChainLog.block_number <= last
    )
    return session.scalars(query).all()


def calls_of(session: Session, address: str, first: int, last: int) -> Sequence[ChainTransaction]:
    """Return the transactions to or creating an address in blocks first..last."""
    query = select(ChainTransaction).where(
        or_(ChainTransaction.to_address == address, ChainTransaction.created == address),
        ChainTransaction.block_number >= first, ChainTransaction.block_number <= last,
    )
    return session.scalars(query).all()


def hashes(session: Session, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Return the hashes of transactions by (block, index)."""
    wanted, found = list(places), {}
    for at in range(0, len(wanted), _MANY):
        position = tuple_(ChainTransaction.block_number, ChainTransaction.tx_index)
        query = select(ChainTransaction.block_number, ChainTransaction.tx_index, ChainTransaction.hash)
        for row in session.execute(query.where(position.in_(wanted[at:at + _MANY]))):
            found[row[0], row[1]] = row[2]
    return found


def batches(
    session: Session, wanted: Sequence[tuple[str, int, int]]
) -> list[Row[uuid.UUID, str, int, int, str | None]]:
    """Return (id, stream, epoch, seq, transaction hash) of batches by (stream, epoch, seq)."""
    found: list[Row[uuid.UUID, str, int, int, str | None]] = []
    key = tuple_(AnchorBatch.stream, AnchorBatch.epoch, AnchorBatch.seq)
    for at in range(0, len(wanted), _MANY):
        query = select(AnchorBatch.id, AnchorBatch.stream, AnchorBatch.epoch, AnchorBatch.seq, AnchorBatch.tx_hash)
        query = query.where(key.in_(wanted[at:at + _MANY]), AnchorBatch.tx_hash.is_not(None))
        found += session.execute(query).all()
    return found


def departments_of(session: Session, batch_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[tuple[Any, int]]]:
    """Return (department, records) of batches, in the order of the departments' ids."""
    found: dict[uuid.UUID, list[tuple[Any, int]]] = {one: [] for one in batch_ids}
    for at in range(0, len(batch_ids), _MANY):
        query = select(AnchorLeaf.batch_id, AnchorLeaf.department_id, func.count())
        query = query.where(AnchorLeaf.batch_id.in_(batch_ids[at:at + _MANY]))
        for batch, department, count in session.execute(query.group_by(AnchorLeaf.batch_id, AnchorLeaf.department_id)):
            if batch is not None:
                found[batch].append((department, count))
    return {batch: sorted(parts, key=lambda part: str(part[0] or "")) for batch, parts in found.items()}


def rollups(session: Session, grain: Grain, start: int, end: int) -> list[tuple[int, Sums]]:
    """Return the sums of a grain that begin in [start, end), oldest first."""
    query = select(ChainRollup.__table__).where(
        ChainRollup.grain == grain, ChainRollup.start >= clock.from_micros(start * MICROS),
        ChainRollup.start < clock.from_micros(end * MICROS),
    )
    return [from_row(row) for row in session.execute(query.order_by(ChainRollup.start))]


def minutes_from_rows(session: Session, start: int, end: int) -> dict[int, Sums]:
    """Return the sums of the minutes in [start, end) from the blocks themselves; a minute at the edge is cut."""
    query = select(
        ChainBlock.number, ChainBlock.at, ChainBlock.interval, ChainBlock.transactions, ChainBlock.failed,
        ChainBlock.gas_used, ChainBlock.sealer, ChainBlock.missed,
    ).where(
        ChainBlock.at >= clock.from_micros(start * MICROS), ChainBlock.at < clock.from_micros(end * MICROS),
        ChainBlock.number > 0,
    )  # fmt: skip
    found: dict[int, Sums] = {}
    minute_of: dict[int, Sums] = {}
    for number, at, interval, transactions, failed, gas_used, sealer, missed in session.execute(
        query.order_by(ChainBlock.number)
    ):
        minute = start_of("minute", clock.to_micros(at) // MICROS)
        sums = minute_of[number] = found.setdefault(minute, Sums(first_block=number, peak_at=minute))
        sums.blocks += 1
        sums.empty += transactions == 0
        sums.transactions += transactions
        sums.peak = sums.transactions
        sums.failed += failed
        sums.gas_used += gas_used
        sums.missed += missed
        sums.last_block = number
        sums.sealers[sealer] += 1
        if interval is not None:
            sums.intervals[interval] += 1
    if minute_of:
        _add_parts(session, minute_of)
    return found


def _add_parts(session: Session, minute_of: dict[int, Sums]) -> None:
    first, last = min(minute_of), max(minute_of)
    query = select(ChainTransaction.block_number, ChainTransaction.reason, func.count()).where(
        ChainTransaction.reason.is_not(None), ChainTransaction.block_number >= first,
        ChainTransaction.block_number <= last,
    )
    for number, reason, count in session.execute(
        query.group_by(ChainTransaction.block_number, ChainTransaction.reason)
    ):
        minute_of[number].failures[str(reason)] += count
    carried = select(ChainAttribution.block_number, ChainAttribution.department_id, ChainAttribution.records).where(
        ChainAttribution.block_number >= first, ChainAttribution.block_number <= last
    )
    for number, department, records in session.execute(carried):
        minute_of[number].attribute(str(department or ""), 1, records)


def unlinked(session: Session, height: int) -> list[int]:
    """Return the blocks below ``height`` after which the next number, or its link to them, is missing."""
    own, following = aliased(ChainBlock), aliased(ChainBlock)
    joined = and_(following.number == own.number + 1, following.parent_hash == own.hash)
    query = select(own.number).outerjoin(following, joined).where(own.number < height, following.number.is_(None))
    return list(session.scalars(query.order_by(own.number)))


def counts(session: Session) -> dict[str, int]:
    """Return how many blocks there are, and how many transactions and logs there are and should be."""
    blocks = session.execute(
        select(func.count(), func.coalesce(func.sum(ChainBlock.transactions), 0),
            func.coalesce(func.sum(ChainBlock.logs), 0), func.min(ChainBlock.number), func.max(ChainBlock.number))
    ).one()
    return {
        "blocks": blocks[0], "lowest": blocks[3] if blocks[3] is not None else 0, "highest": blocks[4] or 0,
        "transactions_due": int(blocks[1]), "logs_due": int(blocks[2]),
        "transactions": session.scalar(select(func.count()).select_from(ChainTransaction)) or 0,
        "logs": session.scalar(select(func.count()).select_from(ChainLog)) or 0,
    }


def incomplete(session: Session, limit: int = 100) -> list[int]:
    """Return blocks whose transactions or logs are not as many as the block says."""
    held = (
        select(ChainTransaction.block_number.label("number"), func.count().label("transactions"),
            func.sum(ChainTransaction.logs).label("logs"))
        .group_by(ChainTransaction.block_number).subquery()
    )
    logged = (
        select(ChainLog.block_number.label("number"), func.count().label("logs")).group_by(ChainLog.block_number)
        .subquery()
    )
    query = (
        select(ChainBlock.number).outerjoin(held, held.c.number == ChainBlock.number)
        .outerjoin(logged, logged.c.number == ChainBlock.number)
        .where(or_(
            func.coalesce(held.c.transactions, 0) != ChainBlock.transactions,
            func.coalesce(held.c.logs, 0) != ChainBlock.logs, func.coalesce(logged.c.logs, 0) != ChainBlock.logs,
        ))
    )
    return list(session.scalars(query.order_by(ChainBlock.number).limit(limit)))
