"""Proofs from a stream of 10 million leaves in SQLite: any leaf, any two sizes, each from cold tiles.

The rival is the limit of the design (5 ms for a leaf, 100 MiB of memory). Leaves are random hashes, appended in batches
of 10,000 as the flusher does; every proof is made in a new session, and checked with the verifier's own code. Beside
the time by the clock stands that of the processor: on a machine with other work the first says little.
"""

import os
import random
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from chain.anchoring import verify_proof
from chain.anchoring.queries import SqlTiles
from chain.anchoring.tree import Tree
from kernel.db import Database
from mulian import wiring
from mulian.migrations import run as migrations

LEAVES = int(os.environ.get("MULIAN_BENCH_LEAVES", "10000000"))
BATCH, ASKED = 10_000, 200
LIMIT_MS, LIMIT_MIB = 5.0, 100


def run() -> dict[str, Any]:
    """Return the limit over the median of each kind of proof, and the memory that growing and proving took."""
    with tempfile.TemporaryDirectory() as folder:
        wiring.load_models()
        database = Database.sqlite(Path(folder) / "mulian.db")
        migrations.upgrade(database)
        before = _peak()
        seconds = _grow(database)
        choose = random.Random(5)
        inclusion = [_inclusion(database, choose.randrange(LEAVES)) for _ in range(ASKED)]
        consistency = [_consistency(database, *sorted((choose.randrange(1, LEAVES), LEAVES))) for _ in range(ASKED)]
        grown = _peak() - before
        database.close()
    rows = [_row("inclusion proof of any leaf", inclusion), _row("consistency proof from any size", consistency)]
    rows.append({"name": "memory of growing and proving", "ratio": round(LIMIT_MIB / max(grown, 0.1), 1), "unit": "x",
        "mib": round(grown, 1)})  # fmt: skip
    return {"rows": rows, "leaves": LEAVES, "leaves_a_second": round(LEAVES / seconds)}


def _row(name: str, times: list[tuple[float, float]]) -> dict[str, Any]:
    wall, processor = (statistics.median(side) for side in zip(*times, strict=True))
    return {"name": f"{name} of {LEAVES:,}: limit of {LIMIT_MS:g} ms over the median", "unit": "x",
        "ratio": round(LIMIT_MS / wall, 1), "median_ms": round(wall, 2),
        "processor_ms": round(processor, 2)}  # fmt: skip


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(started: tuple[float, float]) -> tuple[float, float]:
    ended = _now()
    return (ended[0] - started[0]) * 1000, (ended[1] - started[1]) * 1000


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _grow(database: Database) -> float:
    started, size = time.process_time(), 0
    while size < LEAVES:
        count = min(BATCH, LEAVES - size)
        data = random.Random(size).randbytes(count * 32)
        leaves = [data[at : at + 32] for at in range(0, len(data), 32)]
        with database.session(write=True) as session:
            Tree(SqlTiles(session, "catalog", 1), size).append(leaves)
            session.commit()
        size += count
    return time.process_time() - started


def _inclusion(database: Database, index: int) -> tuple[float, float]:
    started = _now()
    with database.read() as session:
        path = Tree(SqlTiles(session, "catalog", 1), LEAVES).inclusion(index)
    took = _since(started)
    start = index - index % BATCH
    leaf = random.Random(start).randbytes(min(BATCH, LEAVES - start) * 32)[(index - start) * 32 :][:32]
    with database.read() as session:
        assert verify_proof.tree_root(leaf, index, LEAVES, path) == Tree(SqlTiles(session, "catalog", 1), LEAVES).root()
    return took


def _consistency(database: Database, old: int, size: int) -> tuple[float, float]:
    started = _now()
    with database.read() as session:
        tree = Tree(SqlTiles(session, "catalog", 1), size)
        path, was, root = tree.consistency(old), tree.root(old), tree.root()
    took = _since(started)
    verify_proof.check_consistency(old, size, was, root, path)
    return took
