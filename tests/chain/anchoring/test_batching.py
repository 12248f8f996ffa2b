"""From a record in a transaction to a proof: once, in order, and only what was committed."""

import random
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from chain.anchoring import batching, queries, rules, service, verify_proof
from chain.anchoring.models import AnchorBatch, AnchorLeaf
from chain.ledger.access import use_ledger
from chain.ledger.web3_ledger import Web3Ledger
from kernel.db import Database
from kernel.errors import MulianError
from kernel.runtime import Runtime
from tests.chain.anchoring.conftest import append
from tests.chain.anchoring.fakechain import FakeChain


def runtime_of(database: Database) -> Runtime:
    assert database.runtime is not None
    return database.runtime


def flush(database: Database, ledger: FakeChain, **more: Any) -> batching.Flushed:
    return batching.flush(runtime_of(database), ledger=ledger, **more)


def check_everything(database: Database, ledger: FakeChain, expected: int, stream: str = "catalog") -> None:
    """Every leaf has one index, the indexes have no gap, the chain has each batch once, and every proof is valid."""
    with database.read() as session:
        indexes = sorted(session.scalars(select(AnchorLeaf.index).where(AnchorLeaf.stream == stream)))
        batches = list(session.scalars(queries.batches(stream, "final")))
        assert indexes == list(range(expected))
        assert sum(batch.leaves for batch in batches) == expected
        verifier = verify_proof.Verifier(verify_proof.Trust(service.trust(session)))
        names = set()
        for name, proof in service.each_proof(session, stream=stream):
            assert verifier.verify(proof).exit_code == 0
            names.add(name)
        assert len(names) == expected
    head = ledger.head_of(rules.stream_id(stream))
    assert head.size == expected and head.seq == len(batches) == ledger.transactions()
    assert len(set(ledger.sent())) == len(batches)


def test_from_record_to_proof(database: Database, ledger: FakeChain) -> None:
    ids = append(database, 0, 5)
    with database.read() as session:
        state = service.state_of(session, "data_entry", "E3", 1)
        assert state is not None and (state.state, state.index) == ("waiting", None)
        with pytest.raises(MulianError, match="not_final"):
            service.proof_for(session, ids[0])
    assert flush(database, ledger).as_dict() == {"leaves": 5, "batches": 1, "waiting": 0, "errors": {}}
    append(database, 5, 300)
    assert flush(database, ledger).leaves == 300
    check_everything(database, ledger, 305)
    with database.read() as session:
        state = service.state_of(session, "data_entry", "E3", 1)
        assert state is not None and state.state == "anchored" and state.block_number == 1
        assert service.state_of(session, "data_entry", "E3", 2) is None
        proof = service.proof_for(session, ids[3])
        assert service.verify(service.trust(session), proof).facts["object"] == {"type": "data_entry", "id": "E3",
            "version": 1}
    assert flush(database, ledger).leaves == 0


def test_what_was_rolled_back_is_never_anchored(database: Database, ledger: FakeChain) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        service.append_leaf(
            session, stream="catalog", record={"a": 1}, object_type="data_entry", object_id="gone", version=1
        )
        raise RuntimeError("the cause failed")
    append(database, 0, 2)
    flush(database, ledger)
    check_everything(database, ledger, 2)
    with database.read() as session:
        assert service.state_of(session, "data_entry", "gone", 1) is None


def test_a_version_is_appended_once(database: Database) -> None:
    append(database, 0, 1)
    with pytest.raises(MulianError, match="already_appended"):
        append(database, 0, 1)
    twice = [service.NewLeaf({}, "data_entry", "same", 1)] * 2
    with pytest.raises(MulianError, match="already_appended"):
        database.run(lambda session: service.append_leaves(session, stream="catalog", leaves=twice))
    with pytest.raises(MulianError, match="stream_name"):
        append(database, 9, 1, stream="Catalog/2")
    with pytest.raises(ValueError, match="float"):
        leaf = service.NewLeaf({"x": 0.5}, "data_entry", "float", 1)
        database.run(lambda session: service.append_leaves(session, stream="catalog", leaves=[leaf]))


def test_salts_differ_so_equal_records_have_different_leaves(database: Database) -> None:
    append(database, 0, 1)
    append(database, 0, 1, stream="reports")
    with database.read() as session:
        one, two = session.execute(select(AnchorLeaf.salt, AnchorLeaf.leaf_hash)).all()
        assert one[0] != two[0] and one[1] != two[1] and len(one[0]) == 32


def test_streams_are_apart(database: Database, ledger: FakeChain) -> None:
    append(database, 0, 4)
    append(database, 0, 3, stream="reports")
    assert flush(database, ledger).batches == 2
    with database.read() as session:
        assert [(row.name, row.size) for row in queries.streams(session)] == [("catalog", 4), ("reports", 3)]
        assert len({row.address for row in queries.streams(session)}) == 2
        trust = service.trust(session)
        proofs = dict(service.each_proof(session))
    assert all(verify_proof.verify(proof, trust).exit_code == 0 for proof in proofs.values())


def test_batches_have_a_limit(database: Database, ledger: FakeChain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "BATCH_LIMIT", 7)
    append(database, 0, 20)
    assert flush(database, ledger).batches == 3
    check_everything(database, ledger, 20)


def test_the_same_bytes_are_sent_again(sqlite_database: Database, ledger: FakeChain) -> None:
    """While the transaction is not final, nothing else is signed, and what waits later is a later batch."""
    append(sqlite_database, 0, 3)
    ledger.holding = True
    held = flush(sqlite_database, ledger, wait_seconds=1.5)
    assert (held.leaves, held.waiting) == (0, 3)
    append(sqlite_database, 3, 3)
    held = flush(sqlite_database, ledger, wait_seconds=1.5)
    assert (held.leaves, held.waiting) == (0, 6)
    assert len(ledger.sent()) == 2 and len(set(ledger.sent())) == 1
    ledger.holding = False
    assert flush(sqlite_database, ledger).leaves == 6
    check_everything(sqlite_database, ledger, 6)


def test_a_paused_holder_writes_nothing(sqlite_database: Database, ledger: FakeChain) -> None:
    """A flusher that slept past its lease finds another fence and rolls back; the other one finished the work."""
    append(sqlite_database, 0, 3)

    class Sleepy(FakeChain):
        def mined(self, tx_hash: str) -> Any:
            result = super().mined(tx_hash)
            if result is not None:
                take_over(sqlite_database)
                flush(sqlite_database, ledger)
            return result

    sleepy = Sleepy.__new__(Sleepy)
    sleepy.__dict__.update(vars(ledger))
    errors = flush(sqlite_database, sleepy).errors
    assert "kernel.lease.lost" in errors["catalog"]
    check_everything(sqlite_database, ledger, 3)


def take_over(database: Database) -> None:
    """Let the lease's time be over."""
    from sqlalchemy import update

    from kernel import clock
    from kernel.leases.models import Lease

    database.run(lambda session: session.execute(update(Lease).values(expires_at=clock.from_micros(0))) and None)


def test_random_interleavings(sqlite_database: Database, ledger: FakeChain, scale: Any) -> None:
    choose, total = random.Random(11), 0
    for _ in range(scale.of(15, 200)):
        count = choose.randint(1, 40)
        append(sqlite_database, total, count)
        total += count
        ledger.holding = choose.random() < 0.4
        flush(sqlite_database, ledger, wait_seconds=0.01 if ledger.holding else 10)
    ledger.holding = False
    flush(sqlite_database, ledger)
    check_everything(sqlite_database, ledger, total)


def test_ten_thousand_leaves_in_seconds(database: Database, ledger: FakeChain, scale: Any) -> None:
    import time

    append(database, 0, scale.of(4432, 20_000))
    start = time.monotonic()
    done = flush(database, ledger)
    assert done.waiting == 0 and not done.errors
    assert time.monotonic() - start < scale.of(20, 60)
    with database.read() as session:
        final = session.scalar(select(func.sum(AnchorBatch.leaves)).where(AnchorBatch.state == "final"))
        assert final == scale.of(4432, 20_000)
        page = queries.final_leaves(session, "catalog", None, 50)
        trust = verify_proof.Verifier(verify_proof.Trust(service.trust(session)))
        assert all(trust.verify(service.proof_for(session, leaf.id)).exit_code == 0 for leaf in page)


def test_a_node_that_lies_is_not_believed(sqlite_database: Database, ledger: FakeChain) -> None:
    append(sqlite_database, 0, 2)

    class Liar(FakeChain):
        def mined(self, tx_hash: str) -> Any:
            result = super().mined(tx_hash)
            return result and type(result)(**(vars(result) | {"block_number": 99}))

    liar = Liar.__new__(Liar)
    liar.__dict__.update(vars(ledger))
    assert "evidence_wrong" in flush(sqlite_database, liar).errors["catalog"]
    assert flush(sqlite_database, ledger).leaves == 2
    check_everything(sqlite_database, ledger, 2)


def test_another_chain_is_refused(sqlite_database: Database, ledger: FakeChain) -> None:
    append(sqlite_database, 0, 1)
    flush(sqlite_database, ledger)
    append(sqlite_database, 1, 1)
    ledger.world.genesis = b"\x99" * 32
    assert "other_chain" in flush(sqlite_database, ledger).errors["catalog"]


def test_two_processes_at_once(database: Database, ledger: FakeChain, tmp_path: Path, scale: Any) -> None:
    """Flushers that run at the same time share the work by the lease; both end only when all is final."""
    total = 0
    for _ in range(scale.of(2, 10)):
        append(database, total, 40)
        total += 40
        found: list[batching.Flushed] = []
        threads = [
            threading.Thread(target=lambda: found.append(flush(database, FakeChain(tmp_path / "fake-chain.db"))))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.waiting for one in found] == [0, 0, 0] and not any(one.errors for one in found)
        assert sum(one.leaves for one in found) == 40
    check_everything(database, ledger, total)


def test_an_unreachable_node_is_reported(sqlite_database: Database) -> None:
    """The leaves wait, and the flush ends at once instead of asking for the whole time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    runtime = runtime_of(sqlite_database)
    use_ledger(runtime, Web3Ledger(f"http://127.0.0.1:{port}"))
    append(sqlite_database, 0, 1)
    done = batching.flush(runtime)
    assert "unreachable" in done.errors["catalog"] and done.waiting == 1
