"""Anchor calls on the embedded chain against stock py-evm: the same transactions, the same block hashes.

Ours seals, signs and commits each block with fsync to SQLite; the rival mines into memory. Rounds alternate.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import coincurve

from bench._chain import AnchorLoad, stock_block, stock_chain
from chain.ledger.embedded.engine import Engine

ROUNDS = 5
TRANSACTIONS = 200


def run(rounds: int = ROUNDS, transactions: int = TRANSACTIONS) -> dict[str, Any]:
    """Return transactions a second of both, their ratio, and the seconds of the durable commit alone."""
    ours: list[float] = []
    stock: list[float] = []
    commits: list[float] = []
    with tempfile.TemporaryDirectory(prefix="mulian-bench-") as folder:
        engine = Engine(Path(folder), coincurve.PrivateKey())
        rival = stock_chain(engine.genesis)
        load = AnchorLoad(engine.chain_id)
        commit = engine.store.commit_block

        def timed(rows: Any) -> None:
            started = time.perf_counter()
            commit(rows)
            commits.append(time.perf_counter() - started)

        engine.store.commit_block = timed  # type: ignore[method-assign]
        builder = engine.chain.get_vm_class_for_block_number(0).get_transaction_builder()  # type: ignore[arg-type]
        for number in range(rounds + 1):
            raws = load.deployment() if number == 0 else list(load.anchors(transactions))
            started = time.perf_counter()
            decoded = [builder.decode(raw) for raw in raws]
            sealed = engine.seal_block(decoded, engine.head.timestamp + 1)
            ours.append(time.perf_counter() - started)
            started = time.perf_counter()
            block = stock_block(rival, raws, sealed.header)
            stock.append(time.perf_counter() - started)
            if block.hash != sealed.header.hash or len(sealed.transaction_hashes) != len(raws):
                raise AssertionError("the block hashes differ: the comparison would mean nothing")
        engine.close()
    mine, theirs, flush = (statistics.median(values[1:]) for values in (ours, stock, commits))
    return {
        "rows": [
            {
                "name": "embedded chain, anchor calls, against stock py-evm (identical block hashes)",
                "ratio": round(theirs / mine, 2), "unit": "x", "ours_per_second": round(transactions / mine, 1),
                "rival_per_second": round(transactions / theirs, 1), "target": 1.9,
            },
            {
                "name": "durable commit of a block, share of its time", "ratio": round(flush / mine, 4), "unit": "share",
                "milliseconds": round(flush * 1000, 2), "transactions": transactions,
            },
        ]
    }
