"""What reaches the disk: blocks whole or not at all, journal records whole or not at all."""

import os
import shutil
import sqlite3
from pathlib import Path

import coincurve
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench._chain import Sender
from chain.ledger.embedded.engine import Engine
from chain.ledger.embedded.journal import Journal
from chain.ledger.embedded.store import BlockRows, BlockStore, KeyValueStore, connect
from chain.ledger.embedded.verify import reexecute
from tests.support.scale import Scale

KEY = coincurve.PrivateKey(b"\x01" * 32)


def rows(number: int) -> BlockRows:
    return BlockRows(number, number.to_bytes(32, "big"), number, 0, 0, 0, 0)


def test_a_block_is_committed_whole_and_discarded_whole(tmp_path: Path) -> None:
    store = BlockStore(tmp_path / "chain.db")
    store[b"head"] = b"1"
    store[b"k" * 32] = b"v"
    assert store[b"head"] == b"1" and b"k" * 32 in store
    beside = KeyValueStore(connect(tmp_path / "chain.db", read_only=True))
    assert b"head" not in beside, "nothing is visible before the commit"
    store.commit_block(rows(1))
    assert beside[b"head"] == b"1" and beside[b"k" * 32] == b"v"
    store[b"head"] = b"2"
    del store[b"k" * 32]
    assert b"k" * 32 not in store
    store.discard()
    assert store[b"head"] == b"1" and store[b"k" * 32] == b"v"
    with pytest.raises(KeyError):
        del store[b"unknown"]


def test_a_failing_commit_rolls_back_all_of_it(tmp_path: Path) -> None:
    store = BlockStore(tmp_path / "chain.db")
    store.commit_block(rows(1))
    store[b"head"] = b"2"
    with pytest.raises(sqlite3.IntegrityError):
        store.commit_block(rows(1))
    assert KeyValueStore(connect(tmp_path / "chain.db", read_only=True)).select("SELECT count(*) FROM kv") == [(0,)]


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    BlockStore(tmp_path / "chain.db").connection.execute("PRAGMA user_version = 99")
    with pytest.raises(RuntimeError, match="schema 99"):
        BlockStore(tmp_path / "chain.db")


def test_a_write_ahead_log_cut_anywhere_opens_at_a_block(tmp_path: Path, scale: Scale) -> None:
    engine = Engine(tmp_path / "chain", KEY)
    sender = Sender(engine.chain_id)
    builder = engine.chain.get_vm_class_for_block_number(0).get_transaction_builder()
    hashes = {engine.head.hash}
    for _ in range(6):
        engine.seal_block([builder.decode(sender.send(None, b"\0" * 50))], engine.head.timestamp + 1)
        hashes.add(engine.head.hash)
    log = tmp_path / "chain" / "chain.db-wal"
    size = log.stat().st_size
    assert size > 0, "nothing was checkpointed yet, so the log holds the blocks"
    heights = set()
    cuts = scale.of(12, 200)
    for number in range(cuts):
        place = tmp_path / f"cut{number}"
        shutil.copytree(tmp_path / "chain", place, ignore=shutil.ignore_patterns("*-shm"))
        os.truncate(place / "chain.db-wal", size * number // cuts)
        reopened = Engine(place, KEY, engine.genesis)
        assert reopened.head.hash in hashes
        heights.add(reopened.head.block_number)
        reopened.seal_block([], reopened.head.timestamp + 1)
        reopened.close()
        shutil.rmtree(place)
    assert len(heights) > 3
    engine.close()


def log_of_two_blocks(folder: Path) -> tuple[Engine, list[bytes], int]:
    """A chain whose write-ahead log holds everything; return it, the heads and where block 2 begins in the log."""
    engine = Engine(folder, KEY)
    sender = Sender(engine.chain_id)
    builder = engine.chain.get_vm_class_for_block_number(0).get_transaction_builder()
    heads, begins = [engine.head.hash], 0
    for _ in range(2):
        begins = (folder / "chain.db-wal").stat().st_size
        engine.seal_block([builder.decode(sender.send(None, b"\0" * 50))], engine.head.timestamp + 1)
        heads.append(engine.head.hash)
    return engine, heads, begins


def reopens_at(place: Path, engine: Engine, heads: list[bytes]) -> None:
    reopened = Engine(place, KEY, engine.genesis)
    assert reopened.head.hash in heads
    reopened.seal_block([], reopened.head.timestamp + 1)
    reopened.close()
    assert reexecute(place, last_blocks=None).findings == ()
    shutil.rmtree(place)


def copied(source: Path, place: Path) -> Path:
    shutil.copytree(source, place, ignore=shutil.ignore_patterns("*-shm"))
    return place


def test_a_block_cut_at_every_write_opens_cleanly(tmp_path: Path, scale: Scale) -> None:
    """A frame of the log is written as a header of 24 bytes and a page; a lost one in the middle is a hole."""
    engine, heads, begins = log_of_two_blocks(tmp_path / "chain")
    log = tmp_path / "chain" / "chain.db-wal"
    data = log.read_bytes()
    frame = 24 + int.from_bytes(data[8:12], "big")
    frames = range(begins, len(data), frame)
    assert len(data) == begins + len(frames) * frame and len(frames) > 5
    chosen = frames if scale.full else [frames[0], frames[len(frames) // 2], frames[-1]]
    for start in chosen:
        for cut in (start, start + 24, start + 24 + frame // 2):
            place = copied(tmp_path / "chain", tmp_path / "cut")
            os.truncate(place / "chain.db-wal", cut)
            reopens_at(place, engine, heads[1:2])
        place = copied(tmp_path / "chain", tmp_path / "hole")
        (place / "chain.db-wal").write_bytes(data[:start] + b"\0" * frame + data[start + frame:])
        reopens_at(place, engine, heads[1:2])
    scale.of(4 * 3, 4 * len(frames))
    reopens_at(copied(tmp_path / "chain", tmp_path / "whole"), engine, heads[2:])
    engine.close()


def test_a_checkpoint_cut_at_every_page_opens_cleanly(tmp_path: Path, scale: Scale) -> None:
    """The log's pages go into the file one by one, and the log stays until all of them are there."""
    engine, heads, _ = log_of_two_blocks(tmp_path / "chain")
    before = (tmp_path / "chain" / "chain.db").read_bytes()
    done = copied(tmp_path / "chain", tmp_path / "done")
    connection = sqlite3.connect(done / "chain.db")
    assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    connection.close()
    after = (done / "chain.db").read_bytes()
    size = int.from_bytes(after[16:18], "big")
    pages = [at for at in range(0, len(after), size) if after[at: at + size] != before[at: at + size]]
    counts = range(len(pages) + 1) if scale.full else (0, len(pages) // 2, len(pages))
    for count in counts:
        place = copied(tmp_path / "chain", tmp_path / "checkpoint")
        torn = bytearray(before.ljust(len(after), b"\0"))
        for at in pages[:count]:
            torn[at: at + size] = after[at: at + size]
        (place / "chain.db").write_bytes(bytes(torn))
        reopens_at(place, engine, heads[2:])
    scale.of(3, len(pages) + 1)
    engine.close()


def test_the_journal_returns_what_was_written_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    futures = [journal.append(bytes([number]) * number) for number in range(50)]
    for future in futures:
        future.result(5)
    journal.close()
    with pytest.raises(RuntimeError):
        journal.append(b"late")
    reopened = Journal(tmp_path / "journal")
    assert reopened.recovered == [bytes([number]) * number for number in range(50)]
    reopened.rewrite([b"only"])
    reopened.append(b"more").result(5)
    reopened.close()
    last = Journal(tmp_path / "journal")
    assert last.recovered == [b"only", b"more"]
    last.close()


@given(st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=8), st.data())
def test_a_torn_journal_keeps_every_whole_record(records: list[bytes], data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        journal = Journal(path)
        for record in records:
            journal.append(record).result(5)
        journal.close()
        cut = data.draw(st.integers(0, path.stat().st_size))
        os.truncate(path, cut)
        reopened = Journal(path)
        kept, position = 0, 0
        for record in records:
            position += 8 + len(record)
            kept += position <= cut
        assert reopened.recovered == records[:kept]
        # what is appended after the cut is found again, not hidden behind the torn tail
        reopened.append(b"after").result(5)
        reopened.close()
        final = Journal(path)
        assert final.recovered == [*records[:kept], b"after"]
        final.close()


def test_a_full_disk_is_told_to_the_sender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append(b"first").result(5)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        with pytest.raises(OSError, match="No space"):
            journal.append(b"lost").result(5)
    journal.append(b"second").result(5)
    journal.close()
    reopened = Journal(tmp_path / "journal")
    assert reopened.recovered == [b"first", b"second"], "what was refused does not come back"
    reopened.close()
