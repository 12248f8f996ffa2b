"""Figures of the chain for the analyses above. Read only; every number is an int, so it can be frozen canonically."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from chain.explorer import service
from chain.explorer.rules import Bucket, rates
from chain.indexer import figures, turns
from chain.ledger.access import ledger_of
from kernel.runtime import runtime_of

# a quarter is read from the node by minutes in slices: within its limit of 10,000 points a series
_SLICE = timedelta(days=6)


@dataclass(frozen=True)
class ChainRun:
    """A period of the chain. Block numbers and hash are None when it held no block.

    ``mean_tps_milli`` and ``peak_tps_milli`` are thousandths of a transaction a second (peak: busiest minute);
    intervals between blocks are milliseconds. What only the index knows is None while the period is not indexed
    whole: ``empty`` blocks, gas, intervals, ``missed`` turns (with ``no_turns``, why there can be none),
    ``failures`` by reason, ``sealers`` by blocks, ``departments`` by id ("" is the platform): [transactions, records].
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
    empty: int | None = None
    gas_used: int | None = None
    interval_mean: int | None = None
    interval_p50: int | None = None
    interval_p99: int | None = None
    interval_max: int | None = None
    missed: int | None = None
    no_turns: str | None = None
    failures: Mapping[str, int] = field(default_factory=dict)
    sealers: Mapping[str, int] = field(default_factory=dict)
    departments: Mapping[str, list[int]] = field(default_factory=dict)


def minutes(session: Session, start: datetime, end: datetime) -> list[Bucket]:
    """Return the minutes of [start, end) that hold blocks: from the index where it has all of them, else from the
    node; raise ``chain.ledger.unreachable`` when the node is away."""
    ledger = ledger_of(runtime_of(session))
    height = ledger.height()
    first, last = int(start.timestamp()), int(end.timestamp())
    if service.indexed(session, last, height):
        return [service.bucket(at, sums) for at, sums in figures.minutes(session, start, end)]
    embedded = service.status_of(ledger) is not None
    step = int(_SLICE.total_seconds())
    return [
        bucket
        for offset in range(first, last, step)
        for bucket in service.buckets(session, ledger, offset, min(offset + step, last), 60, embedded=embedded)
    ]


def chain_run(session: Session, start: datetime, end: datetime) -> ChainRun:
    """Return the figures of [start, end); raise ``chain.ledger.unreachable`` when the node is away."""
    ledger = ledger_of(runtime_of(session))
    engine = ledger.client_version()
    last_second = int(end.timestamp())
    if service.indexed(session, last_second, ledger.height()):
        return _indexed(session, ledger.chain_id(), engine, start, end)
    found = minutes(session, start, end)
    known = rates(found, last_second - int(start.timestamp()))
    newest = max((bucket.last_block for bucket in found), default=None)
    peak = max(found, key=lambda bucket: (bucket.transactions, -bucket.start), default=None)
    return ChainRun(
        chain_id=ledger.chain_id(), engine=engine,
        first_block=min((bucket.first_block for bucket in found), default=None), last_block=newest,
        last_block_hash=None if newest is None else service.block(ledger, newest).hash,
        blocks=known.blocks, transactions=known.transactions, failed=known.failed,
        mean_tps_milli=known.mean_tps_milli, peak_tps_milli=known.peak_tps_milli,
        peak_minute=None if peak is None else peak.start,
    )


def _indexed(session: Session, chain_id: int, engine: str, start: datetime, end: datetime) -> ChainRun:
    run = figures.run(session, start, end)
    sums, between = run.sums, run.intervals
    return ChainRun(
        chain_id=chain_id, engine=engine, first_block=sums.first_block, last_block=sums.last_block,
        last_block_hash=None if sums.last_block is None else figures.hash_of(session, sums.last_block),
        blocks=sums.blocks, transactions=sums.transactions, failed=sums.failed, mean_tps_milli=run.mean_tps_milli,
        peak_tps_milli=run.peak_tps_milli, peak_minute=sums.peak_at, empty=sums.empty, gas_used=sums.gas_used,
        interval_mean=between.mean, interval_p50=between.p50, interval_p99=between.p99, interval_max=between.longest,
        missed=sums.missed, no_turns=turns.why_none(engine), failures=dict(sums.failures),
        sealers=dict(sums.sealers), departments=sums.departments,
    )
