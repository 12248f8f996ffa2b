"""What the explorer shows of the index. Lists go by place (block, index): a page costs the same wherever it lies.

A list that several columns could answer asks each by its own index and merges what came first.
"""

import heapq
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from chain.anchoring.models import AnchorBatch, AnchorLeaf, AnchorStream
from chain.contracts.models import ChainAccount, ContractRelease
from chain.indexer.models import (
    ChainAttribution,
    ChainBlock,
    ChainContract,
    ChainEvent,
    ChainTransaction,
)
from kernel.identity.models import Department

Place = tuple[int, int]
T = TypeVar("T", ChainTransaction, ChainEvent)
_BUSY: ColumnElement[bool] = literal_column("chain_block.transactions > 0")  # as the partial index has it


@dataclass(frozen=True)
class Wanted:
    """A filter of transactions or events; None: any. Block numbers are inclusive."""

    address: str | None = None
    contract: str | None = None
    event: str | None = None
    stream: str | None = None
    department_id: uuid.UUID | None = None
    failed: bool = False
    first_block: int | None = None
    last_block: int | None = None


def blocks(
    session: Session, *, before: int | None, size: int, busy: bool = False, first: int = 0
) -> Sequence[ChainBlock]:
    """Return up to ``size`` blocks below ``before`` and from ``first`` on, newest first; ``busy``: not empty ones."""
    query = select(ChainBlock).where(ChainBlock.number >= first)
    if before is not None:
        query = query.where(ChainBlock.number < before)
    if busy:
        query = query.where(_BUSY)
    return session.scalars(query.order_by(ChainBlock.number.desc()).limit(size)).all()


def block_by_hash(session: Session, block_hash: str) -> ChainBlock | None:
    """Return a block by its hash."""
    return session.scalar(select(ChainBlock).where(ChainBlock.hash == block_hash))


def times(session: Session, numbers: Iterable[int]) -> dict[int, datetime]:
    """Return the times of blocks."""
    query = select(ChainBlock.number, ChainBlock.at).where(ChainBlock.number.in_(set(numbers)))
    return {row[0]: row[1] for row in session.execute(query)}


def bounds(session: Session, start: datetime | None, end: datetime | None) -> tuple[int | None, int | None]:
    """Return the first block from ``start`` on and the last before ``end`` (None: no bound); (1, 0) where a period
    holds none."""
    first = last = None
    if start is not None:
        first = session.scalar(
            select(ChainBlock.number).where(ChainBlock.at >= start).order_by(ChainBlock.at).limit(1)
        )
        if first is None:
            return 1, 0
    if end is not None:
        last = session.scalar(
            select(ChainBlock.number).where(ChainBlock.at < end).order_by(ChainBlock.at.desc()).limit(1)
        )
        if last is None:
            return 1, 0
    return first, last


def transaction(session: Session, tx_hash: str) -> ChainTransaction | None:
    """Return a transaction by its hash."""
    return session.scalar(select(ChainTransaction).where(ChainTransaction.hash == tx_hash))


def transactions_in(session: Session, number: int, limit: int) -> Sequence[ChainTransaction]:
    """Return the first transactions of a block."""
    query = select(ChainTransaction).where(ChainTransaction.block_number == number)
    return session.scalars(query.order_by(ChainTransaction.tx_index).limit(limit)).all()


def events_in(session: Session, number: int, index: int) -> Sequence[ChainEvent]:
    """Return the decoded events of a transaction."""
    query = select(ChainEvent).where(ChainEvent.block_number == number, ChainEvent.tx_index == index)
    return session.scalars(query.order_by(ChainEvent.log_index)).all()


def carried(session: Session, number: int, index: int) -> Sequence[ChainAttribution]:
    """Return whose records a transaction carries."""
    query = select(ChainAttribution).where(
        ChainAttribution.block_number == number, ChainAttribution.tx_index == index
    )
    return session.scalars(query.order_by(ChainAttribution.part)).all()


def transactions(session: Session, wanted: Wanted, *, before: Place | None, size: int) -> list[ChainTransaction]:
    """Return up to ``size`` transactions before a place, newest first."""
    row = ChainTransaction
    query = _within(select(row), row.block_number, row.tx_index, wanted, before)
    if wanted.failed:
        query = query.where(row.reason.is_not(None))
    if wanted.contract is not None:
        query = query.where(row.contract == wanted.contract)
    if wanted.department_id is not None:
        query = query.where(tuple_(row.block_number, row.tx_index).in_(_of_department(wanted, before, size)))
    if wanted.address is None:
        return _newest([query], row.block_number, row.tx_index, session, size)
    columns = (row.sender, row.to_address, row.created)
    queries = [query.where(column == wanted.address) for column in columns]
    return _newest(queries, row.block_number, row.tx_index, session, size)


def _of_department(wanted: Wanted, before: Place | None, size: int) -> Select[Any]:
    """Places of a department's newest transactions; more than a page of them, where other filters thin it out."""
    part = ChainAttribution
    places: Any = select(part.block_number, part.tx_index).where(part.department_id == wanted.department_id)
    within: Select[Any] = _within(places, part.block_number, part.tx_index, wanted, before)
    limited = within.order_by(part.block_number.desc(), part.tx_index.desc())
    return limited if wanted.failed or wanted.address or wanted.contract else limited.limit(size)


def events(session: Session, wanted: Wanted, *, before: Place | None, size: int) -> list[ChainEvent]:
    """Return up to ``size`` events before a place, newest first."""
    row = ChainEvent
    query = _within(select(row), row.block_number, row.log_index, wanted, before)
    if wanted.stream is not None:
        query = query.where(row.stream == wanted.stream)
    if wanted.event is not None:
        query = query.where(row.event == wanted.event)
    if wanted.address is not None:
        query = query.where(row.address == wanted.address)
    if wanted.contract is None:
        return _newest([query], row.block_number, row.log_index, session, size)
    if wanted.event is not None:
        query = query.where(row.contract == wanted.contract)
        return _newest([query], row.block_number, row.log_index, session, size)
    addresses = session.scalars(select(ChainContract.address).where(ChainContract.name == wanted.contract))
    return _newest([query.where(row.address == one) for one in addresses], row.block_number, row.log_index, session,
        size)


def _within(
    query: Select[Any], block: InstrumentedAttribute[int], index: InstrumentedAttribute[int], wanted: Wanted,
    before: Place | None,
) -> Select[Any]:
    if before is not None:
        query = query.where(tuple_(block, index) < before)
    if wanted.first_block is not None:
        query = query.where(block >= wanted.first_block)
    return query if wanted.last_block is None else query.where(block <= wanted.last_block)


def _newest(
    queries: Iterable[Select[Any]], block: InstrumentedAttribute[int], index: InstrumentedAttribute[int],
    session: Session, size: int,
) -> list[Any]:
    found: dict[Place, Any] = {}
    for query in queries:
        for one in session.scalars(query.order_by(block.desc(), index.desc()).limit(size)):
            found[one.block_number, getattr(one, index.key)] = one
    return [found[place] for place in heapq.nlargest(size, found)]


def seen(session: Session, address: str) -> tuple[int, int] | None:
    """Return the first and the last block in which an address sent, was called or was created; None where never."""
    row, found = ChainTransaction, []
    for column in (row.sender, row.to_address, row.created):
        low, high = session.execute(
            select(func.min(row.block_number), func.max(row.block_number)).where(column == address)
        ).one()
        found += [] if low is None else [low, high]
    return (min(found), max(found)) if found else None


def last_block_of(session: Session, department_id: uuid.UUID | None) -> int | None:
    """Return the last block that carries records of a department (None: the platform)."""
    part = ChainAttribution.department_id
    mine: ColumnElement[bool] = part.is_(None) if department_id is None else part == department_id
    return session.scalar(select(func.max(ChainAttribution.block_number)).where(mine))


def departments(session: Session, like: str | None = None, limit: int | None = None) -> Sequence[Department]:
    """Return departments in their order, those whose name, short name or code has a text in it."""
    query = select(Department).order_by(Department.sort, Department.name)
    if like is not None:
        held = [column.contains(like, autoescape=True) for column in (Department.name, Department.short_name)]
        query = query.where(or_(*held, Department.code == like))
    return session.scalars(query.limit(limit)).all()


def contracts(session: Session) -> list[tuple[str, str]]:
    """Return (address, name) of every contract whose ABI is known or that was deployed from here."""
    found = {row[0].lower(): row[1] for row in session.execute(select(ContractRelease.address, ContractRelease.name))}
    found |= {row[0]: row[1] for row in session.execute(select(ChainContract.address, ChainContract.name))}
    return sorted(found.items(), key=lambda one: (one[1], one[0]))


def streams(session: Session) -> list[tuple[str, str]]:
    """Return (address of the signer, name) of every stream."""
    query = select(AnchorStream.address, AnchorStream.name).order_by(AnchorStream.name)
    return [(row[0].lower(), row[1]) for row in session.execute(query)]


def accounts(session: Session) -> list[tuple[str, str]]:
    """Return (address, purpose) of the platform's own accounts."""
    return [(row[0].lower(), row[1]) for row in session.execute(select(ChainAccount.address, ChainAccount.purpose))]


def anchored(session: Session, object_type: str, object_id: str, limit: int) -> list[tuple[int, str]]:
    """Return (version, transaction hash) of an object's anchored versions, newest first."""
    query = select(AnchorLeaf.version, AnchorBatch.tx_hash).join(AnchorBatch, AnchorBatch.id == AnchorLeaf.batch_id)
    query = query.where(
        AnchorLeaf.object_type == object_type, AnchorLeaf.object_id == object_id, AnchorBatch.tx_hash.is_not(None)
    )
    rows = session.execute(query.order_by(AnchorLeaf.version.desc()).limit(limit))
    return [(version, str(tx_hash)) for version, tx_hash in rows]
