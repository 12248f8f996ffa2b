"""The index against a web3 ``get_event_data`` loop, over the same logs in the same interleaved run.

Three lines: decoding alone; decoding and writing everything the index keeps (blocks, transactions, logs, events,
rollups, cursor, one fsynced SQLite transaction a chunk) against web3's loop that only decodes; and an idle round of
the follower against a node over HTTP, in CPU milliseconds. Times are CPU seconds of this process.
"""

import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hexbytes import HexBytes
from web3 import Web3
from web3._utils.events import get_event_data
from web3.datastructures import AttributeDict

from bench._home import fresh
from chain.indexer import follow, queries, store
from chain.indexer.decoder import Decoder, Known
from chain.indexer.rows import rows
from chain.indexer.source import RawBlock, RawLog, RawTransaction, Source
from chain.ledger.abi import interface
from chain.ledger.web3_ledger import Web3Ledger
from contracts_sc.artifacts import artifact
from tests.chain.embedded.process import ChainProcess

ROUNDS = 5
BLOCKS, TRANSACTIONS = 20, 100
IDLE = 200
REGISTRY = "0x" + "33" * 20


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    """Return the medians of the ratios of each round, and the CPU time of an idle round."""
    found: list[dict[str, float]] = []
    decoder = Decoder([Known(REGISTRY, "AnchorRegistry", artifact("AnchorRegistry").abi)])
    with tempfile.TemporaryDirectory(prefix="mulian-bench-") as folder:
        database, _ = fresh(Path(folder))
        parent = _genesis(database)
        for number in range(rounds):
            blocks = _blocks(number * BLOCKS + 1, parent)
            parent = blocks[-1].hash
            logs = [log for block in blocks for one in block.transactions for log in one.logs]
            found.append({
                "decode": len(logs) / _cpu(lambda logs=logs: _decode(decoder, logs)),
                "web3": len(logs) / _cpu(_web3_loop(blocks)),
                "index": len(logs) / _cpu(lambda blocks=blocks: _index(database, decoder, blocks)),
            })
        database.close()
    lines = [
        _row("indexer: static decoder vs a web3 get_event_data loop, events a second", found, "decode", 10),
        _row("… all rows, rollups and cursor committed vs the loop that only decodes", found, "index", None),
    ]
    return {"rows": [*lines, _idle()], "rounds": found, "events": BLOCKS * TRANSACTIONS}


def _row(name: str, found: list[dict[str, float]], ours: str, target: int | None) -> dict[str, Any]:
    ratios = [one[ours] / one["web3"] for one in found]
    return {
        "name": name, "ratio": round(statistics.median(ratios), 1), "unit": "x", "worst": round(min(ratios), 1),
        "target": target, "ours_per_second": round(statistics.median(one[ours] for one in found)),
        "rival_per_second": round(statistics.median(one["web3"] for one in found)),
    }


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _hash(*parts: object) -> str:
    return "0x" + hashlib.sha256(repr(parts).encode()).hexdigest()


def _genesis(database: Any) -> str:
    block = RawBlock(0, _hash("genesis"), "0x" + "00" * 32, 1_767_225_600, 0, 600, REGISTRY, 0, ())
    database.run(lambda session: store.begin(session, 1, rows([block], None, Decoder(()))))
    return block.hash


def _blocks(first: int, parent: str) -> list[RawBlock]:
    abi, made = interface("AnchorRegistry"), []
    for number in range(first, first + BLOCKS):
        listed = tuple(_transaction(abi, number, index) for index in range(TRANSACTIONS))
        block = RawBlock(
            number, _hash("block", number), parent, 1_767_225_600 + number, 10**7, 40_000, REGISTRY, 0, listed
        )
        made.append(block)
        parent = block.hash
    return made


def _transaction(abi: Any, number: int, index: int) -> RawTransaction:
    stream, seq = b"catalog".ljust(32, b"\0"), number * TRANSACTIONS + index
    root = hashlib.sha256(b"%d" % seq).digest()
    data = b"".join([bytes(32), seq.to_bytes(32, "big"), (1).to_bytes(32, "big"), root])
    topics = abi.topic("Anchored") + stream + seq.to_bytes(32, "big") + root
    call = abi.call("anchor", stream, seq, bytes(32), root, seq, 1)
    log = RawLog(index, REGISTRY, topics, data)
    return RawTransaction(
        _hash("tx", seq), "0x" + "11" * 20, REGISTRY, seq, call, 400_000, 200_000, None, (log,), None
    )


def _decode(decoder: Decoder, logs: list[RawLog]) -> None:
    for log in logs:
        event = decoder.event(log.address, log.topics, log.data)
        assert event is not None and event.event == "Anchored"


def _web3_loop(blocks: list[RawBlock]) -> Callable[[], object]:
    """The loop that a program with web3 has: every log as web3 gives it, through get_event_data."""
    codec = Web3().codec
    event_abi: Any = next(one for one in artifact("AnchorRegistry").abi if one.get("name") == "Anchored")
    given = [
        AttributeDict({
            "address": Web3.to_checksum_address(log.address), "blockHash": HexBytes(block.hash),
            "blockNumber": block.number, "logIndex": log.index, "transactionIndex": index,
            "transactionHash": HexBytes(one.hash), "data": HexBytes(log.data), "removed": False,
            "topics": [HexBytes(log.topics[at:at + 32]) for at in range(0, len(log.topics), 32)],
        })
        for block in blocks for index, one in enumerate(block.transactions) for log in one.logs
    ]  # fmt: skip

    def loop() -> None:
        for log in given:
            assert get_event_data(codec, event_abi, log)["event"] == "Anchored"  # type: ignore[arg-type]

    return loop


def _index(database: Any, decoder: Decoder, blocks: list[RawBlock]) -> None:
    made = rows(blocks, blocks[0].timestamp - 1, decoder)

    def unit(session: Any) -> None:
        cursor = queries.cursor(session)
        assert cursor is not None
        store.append(session, cursor, made)

    database.run(unit)


def _idle() -> dict[str, Any]:
    """A round with nothing to do, as the worker has it every two seconds: over HTTP, on a SQLite home."""
    with tempfile.TemporaryDirectory(prefix="mulian-bench-") as folder:
        database, _ = fresh(Path(folder) / "home")
        process = ChainProcess(Path(folder) / "chain")
        try:
            runtime = database.runtime
            assert runtime is not None
            source = Source(Web3Ledger(process.url))
            follow.follow(runtime, source=source)
            follow.follow(runtime, source=source)
            started = time.process_time()
            for _ in range(IDLE):
                follow.follow(runtime, source=source)
            spent = (time.process_time() - started) / IDLE
        finally:
            process.kill()
            database.close()
    return {
        "name": "idle round of the follower, CPU", "ratio": round(spent * 1000, 3), "unit": "ms", "target": 2,
        "rounds": IDLE,
    }
