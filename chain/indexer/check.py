"""Is the index whole, and is it what the chain says?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.indexer import abis, follow, queries, rollups, store
from chain.indexer.decoder import Decoder
from chain.indexer.errors import INDEX_BUSY
from chain.indexer.models import ChainBlock, ChainEvent, ChainLog, ChainTransaction, IndexCursor
from chain.indexer.rollups import MICROS
from chain.indexer.rows import Rows, rows
from chain.indexer.source import Source
from chain.ledger.access import ledger_of
from kernel import clock
from kernel.errors import MulianError
from kernel.leases import holder
from kernel.leases import service as leases
from kernel.runtime import Runtime

LISTED = 100
Progress = Callable[[int, int], None]


@dataclass
class Checked:
    """``findings`` are (what, block number or text); empty where all is well."""

    height: int = -1
    blocks: int = 0
    compared: int = 0
    findings: list[tuple[str, str]] = field(default_factory=list)

    def find(self, what: str, where: object) -> None:
        """Note a finding; the first hundred are kept."""
        if len(self.findings) < LISTED:
            self.findings.append((what, str(where)))


def first_gap(session: Session, cursor: IndexCursor) -> int | None:
    """Return the lowest block that is missing, not linked to its parent, or without all its rows; None where all is
    there."""
    found = [number + 1 for number in queries.unlinked(session, cursor.height)[:1]]
    held = queries.counts(session)
    if held["blocks"] and held["lowest"] > 0:
        found.append(0)
    if (held["transactions"], held["logs"]) != (held["transactions_due"], held["logs_due"]):
        found += queries.incomplete(session, 1)
    return min(found, default=None)


def mend(runtime: Runtime, *, source: Source | None = None) -> dict[str, Any]:
    """Take back everything from the first gap on and read it again; return what was found and done."""
    with runtime.database.read() as session:
        cursor = queries.cursor(session)
        gap = None if cursor is None else first_gap(session, cursor)
    if gap is None:
        return {"gap": None}
    if gap <= 1:
        _alone(runtime, store.clear)
    else:
        take_back(runtime, gap - 1)
    return {"gap": gap} | follow.follow(runtime, source=source).as_dict()


def take_back(runtime: Runtime, height: int) -> None:
    """Take back every block above ``height``."""

    def unit(session: Session) -> None:
        cursor = queries.cursor(session)
        if cursor is not None and cursor.height > height:
            store.walk_back(session, cursor, height)

    _alone(runtime, unit)


def rebuild(
    runtime: Runtime, *, source: Source | None = None, seconds: float = 10**9, progress: Progress | None = None
) -> follow.Followed:
    """Forget the index and make it anew; raise ``chain.index.busy`` while another process is writing it."""
    _alone(runtime, store.clear)
    return follow.follow(runtime, source=source, seconds=seconds, progress=progress)


def _alone(runtime: Runtime, work: Callable[[Session], None]) -> None:
    def unit(session: Session) -> bool:
        held = leases.acquire(session, follow.LEASE, holder.mine(), follow.LEASE_SECONDS)
        if held is None:
            return False
        work(session)
        leases.release(session, held)
        return True

    if not runtime.database.run(unit):
        raise INDEX_BUSY()
    follow.forget(runtime)


def status(runtime: Runtime) -> dict[str, Any]:
    """Return how far the index is, how many rows it has, and what the node says (None where it is away)."""
    with runtime.database.read() as session:
        cursor, held = queries.cursor(session), queries.counts(session)
        due = queries.redecode_due(session)
    try:
        node: int | None = Source(ledger_of(runtime)).head()[0]
    except MulianError:
        node = None
    height = cursor.height if cursor else -1
    return {
        "height": height, "node_height": node, "behind": None if node is None else max(0, node - height),
        "block_hash": cursor.block_hash if cursor else None, "block_at": cursor.block_at if cursor else None,
        "blocks": held["blocks"], "transactions": held["transactions"], "logs": held["logs"],
        "forks": cursor.forks if cursor else 0, "fork_depth": cursor.fork_depth if cursor else 0,
        "redecoding": due.address if due else None,
    }


def verify(
    runtime: Runtime, *, source: Source | None = None, last: int | None = 1000, progress: Progress | None = None
) -> Checked:
    """Check links and counts of all rows and every rollup; compare the ``last`` blocks (None: all) with the node."""
    reader = source or Source(ledger_of(runtime))
    done = Checked()
    with runtime.database.read() as session:
        cursor = queries.cursor(session)
        if cursor is None:
            done.find("empty", "no block is indexed")
            return done
        done.height, done.blocks = cursor.height, queries.counts(session)["blocks"]
        _check_whole(session, cursor, done)
        _check_rollups(session, cursor, done)
        decoder = Decoder(abis.known(session, cursor.chain_id))
        first = 0 if last is None else max(0, cursor.height - last + 1)
        for number in range(first, cursor.height + 1):
            _compare(session, reader, decoder, number, done)
            if progress is not None:
                progress(number - first + 1, cursor.height - first + 1)
    return done


def _check_whole(session: Session, cursor: IndexCursor, done: Checked) -> None:
    for number in queries.unlinked(session, cursor.height)[:LISTED]:
        done.find("gap", number + 1)
    for number in queries.incomplete(session, LISTED):
        done.find("rows", number)
    held = queries.counts(session)
    if (held["lowest"], held["highest"], held["blocks"]) != (0, cursor.height, cursor.height + 1):
        done.find("range", f"{held['lowest']}..{held['highest']}: {held['blocks']}")
    if queries.block_hash(session, cursor.height) != cursor.block_hash:
        done.find("cursor", cursor.height)


def _check_rollups(session: Session, cursor: IndexCursor, done: Checked) -> None:
    span = queries.span(session, 1, cursor.height)
    if span is None:
        return
    first, last = span
    for day in range(rollups.start_of("day", first), last + 1, rollups.DAY):
        made = queries.minutes_from_rows(session, day, day + rollups.DAY)
        held = dict(queries.rollups(session, "minute", day, day + rollups.DAY))
        for minute in sorted(made.keys() | held.keys()):
            if made.get(minute) != held.get(minute):
                done.find("minute", clock.iso(clock.from_micros(minute * MICROS)))
        kept = dict(queries.rollups(session, "day", day, day + 1)).get(day)
        if (rollups.total(made.values()) if made else None) != kept:
            done.find("day", clock.iso(clock.from_micros(day * MICROS)))
    start, end = rollups.start_of("quarter", first), rollups.end_of("quarter", last)
    if rollups.group(queries.rollups(session, "day", start, end), "quarter") != dict(
        queries.rollups(session, "quarter", start, end)
    ):
        done.find("quarter", clock.iso(clock.from_micros(start * MICROS)))


def _compare(session: Session, reader: Source, decoder: Decoder, number: int, done: Checked) -> None:
    block = reader.block(number)
    if block is None:
        done.find("not_on_node", number)
        return
    parent = queries.block(session, number - 1)
    before = None if parent is None else clock.to_micros(parent.at) // MICROS
    done.compared += 1
    if _held(session, number) != rows([block], before, decoder):
        done.find("differs", number)


def _held(session: Session, number: int) -> Rows:
    """Return the rows of a block as :func:`chain.indexer.rows.rows` would make them."""
    at, within, log, event = ChainBlock, ChainTransaction, ChainLog, ChainEvent
    asked = {
        "block": select(at.__table__).where(at.number == number),
        "transaction": select(within.__table__).where(within.block_number == number).order_by(within.tx_index),
        "log": select(log.__table__).where(log.block_number == number).order_by(log.log_index),
        "event": select(event.__table__).where(event.block_number == number).order_by(event.log_index),
    }
    return {name: [dict(row._mapping) for row in session.execute(query)] for name, query in asked.items()}
