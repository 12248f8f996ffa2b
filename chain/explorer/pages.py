"""Pages over the index, with names beside addresses. What is newer than the index comes from the node."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chain.explorer import names, queries, service
from chain.explorer.queries import Place, Wanted
from chain.explorer.schemas import (
    AddressOut,
    BlockDetail,
    BlockOut,
    CarriedOut,
    DepartmentActivity,
    EventOut,
    EventPage,
    LabelOut,
    RunOut,
    RunPoint,
    TransactionOut,
    TransactionPage,
    block_detail,
    block_out,
    transaction_out,
)
from chain.indexer import figures, turns
from chain.indexer import queries as index
from chain.indexer.models import ChainBlock, ChainEvent, ChainTransaction
from chain.ledger.port import Ledger
from kernel import clock
from kernel.identity.actor import Actor, require

LISTED = 200  # transactions of one block on its page; the rest is in the list


def blocks(session: Session, ledger: Ledger, *, before: int | None, size: int, busy: bool) -> list[BlockOut]:
    """Return up to ``size`` blocks below ``before``, newest first: those above the index from the node."""
    cursor = index.cursor(session)
    top = -1 if cursor is None else cursor.height
    newest: list[BlockOut] = []
    head = service.height(session, ledger) if before is None or before > top + 1 else top
    first = head if before is None else min(before - 1, head)
    if first > top:
        # the node gives one block at a time: no more than a page of them
        found = service.blocks(ledger, before=first + 1, size=min(size, first - top))
        newest = [block_out(one) for one in found if one.tx_hashes or not busy]
        if first - top > size:
            return newest  # the index is more than a page behind: the next page asks again
    rest = size - len(newest)
    held = queries.blocks(session, before=before, size=rest, busy=busy) if rest else ()
    return newest + [_block(one) for one in held]


def _block(row: ChainBlock) -> BlockOut:
    return BlockOut(
        number=row.number, hash=row.hash, parent_hash=row.parent_hash, at=row.at, transactions=row.transactions,
        failed=row.failed, gas_used=row.gas_used, size=row.size, sealer=row.sealer, interval=row.interval,
    )


def block(session: Session, ledger: Ledger, number: int) -> BlockDetail:
    """Return one block with its first transactions; raise ``chain.block.not_found``."""
    row = index.block(session, number)
    if row is None:
        return block_detail(service.block(ledger, number))
    listed = queries.transactions_in(session, number, LISTED)
    shown = [_transaction(one, row.at, names.labels(session)) for one in listed]
    return BlockDetail(
        **_block(row).model_dump(), missed=row.missed, tx_hashes=[one.hash for one in listed], items=shown
    )


def transaction(session: Session, ledger: Ledger, tx_hash: str) -> TransactionOut:
    """Return one transaction with its events; raise ``chain.transaction.not_found``."""
    row = queries.transaction(session, tx_hash)
    labels = names.labels(session)
    if row is None:
        found = transaction_out(*service.transaction(ledger, tx_hash))
        return found.model_copy(update=_named(found.sender, found.to, found.contract_address, labels))
    made = index.block(session, row.block_number)
    shown = _transaction(row, made.at if made else None, labels)
    departments = names.department_names(session)
    return shown.model_copy(update={
        "events": [_event(one, None, row.hash) for one in queries.events_in(session, row.block_number, row.tx_index)],
        "carried": [
            CarriedOut(
                department_id=one.department_id, department=departments.get(str(one.department_id)),
                stream=one.stream, records=one.records,
            )
            for one in queries.carried(session, row.block_number, row.tx_index)
        ],
    })


def _transaction(row: ChainTransaction, at: datetime | None, labels: dict[str, names.Label]) -> TransactionOut:
    return TransactionOut(
        hash=row.hash, sender=row.sender, to=row.to_address, nonce=row.nonce, input_bytes=len(row.input),
        status="success" if row.reason is None else "failed", block_number=row.block_number, tx_index=row.tx_index,
        at=at, gas_used=row.gas_used, gas_limit=row.gas_limit, contract_address=row.created, logs=row.logs,
        contract=row.contract, method=row.method, arguments=row.arguments, reason=row.reason,
        reason_text=row.reason_text, **_named(row.sender, row.to_address, row.created, labels),
    )


def _named(sender: str, to: str | None, created: str | None, labels: dict[str, names.Label]) -> dict[str, Any]:
    return {"sender_label": _label(sender, labels), "to_label": _label(to or created, labels)}


def _label(address: str | None, labels: dict[str, names.Label]) -> LabelOut | None:
    found = labels.get(address or "")
    return None if found is None else LabelOut(kind=found.kind, name=found.name)


def transactions(session: Session, wanted: Wanted, *, before: Place | None, size: int) -> TransactionPage:
    """Return a page of indexed transactions, newest first."""
    rows = queries.transactions(session, wanted, before=before, size=size)
    times, labels = queries.times(session, (one.block_number for one in rows)), names.labels(session)
    items = [_transaction(one, times.get(one.block_number), labels) for one in rows]
    return TransactionPage(items=items, next_before=_next(rows, size, "tx_index"))


def events(session: Session, wanted: Wanted, *, before: Place | None, size: int) -> EventPage:
    """Return a page of decoded events, newest first."""
    rows = queries.events(session, wanted, before=before, size=size)
    times = queries.times(session, (one.block_number for one in rows))
    hashes = index.hashes(session, {(one.block_number, one.tx_index) for one in rows})
    items = [
        _event(one, times.get(one.block_number), hashes.get((one.block_number, one.tx_index), "")) for one in rows
    ]
    return EventPage(items=items, next_before=_next(rows, size, "log_index"))


def _event(row: ChainEvent, at: datetime | None, tx_hash: str) -> EventOut:
    return EventOut(
        block_number=row.block_number, log_index=row.log_index, at=at, tx_hash=tx_hash, address=row.address,
        contract=row.contract, event=row.event, arguments=row.arguments, stream=row.stream,
    )


def _next(rows: Sequence[Any], size: int, part: str) -> str | None:
    return None if len(rows) < size else f"{rows[-1].block_number}.{getattr(rows[-1], part)}"


def wanted(
    session: Session, actor: Actor, *, department_id: uuid.UUID | None = None, start: datetime | None = None,
    end: datetime | None = None, **filters: Any,
) -> Wanted:
    """Return a filter; a foreign department's activity is nobody's but its own to list (404)."""
    if department_id is not None:
        require_department(actor, department_id)
    first, last = queries.bounds(session, start, end)
    return Wanted(department_id=department_id, first_block=first, last_block=last, **filters)


def require_department(actor: Actor, department_id: uuid.UUID) -> None:
    """Raise 404 for the activity of a foreign department."""
    require(actor, "chain.explorer.read", department_id=department_id)


def address(session: Session, wanted_address: str) -> AddressOut:
    """Return what stands at an address and when it was first and last seen."""
    label = names.labels(session).get(wanted_address)
    seen = queries.seen(session, wanted_address)
    return AddressOut(
        address=wanted_address, label=None if label is None else LabelOut(kind=label.kind, name=label.name),
        first_block=seen[0] if seen else None, last_block=seen[1] if seen else None,
    )


def departments(session: Session, actor: Actor, start: datetime, end: datetime) -> list[DepartmentActivity]:
    """Return what each department of the actor's scope had anchored in [start, end), most records first."""
    carried = figures.run(session, start, end).sums.departments
    found = names.department_names(session)
    ids = [uuid.UUID(one) if one else None for one in carried]
    seen = [one for one in ids if actor.sees(one)]
    rows = [
        DepartmentActivity(
            department_id=one, department=found.get(str(one)), transactions=carried[str(one or "")][0],
            records=carried[str(one or "")][1], last_block=queries.last_block_of(session, one),
        )
        for one in seen
    ]
    return sorted(rows, key=lambda row: (-row.records, row.department or ""))


def run(session: Session, start: datetime, end: datetime, engine: str | None) -> RunOut:
    """Return the run analysis of [start, end) as far as it is indexed, with the points of its charts."""
    found, wide = figures.run(session, start, end), figures.width(start, end)
    sums, between, cursor = found.sums, found.intervals, index.cursor(session)
    return RunOut(
        start=start, end=end, indexed_height=cursor.height if cursor else None,
        indexed_at=cursor.block_at if cursor else None, blocks=sums.blocks, empty=sums.empty,
        transactions=sums.transactions, failed=sums.failed, gas_used=sums.gas_used, first_block=sums.first_block,
        last_block=sums.last_block, tps_mean=found.mean_tps_milli / 1000, tps_peak=found.peak_tps_milli / 1000,
        peak_at=None if sums.peak_at is None else clock.from_micros(sums.peak_at * 1_000_000),
        interval_mean=_thousandth(between.mean), interval_p50=_thousandth(between.p50),
        interval_p99=_thousandth(between.p99), interval_max=_thousandth(between.longest), missed=sums.missed,
        no_turns=None if engine is None else turns.why_none(engine), failures=dict(sums.failures.most_common()),
        sealers=dict(sums.sealers.most_common()), width=wide, points=_points(figures.points(session, start, end, wide)),
    )


def _points(given: Iterable[figures.Point]) -> list[RunPoint]:
    shown = []
    for point in given:
        between = figures.intervals_of(point.sums)
        shown.append(RunPoint(
            at=clock.from_micros(point.start * 1_000_000), blocks=point.sums.blocks,
            transactions=point.sums.transactions, failed=point.sums.failed, peak=point.sums.peak,
            missed=point.sums.missed, interval_mean=_thousandth(between.mean),
            interval_max=_thousandth(between.longest),
        ))
    return shown


def _thousandth(milli: int | None) -> float | None:
    return None if milli is None else milli / 1000
