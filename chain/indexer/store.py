"""Writing the index, always within the caller's transaction: rows, rollups and cursor belong together."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, tuple_
from sqlalchemy.orm import Session

from chain.indexer import abis, queries, rollups
from chain.indexer.decoder import Decoder, Known
from chain.indexer.models import (
    INDEXED,
    ChainAttribution,
    ChainBlock,
    ChainContract,
    ChainEvent,
    ChainLog,
    ChainRollup,
    ChainTransaction,
    IndexCursor,
)
from chain.indexer.rollups import DAY, MICROS, MINUTE, end_of, start_of
from chain.indexer.rows import Rows, call_values, event_rows
from chain.indexer.source import Failure
from kernel import clock

ANCHORED = ("AnchorRegistry", "Anchored")
REDECODE_ROWS = 2_000
_MANY = 200


def begin(session: Session, chain_id: int, genesis: Rows) -> None:
    """Write block 0 and the cursor."""
    block = genesis["block"][0]
    session.add(IndexCursor(
        id=1, chain_id=chain_id, genesis_hash=block["hash"], height=0, block_hash=block["hash"], block_at=block["at"],
        forks=0, fork_depth=0, forked_at=None, changed_at=clock.now(),
    ))
    _insert(session, genesis)
    session.flush()


def append(session: Session, cursor: IndexCursor, rows: Rows) -> None:
    """Write the rows of blocks that follow the cursor, their rollups, and the cursor.

    The caller has compared parent hashes; the first block must follow the cursor's, or ValueError is raised.
    """
    first, last = rows["block"][0], rows["block"][-1]
    if (first["number"], first["parent_hash"]) != (cursor.height + 1, cursor.block_hash):
        raise ValueError(f"block {first['number']} does not follow block {cursor.height}")
    _insert(session, rows)
    _attribute(session, rows["event"], {(one["block_number"], one["tx_index"]): one["hash"] for one in
        rows["transaction"]})
    cursor.height, cursor.block_hash, cursor.block_at = last["number"], last["hash"], last["at"]
    cursor.changed_at = clock.now()
    recompute(session, _second(first["at"]), _second(last["at"]))


def _insert(session: Session, rows: Rows) -> None:
    tables = {"block": ChainBlock, "transaction": ChainTransaction, "log": ChainLog, "event": ChainEvent}
    for name, table in tables.items():
        if rows[name]:
            session.execute(insert(table), rows[name])


def walk_back(session: Session, cursor: IndexCursor, height: int) -> None:
    """Take back every block above ``height`` (at least 0), after the chain took another way."""
    kept = queries.block(session, height)
    if kept is None:
        raise ValueError(f"block {height} is not indexed")
    gone = queries.span(session, height + 1, cursor.height)
    for table, number in INDEXED:
        session.execute(delete(table).where(number > height))
    cursor.forks, cursor.fork_depth, cursor.forked_at = cursor.forks + 1, cursor.height - height, clock.now()
    cursor.height, cursor.block_hash, cursor.block_at = kept.number, kept.hash, kept.at
    cursor.changed_at = clock.now()
    if gone is not None:
        recompute(session, *gone)


def clear(session: Session) -> None:
    """Forget everything; the follower begins at block 0 again."""
    for table, _ in INDEXED:
        session.execute(delete(table))
    for other in (ChainRollup, ChainContract, IndexCursor):
        session.execute(delete(other))


def recompute(session: Session, first: int, last: int) -> None:
    """Make the rollups anew that hold an instant of first..last (Unix seconds): minutes from blocks, days from
    minutes, quarters from days."""
    session.flush()
    start, end = start_of("minute", first), start_of("minute", last) + MINUTE
    _replace(session, "minute", start, end, queries.minutes_from_rows(session, start, end))
    start, end = start_of("day", first), start_of("day", last) + DAY
    minutes = queries.rollups(session, "minute", start, end)
    _replace(session, "day", start, end, rollups.group(minutes, "day"))
    start, end = start_of("quarter", first), end_of("quarter", last)
    days = queries.rollups(session, "day", start, end)
    _replace(session, "quarter", start, end, rollups.group(days, "quarter"))


def _replace(session: Session, grain: rollups.Grain, start: int, end: int, sums: dict[int, rollups.Sums]) -> None:
    session.execute(delete(ChainRollup).where(
        ChainRollup.grain == grain, ChainRollup.start >= clock.from_micros(start * MICROS),
        ChainRollup.start < clock.from_micros(end * MICROS),
    ))
    if sums:
        session.execute(insert(ChainRollup), [rollups.to_row(grain, at, one) for at, one in sums.items()])


def _attribute(session: Session, events: Sequence[dict[str, Any]], hashes: dict[tuple[int, int], str]) -> None:
    """Count the records of each department under the anchored batches among these events."""
    batches: dict[tuple[str, int, int], tuple[int, int]] = {}
    for event in events:
        if (event["contract"], event["event"]) == ANCHORED and event["stream"]:
            stream, _, epoch = event["stream"].partition("/")
            if not epoch or epoch.isdecimal():
                place = (event["block_number"], event["tx_index"])
                batches[stream, int(epoch or 1), int(event["arguments"]["seq"])] = place
    ours = [
        (row[0], row[1], place) for row in queries.batches(session, list(batches))
        if hashes.get(place := batches[row[1], row[2], row[3]]) == row[4]
    ]
    carried = queries.departments_of(session, [one[0] for one in ours])
    rows = [
        {"block_number": place[0], "tx_index": place[1], "part": part, "department_id": department, "stream": stream,
            "records": records}
        for batch, stream, place in ours
        for part, (department, records) in enumerate(carried[batch])
    ]
    if rows:
        session.execute(insert(ChainAttribution), rows)


def note_contracts(session: Session, known: Sequence[Known]) -> bool:
    """Write down whose ABI is known; rows of a new or changed one are to be decoded anew. True where that is so."""
    held, changed = queries.contracts(session), False
    wanted = {one.address: one for one in known}
    for address, row in held.items():
        if address not in wanted:
            # nobody knows its ABI any more: its rows become raw ones, then its row here goes
            changed = changed or row.digest != ""
            row.redecode_from = row.redecode_from if row.digest == "" else 0
            row.digest = ""
    for address, contract in wanted.items():
        digest, found = abis.digest(contract), held.get(address)
        if found is None:
            session.add(ChainContract(address=address, name=contract.name, digest=digest, redecode_from=0))
        elif found.digest != digest:
            found.name, found.digest, found.redecode_from = contract.name, digest, 0
        else:
            continue
        changed = True
    session.flush()
    return changed


def redecode(session: Session, cursor: IndexCursor, decoder: Decoder) -> bool:
    """Decode one chunk of one contract's rows anew, from stored logs and inputs; False where nothing is due."""
    row = queries.redecode_due(session)
    if row is None:
        return False
    first = queries.next_touched(session, row.address, row.redecode_from or 0)
    if first is None:
        if row.digest == "":
            session.delete(row)
        row.redecode_from = None
        return True
    last = queries.chunk_end(session, row.address, first, REDECODE_ROWS) or cursor.height
    _redecode(session, row.address, first, last, decoder)
    row.redecode_from = last + 1
    span = queries.span(session, first, last)
    if span is not None:
        recompute(session, *span)
    return True


def _redecode(session: Session, address: str, first: int, last: int, decoder: Decoder) -> None:
    within = (ChainEvent.address == address, ChainEvent.block_number >= first, ChainEvent.block_number <= last)
    session.execute(delete(ChainEvent).where(*within))
    logs = queries.logs_of(session, address, first, last)
    events = [
        event
        for log in logs
        for event in event_rows(
            decoder, {"block_number": log.block_number, "log_index": log.log_index, "tx_index": log.tx_index},
            log.address, log.topics, log.data,
        )
    ]  # fmt: skip
    if events:
        session.execute(insert(ChainEvent), events)
    places = sorted({(log.block_number, log.tx_index) for log in logs})
    for at in range(0, len(places), _MANY):
        mine = tuple_(ChainAttribution.block_number, ChainAttribution.tx_index).in_(places[at:at + _MANY])
        session.execute(delete(ChainAttribution).where(mine))
    _attribute(session, events, queries.hashes(session, places))
    for call in queries.calls_of(session, address, first, last):
        failure = None if call.reason is None else Failure(call.reason, call.reason_text or "", call.revert)
        for name, value in call_values(decoder, call.to_address, call.input, call.created, failure).items():
            setattr(call, name, value)
    session.flush()


def _second(instant: Any) -> int:
    return clock.to_micros(instant) // MICROS
