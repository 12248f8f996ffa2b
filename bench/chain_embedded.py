"""Anchor calls on the embedded chain against stock py-evm: the same transactions, the same block hashes.

Ours decodes, executes, seals, signs and commits each block with fsync to SQLite; the rivals mine into memory, each
in a process of its own, one after the other. Medians over blocks; the first (deployment) is left out. Times are CPU
seconds of the process, and for ours besides the whole wall time of the commit, so that its fsync counts.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import coincurve
import rlp

from bench._chain import AnchorLoad
from chain.ledger.embedded.engine import Engine

ROUNDS = 4
TRANSACTIONS = 100
_ROOT = Path(__file__).parents[1]
_RIVALS = {
    "plain": ("embedded chain, anchor calls, against stock py-evm as pip installs it (identical block hashes)", 1.9),
    "extra": ("… against stock py-evm with the same C libraries (identical block hashes)", 1.0),
}


def run(rounds: int = ROUNDS, transactions: int = TRANSACTIONS) -> dict[str, Any]:
    """Return transactions a second of ours and of both rivals, ratios, and the share of the durable commit."""
    with tempfile.TemporaryDirectory(prefix="mulian-bench-") as folder:
        work, hashes, seconds, commits = _ours(Path(folder), rounds, transactions)
    mine, flush = statistics.median(seconds[1:]), statistics.median(commits[1:])
    rows: list[dict[str, Any]] = []
    for kind, (name, target) in _RIVALS.items():
        found = _rival(kind, work)
        if found["hashes"] != hashes:
            raise AssertionError("the block hashes differ: the comparison would mean nothing")
        theirs = statistics.median(found["seconds"][1:])
        rows.append({
            "name": name, "ratio": round(theirs / mine, 2), "unit": "x", "target": target,
            "ours_per_second": round(transactions / mine, 1), "rival_per_second": round(transactions / theirs, 1),
        })
    rows.append({
        "name": "durable commit of a block, share of its time", "ratio": round(flush / mine, 4), "unit": "share",
        "milliseconds": round(flush * 1000, 2), "transactions": transactions,
    })
    return {"rows": rows}


def _ours(folder: Path, rounds: int, transactions: int) -> tuple[dict[str, Any], list[str], list[float], list[float]]:
    engine = Engine(folder, coincurve.PrivateKey())
    load = AnchorLoad(engine.chain_id)
    builder = engine.chain.get_vm_class_for_block_number(0).get_transaction_builder()  # type: ignore[arg-type]
    commit = engine.store.commit_block
    seconds: list[float] = []
    commits: list[float] = []

    def timed(rows: Any) -> None:
        started = time.perf_counter()
        commit(rows)
        commits.append(time.perf_counter() - started)

    engine.store.commit_block = timed  # type: ignore[method-assign]
    blocks, hashes = [], []
    for number in range(rounds + 1):
        raws = load.deployment() if number == 0 else list(load.anchors(transactions))
        started = time.process_time()
        sealed = engine.seal_block([builder.decode(raw) for raw in raws], engine.head.timestamp + 1)
        seconds.append(time.process_time() - started + commits[-1])
        blocks.append({"header": rlp.encode(sealed.header).hex(), "raws": [raw.hex() for raw in raws]})
        hashes.append(sealed.header.hash.hex())
    genesis = engine.genesis
    work = {
        "chain_id": genesis.chain_id, "sealer": genesis.sealer.hex(), "timestamp": genesis.timestamp, "blocks": blocks,
    }
    engine.close()
    return work, hashes, seconds, commits


def _rival(kind: str, work: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench._chain_rival", kind], input=json.dumps(work).encode(), cwd=_ROOT, check=True,
        capture_output=True, timeout=600,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
