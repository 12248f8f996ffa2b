"""Publishing 1,000 entries: one decision about all of them against one decision each, on SQLite.

Both write the same for every entry: step, secrecy review, version with hash, leaf for anchoring, stamp,
audit, event; the rival commits after each, as a reviewer clicking through the queue does. Rounds alternate; the ratio
is of processor time, because the machine may be shared (wall time is shown too and adds the disk's flushes).
"""

import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench._home import fresh
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry, DataItem
from catalog.nodes.service import filled
from catalog.permissions import EDIT, READ, REVIEW, SECRECY, SUBMIT
from catalog.review import queries
from catalog.review import service as review
from kernel import clock, ids
from kernel.db import Database
from kernel.identity.actor import Actor

ENTRIES = int(os.environ.get("MULIAN_BENCH_PUBLISH", "1000"))
ROUNDS = int(os.environ.get("MULIAN_BENCH_ROUNDS", "1"))
ITEMS = 5
MAKER = Actor(uuid.uuid4(), "maker", permissions=frozenset((READ, EDIT, SUBMIT)), scope="all")
CHECKER = Actor(uuid.uuid4(), "checker", permissions=frozenset((READ, REVIEW, SECRECY)), scope="all")
PASS = review.Secrecy("pass", "不涉及国家秘密")


def prepared(database: Database, department_id: uuid.UUID, count: int) -> list[uuid.UUID]:
    """Submitted entries with items, waiting for a reviewer."""
    now, audit_id = clock.now(), ids.new()
    values = {"abstract": "样例摘要" * 20, "share_type": "unconditional", "open_type": "none"}
    rows = [
        {**filled(KINDS["data_entry"], {**values, "name": f"样例数据{number}"}), "id": ids.new(), "code": f"P-{number:06d}",
         "department_id": department_id, "status": "draft", "revision": 1, "version": 0, "source": "bench",
         "created_by": MAKER.user_id, "created_at": now, "updated_by": MAKER.user_id, "updated_at": now,
         "audit_id": audit_id, "online": False}
        for number in range(count)
    ]
    items = [
        {"id": ids.new(), "entry_id": row["id"], "number": number, "code": f"{row['code']}#{number:03d}",
         "name": f"数据项{number}", "level": 1, "sensitive": False, "pii": False, "is_key": False}
        for row in rows for number in range(1, ITEMS + 1)
    ]

    def make(session: Any) -> list[uuid.UUID]:
        session.execute(insert(DataEntry), rows)
        session.execute(insert(DataItem), items)
        return review.submit(session, MAKER, "data_entry", [row["id"] for row in rows])

    return database.run(make)


def at_once(database: Database, cases: list[uuid.UUID]) -> int:
    """One decision about all."""
    return database.run(lambda s: review.decide_cases(
        s, CHECKER, queries.cases(s, CHECKER, cases), "approve", secrecy=PASS
    )).published


def one_by_one(database: Database, cases: list[uuid.UUID]) -> int:
    """A decision and a commit each."""
    return sum(at_once(database, [case]) for case in cases)


def measure(work: Callable[[Database, list[uuid.UUID]], int]) -> tuple[float, float]:
    """Wall seconds and processor seconds."""
    with tempfile.TemporaryDirectory() as folder:
        database, department_id = fresh(Path(folder) / "home")
        cases = prepared(database, department_id, ENTRIES)
        wall, cpu = time.perf_counter(), time.process_time()
        published = work(database, cases)
        found = (time.perf_counter() - wall, time.process_time() - cpu)
        database.close()
    if published != ENTRIES:
        raise RuntimeError(f"{published} of {ENTRIES} published")
    return found


def run() -> dict[str, Any]:
    """Measure; see the module's docstring."""
    rounds = [(measure(at_once), measure(one_by_one)) for _ in range(ROUNDS)]
    wall, cpu = ([statistics.median(pair[side][of] for pair in rounds) for side in (0, 1)] for of in (0, 1))
    return {"rows": [{
        "name": "publish_batch_vs_one_by_one", "ratio": round(cpu[1] / cpu[0], 2), "unit": "CPU seconds",
        "entries": ENTRIES, "ours": round(cpu[0], 3), "rival": round(cpu[1], 3), "ours_wall": round(wall[0], 3),
        "rival_wall": round(wall[1], 3), "ratio_wall": round(wall[1] / wall[0], 2), "rounds": ROUNDS, "target": 10,
    }]}
