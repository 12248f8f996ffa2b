"""Use cases of the explorer: the index answers, and the node for what is newer than the index."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chain.explorer.errors import BLOCK_NOT_FOUND, METRICS_RANGE, TRANSACTION_NOT_FOUND
from chain.explorer.rules import Bucket, Rates, gather, rates
from chain.indexer import figures
from chain.indexer import queries as index
from chain.indexer.rollups import Sums
from chain.ledger.port import Block, Ledger, Receipt
from kernel import clock
from kernel.errors import MulianError

EMBEDDED = "mulian-poa"
MAX_POINTS = 5_000
_RECENT_BLOCKS = 200
_WINDOW = timedelta(hours=24)
_LABELS = {
    "embedded": (
        "单方封块：能证明顺序与完整性，不能防运营方本身",
        "operator-sealed: shows order and integrity, not protection against the operator",
    ),
    "network": ("多节点网络", "multi-node network"),
}


@dataclass(frozen=True)
class Overview:
    """The chain at a glance; figures of the last 24 hours (or since block 0 where that is less)."""

    chain_id: int
    engine: str
    label_zh: str
    label_en: str
    height: int
    head_hash: str
    head_at: datetime
    transactions: int | None
    pending: int | None
    failure: str | None
    rates: Rates


def status_of(ledger: Ledger) -> dict[str, Any] | None:
    """Return the embedded chain's own figures, None for another engine."""
    version = ledger.client_version()
    if not version.startswith(EMBEDDED):
        return None
    found: dict[str, Any] = ledger.request("mulian_status")
    return found


def overview(session: Session, ledger: Ledger) -> Overview:
    """Return the overview; raises the ledger's errors."""
    status = status_of(ledger)
    head = _head(ledger)
    now = clock.now()
    born = _block(ledger, 0).timestamp
    start = max(int((now - _WINDOW).timestamp()), born)
    end = max(int(now.timestamp()), head.timestamp) + 1
    figures_ = rates(buckets(session, ledger, start, end, 60, head=head, embedded=status is not None), end - start)
    label = _LABELS["embedded" if status else "network"]
    return Overview(
        chain_id=ledger.chain_id(), engine=ledger.client_version(), label_zh=label[0], label_en=label[1],
        height=head.number, head_hash=head.hash, head_at=clock.from_micros(head.timestamp * 1_000_000),
        transactions=status["transactions"] if status else _all_transactions(session, head.number),
        pending=_pending(ledger, status), failure=status["failure"] if status else None, rates=figures_,
    )


def height(session: Session, ledger: Ledger) -> int:
    """Return the height of the chain, or of the index where the node is away."""
    cursor = index.cursor(session)
    try:
        return ledger.height()
    except MulianError:
        if cursor is None:
            raise
        return cursor.height


def indexed(session: Session, end: int, height: int) -> bool:
    """Tell whether the index has every block before ``end`` (Unix seconds) of a chain of this height."""
    cursor = index.cursor(session)
    return cursor is not None and (cursor.height >= height or clock.to_micros(cursor.block_at) >= end * 1_000_000)


def buckets(
    session: Session, ledger: Ledger, start: int, end: int, width: int, *, head: Block | None = None, embedded: bool
) -> list[Bucket]:
    """Return buckets of ``width`` seconds in [start, end) Unix seconds, empty ones left out.

    From the index where that is whole; else from the embedded node's own; else from what is indexed and the newest
    blocks of the node, whose failures are not known yet.
    """
    top = head.number if head is not None else ledger.height()
    minutes = width % 60 == 0
    if minutes and indexed(session, end, top):
        return _from_index(session, start, end, width)
    if embedded:
        return series(ledger, start, end, width)
    cursor = index.cursor(session) if minutes else None
    known = _from_index(session, start, end, width) if cursor is not None else []
    above = -1 if cursor is None else cursor.height
    newest = blocks(ledger, before=None, size=min(_RECENT_BLOCKS, top - above))
    found = [one for one in newest if start <= one.timestamp < end and one.number > max(above, 0)]
    return known + gather(((one.number, one.timestamp, len(one.tx_hashes), one.gas_used) for one in found), width)


def _from_index(session: Session, start: int, end: int, width: int) -> list[Bucket]:
    first, last = clock.from_micros(start * 1_000_000), clock.from_micros(end * 1_000_000)
    wide: dict[int, Sums] = {}
    for at, sums in figures.minutes(session, first, last):
        wide.setdefault(at // width * width, Sums()).add(sums)
    return [bucket(at, sums) for at, sums in sorted(wide.items())]


def bucket(start: int, sums: Sums) -> Bucket:
    """Return sums that hold blocks as a bucket."""
    return Bucket(
        start, sums.blocks, sums.transactions, sums.failed, sums.gas_used, sums.first_block or 0, sums.last_block or 0
    )


def _all_transactions(session: Session, height: int) -> int | None:
    """Every transaction of an engine that does not count them, once all is indexed."""
    cursor = index.cursor(session)
    if cursor is None or cursor.height < height:
        return None
    return sum(sums.transactions for _, sums in index.rollups(session, "quarter", 0, 2**32))


def series(ledger: Ledger, start: int, end: int, width: int) -> list[Bucket]:
    """Return the embedded node's own buckets."""
    rows = ledger.request("mulian_series", hex(start), hex(end), hex(width))
    return [
        Bucket(
            row["start"], row["blocks"], row["transactions"], row["failed"], row["gasUsed"], row["firstBlock"],
            row["lastBlock"],
        )
        for row in rows
    ]


def metrics(session: Session, ledger: Ledger, start: datetime, end: datetime, width: int) -> list[Bucket]:
    """Return the series for a chart; raise ``chain.metrics.range`` for an empty span or too many points."""
    if not timedelta(0) < end - start <= timedelta(seconds=width * MAX_POINTS):
        raise METRICS_RANGE(limit=MAX_POINTS)
    embedded = ledger.client_version().startswith(EMBEDDED)
    return buckets(session, ledger, int(start.timestamp()), int(end.timestamp()), width, embedded=embedded)


def blocks(ledger: Ledger, *, before: int | None, size: int) -> list[Block]:
    """Return up to ``size`` blocks below ``before`` (None: from the head), newest first."""
    first = ledger.height() if before is None else min(before - 1, ledger.height())
    return [_block(ledger, number) for number in range(first, max(first - size, -1), -1)]


def block(ledger: Ledger, number: int) -> Block:
    """Return one block; raise ``chain.block.not_found``."""
    return _block(ledger, number)


def transaction(ledger: Ledger, tx_hash: str) -> tuple[dict[str, Any], Receipt | None]:
    """Return a transaction with its receipt (None while it waits); raise ``chain.transaction.not_found``."""
    found = ledger.transaction(tx_hash)
    if found is None:
        raise TRANSACTION_NOT_FOUND(hash=tx_hash)
    return found, ledger.receipt(tx_hash)


def _head(ledger: Ledger) -> Block:
    return _block(ledger, ledger.height())


def _block(ledger: Ledger, number: int) -> Block:
    found = ledger.block(number)
    if found is None:
        raise BLOCK_NOT_FOUND(number=number)
    return found


def _pending(ledger: Ledger, status: dict[str, Any] | None) -> int | None:
    if status is not None:
        return int(status["pending"]) + int(status["queued"])
    try:
        return int(ledger.request("txpool_status")["pending"], 16)
    except MulianError:
        return None  # an engine without the txpool namespace says nothing about waiting work
