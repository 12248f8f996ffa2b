"""Collection against pandas.to_sql and against one statement a row, in the same run, interleaved, on SQLite.

Ours reads pages of dicts, checks seven columns, stores rows and refused ones with the place to go on from, a commit a
chunk of 5,000. The rivals check nothing, have no index and keep no place: ``DataFrame.to_sql`` in chunks of 5,000 and
one transaction, and an INSERT a row with a commit every 5,000. Then ours again with three columns sealed (SM4-GCM),
against one statement a row with those three sealed by ``cryptography`` a field at a time. Ratios are of processor
time a row.

``MULIAN_BENCH_ROWS`` sets the size.
"""

import os
import resource
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pandas
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import text

from bench._home import fresh
from crypto.keys.vault import ensure_dev_root
from gateway.collection import engine, jobs, runs, sources, tables, tasks, upstreams
from gateway.collection.port import Page
from gateway.collection.tasks import Plan
from kernel.db import Database
from kernel.identity.actor import system_actor

ROUNDS: Final = 3
ROWS: Final = int(os.environ.get("MULIAN_BENCH_ROWS", "50000"))
ONE_BY_ONE: Final = ROWS // 5
SYSTEM: Final = system_actor("bench")
NAMES: Final = ("code", "name", "id_number", "phone", "kind", "amount", "born")
SECRET: Final = ("name", "id_number", "phone")


def rows(count: int) -> list[dict[str, Any]]:
    """Made-up people of a region that there is not."""
    return [{"code": number, "name": f"赵{number}", "id_number": f"7{number:017d}", "phone": f"100{number:08d}",
             "kind": "01", "amount": "12.50", "born": "1980-01-01"} for number in range(count)]


class Pages:
    """A source that has its rows already."""

    def __init__(self, given: list[dict[str, Any]]) -> None:
        self._rows = given

    def pages(self, position: dict[str, Any] | None) -> Iterator[Page]:
        """Yield them by 5,000."""
        for start in range(int(position["row"]) if position else 0, len(self._rows), engine.CHUNK):
            end = start + engine.CHUNK
            yield Page(self._rows[start:end], {"row": end}, None, len(self._rows))

    def close(self) -> None:
        """Nothing is held."""


def columns(sealed: bool) -> list[dict[str, Any]]:
    """The contract."""
    checks: dict[str, dict[str, Any]] = {
        "code": {"type": "integer", "key": True}, "name": {"required": True}, "id_number": {"length": 18},
        "phone": {"pattern": r"100\d{8}"}, "kind": {"codes": ["01", "02"]},
        "amount": {"type": "decimal", "minimum": "0"}, "born": {"type": "date"},
    }
    return [{"name": name, "encrypted": sealed and name in SECRET, **checks[name]} for name in NAMES]


def ours(database: Database, department: uuid.UUID, given: list[dict[str, Any]], *, sealed: bool) -> None:
    """A table, a task and its run."""
    code = f"b{uuid.uuid4().hex[:12]}"

    def made(session: Any) -> uuid.UUID:
        table = tables.declare(session, SYSTEM, code=code, name=code, department_id=department, columns=columns(sealed))
        upstream = upstreams.create(session, SYSTEM, code=code, name=code, department_id=department,
                                    base_url="http://127.0.0.1", login={"kind": "none"}, secret={})
        plan = Plan(code, "http", {"upstream_id": str(upstream.id)})
        return tasks.create(session, SYSTEM, code=code, table_id=table.id, plan=plan).id

    task_id = database.run(made)
    run = database.run(lambda session: runs.run_now(session, SYSTEM, task_id=task_id))
    assert database.runtime is not None
    with patch.object(sources, "opened", return_value=Pages(given)):
        counts = jobs.carry(database.runtime, run.id, lambda done, total: None)
    assert counts["good"] == len(given), counts


def by_pandas(database: Database, given: list[dict[str, Any]]) -> None:
    """``to_sql``."""
    with database.write() as session:
        pandas.DataFrame(given).to_sql(f"p{uuid.uuid4().hex[:12]}", session.connection(), index=False, chunksize=5000)


def one_by_one(database: Database, given: list[dict[str, Any]], *, sealed: bool) -> None:
    """An INSERT a row."""
    name, key = f"o{uuid.uuid4().hex[:12]}", os.urandom(16)
    with database.write() as session:
        session.execute(text(f"CREATE TABLE {name} ({', '.join(NAMES)})"))
    statement = text(f"INSERT INTO {name} VALUES ({', '.join(f':{one}' for one in NAMES)})")
    for start in range(0, len(given), 5000):
        with database.write() as session:
            for row in given[start:start + 5000]:
                session.execute(statement, row | {one: _sealed(key, row[one]) for one in SECRET} if sealed else row)


def _sealed(key: bytes, value: str) -> bytes:
    nonce = os.urandom(12)
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    return nonce + cipher.update(value.encode()) + cipher.finalize() + cipher.tag


def spent(work: Callable[[], None]) -> float:
    """Processor seconds of a piece of work."""
    before = time.process_time()
    work()
    return time.process_time() - before


def run() -> dict[str, Any]:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="mulian-bench-") as folder:
        database, department = fresh(Path(folder) / "home")
        assert database.runtime is not None
        ensure_dev_root(database.runtime)
        many = rows(ROWS)
        few = many[:ONE_BY_ONE]
        works: dict[str, tuple[int, Callable[[], None]]] = {
            "ours": (ROWS, lambda: ours(database, department, many, sealed=False)),
            "pandas": (ROWS, lambda: by_pandas(database, many)),
            "row": (ONE_BY_ONE, lambda: one_by_one(database, few, sealed=False)),
            "ours_sealed": (ROWS, lambda: ours(database, department, many, sealed=True)),
            "row_sealed": (ONE_BY_ONE, lambda: one_by_one(database, few, sealed=True)),
        }
        times: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(ROUNDS):
            for name, (count, work) in works.items():
                times[name].append(spent(work) / count)
        database.close()
    best = {name: statistics.median(found) for name, found in times.items()}
    pairs = (("ours", "pandas"), ("ours", "row"), ("ours_sealed", "row_sealed"))
    return {
        "rows": [
            {"name": f"{mine} ÷ {other}", "ratio": round(best[other] / best[mine], 2), "unit": "times faster per row",
             "ours_rows_s": round(1 / best[mine]), "rival_rows_s": round(1 / best[other])} for mine, other in pairs
        ],
        "rows_measured": ROWS, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
