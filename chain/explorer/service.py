"""Use cases of the explorer. Every engine answers; where one has no block index, the newest blocks are read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chain.errors import BLOCK_NOT_FOUND, METRICS_RANGE, TRANSACTION_NOT_FOUND
from chain.explorer.rules import Bucket, Rates, gather, rates
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


def overview(ledger: Ledger) -> Overview:
    """Return the overview; raises the ledger's errors."""
    status = status_of(ledger)
    head = _head(ledger)
    now = clock.now()
    born = _block(ledger, 0).timestamp
    start = max(int((now - _WINDOW).timestamp()), born)
    end = max(int(now.timestamp()), head.timestamp) + 1
    figures = rates(series(ledger, start, end, 60, embedded=status is not None), end - start)
    label = _LABELS["embedded" if status else "network"]
    return Overview(
        chain_id=ledger.chain_id(), engine=ledger.client_version(), label_zh=label[0], label_en=label[1],
        height=head.number, head_hash=head.hash, head_at=clock.from_micros(head.timestamp * 1_000_000),
        transactions=status["transactions"] if status else None, pending=_pending(ledger, status),
        failure=status["failure"] if status else None, rates=figures,
    )


def series(ledger: Ledger, start: int, end: int, width: int, *, embedded: bool) -> list[Bucket]:
    """Return buckets of ``width`` seconds in [start, end) Unix seconds, empty ones left out."""
    if embedded:
        rows = ledger.request("mulian_series", hex(start), hex(end), hex(width))
        return [
            Bucket(
                row["start"], row["blocks"], row["transactions"], row["failed"], row["gasUsed"], row["firstBlock"],
                row["lastBlock"],
            )
            for row in rows
        ]
    found = [block for block in blocks(ledger, before=None, size=_RECENT_BLOCKS) if start <= block.timestamp < end]
    return gather(((block.number, block.timestamp, len(block.tx_hashes), block.gas_used) for block in found), width)


def metrics(ledger: Ledger, start: datetime, end: datetime, width: int) -> list[Bucket]:
    """Return the series for a chart; raise ``chain.metrics.range`` for an empty span or too many points."""
    if not timedelta(0) < end - start <= timedelta(seconds=width * MAX_POINTS):
        raise METRICS_RANGE(limit=MAX_POINTS)
    embedded = ledger.client_version().startswith(EMBEDDED)
    return series(ledger, int(start.timestamp()), int(end.timestamp()), width, embedded=embedded)


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
