"""The follower against a ledger that forks: the tables are always those of a fresh index."""

from typing import Any

import pytest
from sqlalchemy import delete, select

from chain.indexer import abis, check, follow, queries
from chain.indexer.decoder import Known
from chain.indexer.models import INDEXED, ChainBlock, ChainContract, ChainEvent, ChainRollup, ChainTransaction
from chain.indexer.source import Source
from contracts_sc.artifacts import artifact
from kernel.db import Database
from kernel.leases.models import Lease
from tests.chain.indexer.fake import REGISTRY, FakeLedger


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake's registry is known from the start, and nothing of one test is known in the next."""
    monkeypatch.setattr(abis, "_providers", {})
    know("AnchorRegistry")


def know(name: str, abi: tuple[dict[str, Any], ...] | None = None) -> None:
    contract = Known(REGISTRY, name, artifact("AnchorRegistry").abi if abi is None else abi)
    abis.provide("test", lambda session, chain_id: [contract])


def run(database: Database, ledger: Any, **options: Any) -> follow.Followed:
    assert database.runtime is not None
    database.runtime.extras.pop("chain.indexer", None)  # as after a restart: ABIs are looked at at once
    return follow.follow(database.runtime, source=Source(ledger), **options)


def dump(database: Database) -> dict[str, list[Any]]:
    """Every row of every table but the cursor's counters."""
    found = {}
    with database.read() as session:
        for table in (*(one for one, _ in INDEXED), ChainContract, ChainRollup):
            order = list(table.__table__.primary_key.columns)
            found[table.__tablename__] = [tuple(row) for row in session.execute(
                select(table.__table__).order_by(*order)
            )]
        cursor = queries.cursor(session)
        found["cursor"] = [] if cursor is None else [(cursor.height, cursor.block_hash, cursor.block_at)]
    return found


def check_fresh(database: Database, ledger: FakeLedger) -> None:
    """What is there equals what a fresh index of the same ledger has."""
    assert database.runtime is not None
    held = dump(database)
    check.rebuild(database.runtime, source=Source(ledger))
    assert held == dump(database)
    assert check.verify(database.runtime, source=Source(ledger), last=None).findings == []


def test_rows_events_calls_and_failures(database: Database, ledger: FakeLedger) -> None:
    ledger.grow(10)
    done = run(database, ledger)
    assert (done.blocks, done.height, done.behind) == (11, 10, 0)
    with database.read() as session:
        event = session.scalars(select(ChainEvent).order_by(ChainEvent.block_number)).first()
        assert event is not None and event.contract == "AnchorRegistry" and event.event == "Anchored"
        assert event.stream == "catalog" and event.arguments["seq"] == "11" and event.arguments["leaves"] == "9"
        call = session.scalars(select(ChainTransaction)).first()
        assert call is not None and call.method == "anchor" and (call.arguments or {})["fromIndex"] == "0"
        failed = session.scalars(select(ChainTransaction).where(ChainTransaction.reason.is_not(None))).first()
        assert failed is not None and failed.reason == "NotSequential"
        assert (failed.reason_text or "").endswith("expected=2, given=7")
        quarter = queries.rollups(session, "quarter", 0, 2**32)
    assert len(quarter) == 1 and quarter[0][1].blocks == 10 and quarter[0][1].failures["NotSequential"] > 0
    assert quarter[0][1].intervals == {7: 9}  # block 1 has no interval: nobody sealed block 0
    assert run(database, ledger).blocks == 0
    check_fresh(database, ledger)


def test_an_idle_round_writes_nothing_and_asks_once(sqlite_database: Database, ledger: FakeLedger) -> None:
    ledger.grow(3)
    run(sqlite_database, ledger)
    assert sqlite_database.runtime is not None
    ledger.asked, fence = 0, _fence(sqlite_database)
    for _ in range(5):
        assert follow.follow(sqlite_database.runtime, source=Source(ledger)).blocks == 0
    assert ledger.asked == 5 and _fence(sqlite_database) == fence
    ledger.grow(1)
    assert follow.follow(sqlite_database.runtime, source=Source(ledger)).blocks == 1
    assert _fence(sqlite_database) == fence + 1


def _fence(database: Database) -> int:
    """How often the follower's lease was taken: every write of it begins with that."""
    with database.read() as session:
        return int(session.execute(select(Lease.fence).where(Lease.name == follow.LEASE)).scalar_one())


def test_forks_are_walked_back_to_the_shared_block(database: Database, ledger: FakeLedger) -> None:
    ledger.grow(12)
    run(database, ledger)
    ledger.cut(7)
    ledger.grow(9, salt="other", step=11)  # longer than before
    done = run(database, ledger)
    assert (done.taken_back, done.blocks, done.height) == (5, 9, 16)
    ledger.cut(14)
    ledger.grow(1, salt="short")  # shorter: its head lies below ours
    done = run(database, ledger)
    assert (done.taken_back, done.blocks, done.height) == (2, 1, 15)
    ledger.cut(14)
    ledger.grow(1, salt="same height")
    assert run(database, ledger).taken_back == 1
    with database.read() as session:
        cursor = queries.cursor(session)
        assert cursor is not None and (cursor.forks, cursor.fork_depth) == (3, 1)
    check_fresh(database, ledger)


def test_a_node_that_lags_is_no_fork(database: Database, ledger: FakeLedger) -> None:
    ledger.grow(9)
    run(database, ledger)
    kept = ledger.blocks[:]
    ledger.cut(4)
    done = run(database, ledger)
    assert (done.taken_back, done.blocks) == (0, 0)
    ledger.blocks = kept
    ledger.grow(2)
    assert run(database, ledger).blocks == 2
    check_fresh(database, ledger)


def test_another_chain_is_refused_and_a_rebuild_takes_it(database: Database, ledger: FakeLedger) -> None:
    ledger.grow(3)
    run(database, ledger)
    other = FakeLedger()
    other.blocks.clear()
    other._seal(0, "another genesis", 1_767_225_600, 0)
    other.grow(5)
    with pytest.raises(Exception, match=r"chain\.index\.other_chain|another chain"):
        run(database, other)
    assert database.runtime is not None
    assert check.rebuild(database.runtime, source=Source(other)).height == 5


def test_an_abi_that_changes_decodes_stored_logs_anew(database: Database, ledger: FakeLedger) -> None:
    ledger.grow(8)
    know("Renamed", ())
    run(database, ledger)
    with database.read() as session:
        assert session.scalar(select(ChainEvent).limit(1)) is None
        assert session.scalar(select(ChainTransaction.contract).limit(1)) == "Renamed"
        failed = select(ChainTransaction.reason).where(ChainTransaction.reason.is_not(None)).limit(1)
        assert str(session.scalar(failed)).startswith("0x")
    ledger.asked = 0
    know("AnchorRegistry")
    done = run(database, ledger)
    assert done.redecoded > 0 and done.blocks == 0 and ledger.asked < 5
    with database.read() as session:
        assert session.scalar(select(ChainEvent.event).limit(1)) == "Anchored"
    check_fresh(database, ledger)
    abis.provide("test", lambda session, chain_id: [])
    run(database, ledger)
    with database.read() as session:
        assert session.scalar(select(ChainEvent).limit(1)) is None
        assert not queries.contracts(session)
    check_fresh(database, ledger)


def test_decoding_anew_goes_on_in_chunks(
    database: Database, ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chain.indexer.store.REDECODE_ROWS", 3)
    ledger.grow(9)
    know("AnchorRegistry", ())
    run(database, ledger)
    know("AnchorRegistry")
    first = run(database, ledger, seconds=0)  # one chunk, then time is over
    assert first.redecoded <= 1
    with database.read() as session:
        assert queries.redecode_due(session) is not None
    ledger.cut(7)
    ledger.grow(4, salt="fork in between")
    assert run(database, ledger).redecoded > 1
    check_fresh(database, ledger)


def test_gaps_are_found_and_mended(database: Database, ledger: FakeLedger) -> None:
    ledger.grow(9)
    run(database, ledger)
    with database.write() as session:
        session.execute(delete(ChainEvent).where(ChainEvent.block_number == 4))
        session.execute(delete(ChainBlock).where(ChainBlock.number == 5))
    runtime = database.runtime
    assert runtime is not None
    found = check.verify(runtime, source=Source(ledger), last=None).findings
    assert ("gap", "5") in found and ("differs", "4") in found and ("differs", "5") in found
    assert any(what == "minute" for what, _ in found)
    with database.read() as session:
        cursor = queries.cursor(session)
        assert cursor is not None and check.first_gap(session, cursor) == 5
    assert check.mend(runtime, source=Source(ledger))["gap"] == 5
    with database.write() as session:  # a damage below the events' own place, and one at block 0
        session.execute(delete(ChainBlock).where(ChainBlock.number == 0))
    assert check.mend(runtime, source=Source(ledger))["gap"] == 0
    assert check.mend(runtime, source=Source(ledger)) == {"gap": None}
    check_fresh(database, ledger)


def test_an_engine_without_block_receipts_is_read_by_transactions(database: Database, ledger: FakeLedger) -> None:
    ledger.grow(6)
    run(database, ledger)
    held = dump(database)
    ledger.whole_receipts = False
    assert database.runtime is not None
    check.rebuild(database.runtime, source=Source(ledger))
    assert dump(database) == held
