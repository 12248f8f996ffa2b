"""Pure figures from sums of blocks."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Bucket:
    """Sums of the blocks whose time lies in [start, start + width) Unix seconds; empty buckets are left out."""

    start: int
    blocks: int
    transactions: int
    failed: int
    gas_used: int
    first_block: int
    last_block: int


@dataclass(frozen=True)
class Rates:
    """Figures of a window. Rates are thousandths of a transaction a second; the interval is milliseconds."""

    blocks: int
    transactions: int
    failed: int
    mean_tps_milli: int
    peak_tps_milli: int
    block_interval_ms: int | None


def rates(minutes: Iterable[Bucket], seconds: int) -> Rates:
    """Return the figures of a window of ``seconds`` from its minute buckets. Peak is the busiest full minute."""
    buckets = list(minutes)
    transactions = sum(bucket.transactions for bucket in buckets)
    blocks = sum(bucket.blocks for bucket in buckets)
    peak = max((bucket.transactions for bucket in buckets), default=0)
    return Rates(
        blocks=blocks,
        transactions=transactions,
        failed=sum(bucket.failed for bucket in buckets),
        mean_tps_milli=transactions * 1000 // seconds if seconds > 0 else 0,
        peak_tps_milli=peak * 1000 // 60,
        block_interval_ms=seconds * 1000 // blocks if blocks and seconds > 0 else None,
    )


def gather(blocks: Iterable[tuple[int, int, int, int]], width: int) -> list[Bucket]:
    """Return buckets from (number, timestamp, transactions, gas used); failures are not known here (0)."""
    found: dict[int, list[tuple[int, int, int, int]]] = {}
    for block in blocks:
        found.setdefault(block[1] // width * width, []).append(block)
    return [
        Bucket(
            start, len(items), sum(item[2] for item in items), 0, sum(item[3] for item in items),
            min(item[0] for item in items), max(item[0] for item in items),
        )
        for start, items in sorted(found.items())
    ]
