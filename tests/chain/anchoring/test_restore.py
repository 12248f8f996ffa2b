"""Database and chain restored apart: noticed before anything is signed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from chain.anchoring import queries, restore, rules, service, verify_proof
from chain.anchoring.models import AnchorBatch, AnchorLeaf, AnchorStream
from chain.anchoring.rules import Comparison, Head, compare
from kernel.audit.models import AuditLog
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor
from kernel.runtime import Runtime
from tests.chain.anchoring.conftest import append
from tests.chain.anchoring.fakechain import FakeChain
from tests.chain.anchoring.test_batching import check_everything, flush


def head(seq: int, mark: int = 0) -> Head:
    return Head(seq, seq * 10, bytes([seq, mark]) * 16) if seq else rules.EMPTY_HEAD


@pytest.mark.parametrize(("final", "pending", "chain", "found"), [
    (head(0), None, head(0), Comparison.IN_STEP),
    (head(3), None, head(3), Comparison.IN_STEP),
    (head(3), head(4), head(3), Comparison.IN_STEP),
    (head(3), head(4), head(4), Comparison.PENDING_MINED),
    (head(3), head(4), head(4, 1), Comparison.CHAIN_AHEAD),
    (head(3), head(4), head(5), Comparison.CHAIN_AHEAD),
    (head(3), None, head(4), Comparison.CHAIN_AHEAD),
    (head(0), None, head(1), Comparison.CHAIN_AHEAD),
    (head(3), None, head(2), Comparison.DATABASE_AHEAD),
    (head(3), None, head(0), Comparison.DATABASE_AHEAD),
    (head(3), None, head(3, 1), Comparison.DIVERGED),
])  # fmt: skip
def test_compare(final: Head, pending: Head | None, chain: Head, found: Comparison) -> None:
    assert compare(final, pending, chain) is found


def copy(database: Database, to: Path) -> bytes:
    """A backup of the SQLite file."""
    import sqlite3

    assert database.runtime is not None
    source, target = sqlite3.connect(database.runtime.home.database_file), sqlite3.connect(to)
    source.backup(target)
    target.close()
    source.close()
    return to.read_bytes()


def put_back(runtime: Runtime, data: bytes) -> None:
    runtime.database.close()
    for name in ("-wal", "-shm"):
        Path(f"{runtime.home.database_file}{name}").unlink(missing_ok=True)
    runtime.home.database_file.write_bytes(data)


def test_an_older_database_goes_on_as_a_new_epoch(
    sqlite_database: Database, ledger: FakeChain, tmp_path: Path, runtime: Runtime
) -> None:
    append(sqlite_database, 0, 10)
    flush(sqlite_database, ledger)
    append(sqlite_database, 10, 5)
    old = copy(sqlite_database, tmp_path / "backup.db")
    flush(sqlite_database, ledger)
    append(sqlite_database, 15, 5)
    flush(sqlite_database, ledger)
    kept = proofs(sqlite_database)
    put_back(runtime, old)

    done = flush(sqlite_database, ledger)
    assert not done.errors and done.leaves == 6, "five records that wait again, and the leaf of the new epoch"
    with sqlite_database.read() as session:
        lost = list(session.scalars(queries.batches("catalog", "lost").order_by(None).order_by(AnchorBatch.seq)))
        assert [(row.seq, row.from_index, row.leaves) for row in lost] == [(2, 10, 5), (3, 15, 5)]
        row = queries.stream(session, "catalog")
        assert row is not None and (row.epoch, row.size, row.state) == (2, 6, "open")
        first = session.scalar(select(AnchorLeaf).where(AnchorLeaf.epoch == 2, AnchorLeaf.index == 0))
        assert first is not None and first.record["previous"]["seq"] == 3
        assert first.record["previous"]["head"] == ledger.head_of(rules.stream_id("catalog")).head.hex()
        verifier = verify_proof.Verifier(verify_proof.Trust(service.trust(session)))
        now = dict(service.each_proof(session))
        assert "catalog-2-00000000.proof.json" in now and len(now) == 16
        assert "chain.anchor.epoch" in session.scalars(select(AuditLog.action)).all()
    assert all(verifier.verify(proof).exit_code == 0 for proof in [*kept.values(), *now.values()])
    append(sqlite_database, 20, 3)
    assert flush(sqlite_database, ledger).leaves == 3


def test_an_older_database_with_a_batch_on_its_way(
    sqlite_database: Database, ledger: FakeChain, tmp_path: Path, runtime: Runtime
) -> None:
    """The restored rows hold a signed batch that the chain has already: it is finished, not lost."""
    append(sqlite_database, 0, 10)
    ledger.holding = True
    flush(sqlite_database, ledger, wait_seconds=0.2)
    old = copy(sqlite_database, tmp_path / "backup.db")
    ledger.holding = False
    flush(sqlite_database, ledger)
    put_back(runtime, old)
    assert flush(sqlite_database, ledger).leaves == 10
    check_everything(sqlite_database, ledger, 10)


def test_two_copies_of_one_database(
    sqlite_database: Database, ledger: FakeChain, tmp_path: Path, runtime: Runtime
) -> None:
    """Another copy anchored another batch under our next number: ours can never be accepted and is replaced."""
    append(sqlite_database, 0, 4)
    flush(sqlite_database, ledger)
    base = copy(sqlite_database, tmp_path / "base.db")
    append(sqlite_database, 4, 2)
    ledger.holding = True

    class Deaf(FakeChain):
        def send(self, raw: bytes) -> None:
            """The message never arrives."""

    deaf = Deaf.__new__(Deaf)
    deaf.__dict__.update(vars(ledger))
    flush(sqlite_database, deaf, wait_seconds=0.2)
    with_pending = copy(sqlite_database, tmp_path / "pending.db")
    put_back(runtime, base)
    ledger.holding = False
    append(sqlite_database, 100, 3)
    flush(sqlite_database, ledger)
    put_back(runtime, with_pending)
    done = flush(sqlite_database, ledger)
    assert not done.errors and done.leaves == 3
    with sqlite_database.read() as session:
        assert [row.leaves for row in session.scalars(queries.batches("catalog", "void"))] == [2]
        states = service.states_of(session, "data_entry", [("E4", 1), ("E5", 1)])
        assert {state.state for state in states.values()} == {"anchored"}
        assert {state.stream for state in states.values()} == {"catalog/2"}


def test_a_copy_whose_batch_the_other_sent(
    sqlite_database: Database, ledger: FakeChain, tmp_path: Path, runtime: Runtime
) -> None:
    """The restored rows hold a signed batch; the chain has it and more: it is confirmed, only the rest is lost."""
    append(sqlite_database, 0, 4)
    ledger.holding = True
    flush(sqlite_database, ledger, wait_seconds=0.2)
    old = copy(sqlite_database, tmp_path / "old.db")
    ledger.holding = False
    append(sqlite_database, 4, 3)
    flush(sqlite_database, ledger)
    put_back(runtime, old)
    append(sqlite_database, 50, 2)
    done = flush(sqlite_database, ledger)
    assert not done.errors and done.leaves == 7, "four confirmed, two new, one for the epoch"
    with sqlite_database.read() as session:
        assert [(row.seq, row.leaves) for row in session.scalars(queries.batches("catalog", "lost"))] == [(2, 3)]
        assert session.scalars(queries.batches("catalog", "void")).all() == []
        states = service.states_of(session, "data_entry", [("E0", 1), ("E50", 1)])
        assert [states[key, 1].stream for key in ("E0", "E50")] == ["catalog", "catalog/2"]


def test_an_older_chain_halts_until_an_operator_decides(
    sqlite_database: Database, ledger: FakeChain, make_actor: Callable[..., Actor]
) -> None:
    append(sqlite_database, 0, 4)
    flush(sqlite_database, ledger)
    append(sqlite_database, 4, 4)
    flush(sqlite_database, ledger)
    append(sqlite_database, 8, 1)
    ledger.forget_after(1)
    assert "database_ahead" in flush(sqlite_database, ledger).errors["catalog"]
    before = len(ledger.sent())
    assert "halted" in flush(sqlite_database, ledger).errors["catalog"]
    assert len(ledger.sent()) == before
    operator = make_actor("chain.anchor.operate")
    chain, address = ledger.head_of(rules.stream_id("catalog")), "0x"
    with sqlite_database.read() as session:
        row = queries.stream(session, "catalog")
        assert row is not None and row.reason == "database_ahead"
        address = row.address

    def decide(actor: Actor) -> AnchorStream:
        return sqlite_database.run(
            lambda session: restore.resume(session, actor, stream="catalog", chain=chain, nonce=ledger.nonce(address))
        )

    with pytest.raises(MulianError, match="denied"):
        decide(make_actor())
    decide(operator)
    with pytest.raises(MulianError, match="not_halted"):
        decide(operator)
    done = flush(sqlite_database, ledger)
    assert not done.errors and done.leaves == 6, "four that the chain forgot, one new, one for the epoch"
    with sqlite_database.read() as session:
        trust = verify_proof.Verifier(verify_proof.Trust(service.trust(session)))
        made = dict(service.each_proof(session))
        assert len(made) == 10 and all(trust.verify(proof).exit_code == 0 for proof in made.values())


def test_a_reverted_batch_halts(sqlite_database: Database, ledger: FakeChain) -> None:
    append(sqlite_database, 0, 1)
    ledger.authorise = lambda *_: None  # type: ignore[method-assign]
    assert "reverted" in flush(sqlite_database, ledger).errors["catalog"]
    assert "halted" in flush(sqlite_database, ledger).errors["catalog"]


def proofs(database: Database) -> dict[str, bytes]:
    with database.read() as session:
        return dict(service.each_proof(session))
