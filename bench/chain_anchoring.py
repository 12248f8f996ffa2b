"""Anchoring in batches against one transaction a record, on the same durable chain with sealing and fsync.

Three rivals, interleaved: every record a batch of its own through the same product path (rows, evidence, checkpoint);
every record a bare ``anchor`` transaction sealed before the next is sent; and bare transactions sent all at once, which
the chain packs into blocks. Ours is the whole path for 10,000 records that wait: indexes, tiles, raw transaction
committed, sealed, evidence and checkpoint committed. Besides: leaves a second of the SM3 tree against gmssl's SM3.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gmssl import func
from gmssl import sm3 as gmssl_sm3

from chain.anchoring import batching, rules, service
from chain.anchoring.adapters.registry import RegistryLedger
from chain.anchoring.port import AnchorCall
from chain.anchoring.tree import MemoryTiles, Tree, leaf_hash
from chain.ledger import accounts
from chain.ledger.access import ledger_of, use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from crypto import servicekeys
from kernel.db import Database
from kernel.home import Home
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import wiring
from mulian.migrations import run as migrations

ROUNDS = 5
BATCH = 10_000
SINGLE = 20
PACKED = 200


def run() -> dict[str, Any]:
    """Return the medians of the ratios of each round, and the rates behind them."""
    with tempfile.TemporaryDirectory() as folder:
        runtime = _installation(Path(folder))
        with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
            use_ledger(runtime, Web3Ledger("in-process", provider))
            rounds = _rounds(runtime)
        runtime.database.close()
    rows = [
        _row("records anchored a second: batches of 10k vs a batch a record", rounds, "batch", "alone"),
        _row("records anchored a second: batches of 10k vs a bare transaction a record, each sealed", rounds, "batch",
             "bare", 1_000),
        _row("records anchored a second: batches of 10k vs bare transactions packed by the chain", rounds, "batch",
             "packed"),
        _row("anchor call for 10k record hashes (tree, signature, seal) vs a bare transaction a record, each sealed",
             rounds, "chain", "bare"),
        _row("tree leaves a second vs gmssl's SM3 of the same leaves", rounds, "tree", "gmssl", 100),
    ]  # fmt: skip
    return {"rows": rows, "rounds": rounds, "batch": BATCH}


def _row(
    name: str, rounds: list[dict[str, float]], ours: str, rival: str, target: int | None = None
) -> dict[str, Any]:
    ratios = [one[ours] / one[rival] for one in rounds]
    rates = {side: round(statistics.median(one[side] for one in rounds), 1) for side in (ours, rival)}
    return {"name": name, "ratio": round(statistics.median(ratios), 1), "unit": "x", "worst": round(min(ratios), 1),
        "target": target, **rates}


def _installation(folder: Path) -> Runtime:
    home = Home(folder)
    home.prepare()
    wiring.load_models()
    database = Database.sqlite(home.database_file)
    migrations.upgrade(database)
    return Runtime(Settings(home=folder), home, database, servicekeys.create(home))


def _rounds(runtime: Runtime) -> list[dict[str, float]]:
    _append(runtime, 0, 1)
    batching.flush(runtime)
    bare, found, at = _Bare(runtime), [], 1
    for _ in range(ROUNDS):
        rates = {}
        rates["batch"] = BATCH / _timed(runtime, at, BATCH, lambda: batching.flush(runtime))
        at += BATCH
        rates["alone"] = SINGLE / _timed(runtime, at, SINGLE, lambda: _one_by_one(runtime))
        at += SINGLE
        rates["bare"] = SINGLE / _clock(lambda: bare.each(SINGLE))
        rates["packed"] = PACKED / _clock(lambda: bare.packed(PACKED))
        rates["chain"] = BATCH / _clock(lambda: bare.tree(BATCH))
        rates |= _trees()
        found.append(rates)
    return found


def _append(runtime: Runtime, first: int, count: int) -> None:
    leaves = [
        service.NewLeaf({"code": f"XC-{number:08d}", "hash": "ab" * 32, "status": "published"}, "data_entry",
            str(number), 1)
        for number in range(first, first + count)
    ]
    runtime.database.run(lambda session: service.append_leaves(session, stream="catalog", leaves=leaves))


def _timed(runtime: Runtime, first: int, count: int, work: Callable[[], object]) -> float:
    _append(runtime, first, count)
    return _clock(work)


def _clock(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _one_by_one(runtime: Runtime) -> None:
    limit, rules.BATCH_LIMIT = rules.BATCH_LIMIT, 1
    try:
        done = batching.flush(runtime)
    finally:
        rules.BATCH_LIMIT = limit
    assert done.batches == SINGLE


class _Bare:
    """Calls of ``anchor`` with nothing around them, on a stream of their own."""

    def __init__(self, runtime: Runtime) -> None:
        self._ledger, self._port = ledger_of(runtime), RegistryLedger.open(runtime)
        self._stream = rules.stream_id("bench")
        self._signer = accounts.new_signer()
        self._port.authorise(self._stream, self._signer.address)
        self._seq, self._head = 0, rules.NO_HEAD

    def _next(self, root: bytes, start: int, leaves: int) -> tuple[bytes, str]:
        call = AnchorCall(self._stream, self._seq + 1, self._head, root, start, leaves)
        raw, tx_hash = self._port.sign(self._signer.secret, self._seq, call)
        self._seq += 1
        self._head = rules.next_head(call.prev_head, call.stream, call.seq, root, start, leaves)
        return raw, tx_hash

    @property
    def _size(self) -> int:
        return self._port.head_of(self._stream).size

    def each(self, count: int) -> None:
        size = self._size
        for number in range(count):
            raw, tx_hash = self._next(leaf_hash(b"%d" % number), size + number, 1)
            self._ledger.send_raw(raw)
            assert self._ledger.wait_receipt(tx_hash).succeeded

    def packed(self, count: int) -> None:
        size = self._size
        signed = [self._next(leaf_hash(b"%d" % number), size + number, 1) for number in range(count)]
        service_ = self._ledger._provider.service  # type: ignore[attr-defined]
        for raw, _ in signed:
            service_.node.submit(raw)[1].result()
        service_.node.flush()
        assert all(self._ledger.wait_receipt(tx_hash).succeeded for _, tx_hash in signed)

    def tree(self, count: int) -> None:
        tree, size = Tree(MemoryTiles()), self._size
        tree.append([leaf_hash(b'{"code":"XC-%08d","hash":"abababababab"}' % number) for number in range(count)])
        raw, tx_hash = self._next(tree.root(), size, count)
        self._ledger.send_raw(raw)
        assert self._ledger.wait_receipt(tx_hash).succeeded


def _trees() -> dict[str, float]:
    data = [b'{"code":"XC-%08d","hash":"%s"}' % (number, b"ab" * 32) for number in range(20_000)]

    def ours() -> None:
        tree = Tree(MemoryTiles())
        tree.append([leaf_hash(item) for item in data])
        tree.root()

    def theirs() -> None:
        for item in data[:200]:
            gmssl_sm3.sm3_hash(func.bytes_to_list(b"\0" + item))

    return {"tree": len(data) / _clock(ours), "gmssl": 200 / _clock(theirs)}
