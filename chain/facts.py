"""Figures of the chain for the analyses above. Read only; every number is an int, so it can be frozen canonically."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from chain.explorer import service
from chain.explorer.rules import rates
from chain.ledger.access import ledger_of
from kernel.runtime import runtime_of


@dataclass(frozen=True)
class ChainRun:
    """A period of the chain. Block numbers and hash are None when it held no block.

    ``mean_tps_milli`` and ``peak_tps_milli`` are thousandths of a transaction a second (peak: busiest minute).
    """

    chain_id: int
    engine: str
    first_block: int | None
    last_block: int | None
    last_block_hash: str | None
    blocks: int
    transactions: int
    failed: int
    mean_tps_milli: int
    peak_tps_milli: int
    peak_minute: int | None


def chain_run(session: Session, start: datetime, end: datetime) -> ChainRun:
    """Return the figures of [start, end); raise ``chain.ledger.unreachable`` when the node is away.

    A quarter is read by minutes in slices of six days, within the ledger's limit of 10,000 points a series.
    """
    ledger = ledger_of(runtime_of(session))
    embedded = service.status_of(ledger) is not None
    first, last = int(start.timestamp()), int(end.timestamp())
    slice_seconds = 6 * 86_400
    minutes = [
        bucket
        for offset in range(first, last, slice_seconds)
        for bucket in service.series(ledger, offset, min(offset + slice_seconds, last), 60, embedded=embedded)
    ]
    figures = rates(minutes, last - first)
    newest = max((bucket.last_block for bucket in minutes), default=None)
    peak = max(minutes, key=lambda bucket: (bucket.transactions, -bucket.start), default=None)
    return ChainRun(
        chain_id=ledger.chain_id(), engine=ledger.client_version(),
        first_block=min((bucket.first_block for bucket in minutes), default=None), last_block=newest,
        last_block_hash=None if newest is None else service.block(ledger, newest).hash,
        blocks=figures.blocks, transactions=figures.transactions, failed=figures.failed,
        mean_tps_milli=figures.mean_tps_milli, peak_tps_milli=figures.peak_tps_milli,
        peak_minute=None if peak is None else peak.start,
    )
