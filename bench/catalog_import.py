"""Import of a listing: our staged, set-based apply against one ORM row at a time, in the same run.

Both read a workbook in the limited child and write entries with code, search document and audit lines into a fresh
SQLite home, each in one transaction. Every measurement is a process of its own, so that its peak memory is its own;
the sizes differ because one ORM row at a time would take hours, so processor time is compared per entry (which
favours the rival: its database stays small). Entries are synthesised in the form of the open-data listing.

``MULIAN_BENCH_ENTRIES`` sets our size; the issue's table says 300000.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

ROUNDS: Final = 2
ENTRIES: Final = int(os.environ.get("MULIAN_BENCH_ENTRIES", "8000"))
RIVAL_ENTRIES: Final = 400
DEPARTMENTS: Final = [f"样例部门{number:02d}" for number in range(40)]


def prepare(folder: Path) -> tuple[Any, dict[str, uuid.UUID], Any]:
    """A migrated home with departments, and an actor."""
    from catalog.permissions import EDIT, IMPORT
    from crypto.servicekeys import service as servicekeys
    from kernel.db import Database
    from kernel.home import Home
    from kernel.identity.actor import Actor, system_actor
    from kernel.identity.service import create_department
    from kernel.runtime import Runtime
    from kernel.settings import Settings
    from mulian import wiring
    from mulian.migrations import run as migrations

    wiring.load_registrations()
    home = Home(folder)
    home.prepare()
    database = Database.sqlite(home.database_file)
    migrations.upgrade(database)
    Runtime(settings=Settings(home=home.root), home=home, database=database, box=servicekeys.create(home))
    with database.write() as session:
        root = system_actor("bench")
        made = {name: create_department(session, root, name=name, kind="bureau").id for name in DEPARTMENTS}
    return database, made, Actor(uuid.uuid4(), "bench", permissions=frozenset((EDIT, IMPORT)), scope="all")


def ours(database: Any, _: dict[str, uuid.UUID], actor: Any, path: Path) -> int:
    """Upload, read in the child, check, stage, apply."""
    from catalog.imports import jobs, service

    batch = database.run(lambda session: service.upload(
        session, actor, filename="listing.xlsx", data=path.read_bytes(), profile="listing"
    ))
    jobs.run_check(database, actor, batch.id)
    return int(jobs.run_apply(database, actor, batch.id, accept_partial=False)["data_entry_created"])


def row_by_row(database: Any, departments: dict[str, uuid.UUID], actor: Any, path: Path) -> int:
    """Read in the child, then create each entry through the ordinary service, in one transaction."""
    from catalog.entries import service as entries
    from catalog.imports.mapping import map_sheets
    from catalog.imports.profile import profile
    from catalog.imports.reader import read
    from kernel import clock

    rows = map_sheets(profile("listing"), read(path, "listing.xlsx")).rows

    def unit(session: Any) -> int:
        for row in rows:
            data = dict(row.data)
            department = departments[data.pop("department")]
            if "data_updated_at" in data:
                data["data_updated_at"] = clock.parse(data["data_updated_at"])
            entries.create(session, actor, data, department_id=department)
        return len(rows)

    return int(database.run(unit))


WORK: Final[dict[str, Callable[..., int]]] = {"ours": ours, "rival": row_by_row}


def peak_mb() -> int:
    """Peak memory of this program so far; what rusage says includes the process that started it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def reader_mb(path: Path) -> int:
    """Peak memory of the reading child alone, started from a process that is still small."""
    reader = Path(__file__).resolve().parents[1] / "catalog" / "imports" / "reader_child.py"
    limits = {"memory": 1000 << 20, "cpu_seconds": 200, "output": 1 << 30, "zip_entries": 2000, "unpacked": 1 << 30,
              "ratio_from": 1 << 30, "ratio": 150, "sheets": 64, "rows": 400_000, "columns": 512, "cells": 20_000_000,
              "merged": 20_000, "field": 1_000_000}
    with tempfile.TemporaryFile() as out:
        subprocess.run([sys.executable, "-I", str(reader), str(path), json.dumps(limits)], stdout=out, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def child(which: str, path: Path) -> None:
    """One measurement: prints wall and processor seconds (readers included), peak memory in MB and entries."""
    reader = reader_mb(path) if which == "ours" else 0
    with tempfile.TemporaryDirectory() as folder:
        database, departments, actor = prepare(Path(folder) / "home")
        wall, cpu = time.perf_counter(), _cpu()
        count = WORK[which](database, departments, actor, path)
        wall, cpu = time.perf_counter() - wall, _cpu() - cpu
        database.close()
    found = {"wall": wall, "cpu": cpu, "entries": count, "memory_mb": peak_mb(), "reader_mb": reader}
    print(json.dumps(found))


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(which: str, path: Path, entries: int) -> dict[str, Any]:
    """Run one measurement in its own process."""
    command = [sys.executable, "-m", "bench.catalog_import", which, str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=Path(__file__).resolve().parents[1])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if found["entries"] != entries:
        raise RuntimeError("entries are missing")
    return found


def workbook(path: Path, entries: int) -> Path:
    """A listing of that size."""
    from catalog.imports import samples

    path.write_bytes(samples.listing(DEPARTMENTS, entries))
    return path


def run() -> dict[str, Any]:
    """Measure; see the module's docstring."""
    with tempfile.TemporaryDirectory() as folder:
        large = workbook(Path(folder) / "large.xlsx", ENTRIES)
        small = workbook(Path(folder) / "small.xlsx", RIVAL_ENTRIES)
        rounds = 1 if ENTRIES > 50_000 else ROUNDS
        pairs = [(measure("ours", large, ENTRIES), measure("rival", small, RIVAL_ENTRIES)) for _ in range(rounds)]
    us = {key: statistics.median(pair[0][key] for pair in pairs) for key in pairs[0][0]}
    them = {key: statistics.median(pair[1][key] for pair in pairs) for key in pairs[0][1]}
    cost = 1e6 * us["cpu"] / ENTRIES, 1e6 * them["cpu"] / RIVAL_ENTRIES
    return {"rows": [
        {
            "name": "import_vs_row_by_row", "ratio": round(cost[1] / cost[0], 2), "unit": "CPU µs per entry",
            "ours": round(cost[0]), "rival": round(cost[1]), "at_least": 8, "entries": ENTRIES,
            "rival_entries": RIVAL_ENTRIES, "ours_wall": round(us["wall"], 1), "rounds": rounds,
        },
        {
            "name": "import_memory", "ratio": round(1024 / us["memory_mb"], 2), "unit": "MB at the peak",
            "ours": us["memory_mb"], "reader": us["reader_mb"], "rival": "1 GB (limit)", "entries": ENTRIES,
        },
    ]}


if __name__ == "__main__":
    child(sys.argv[1], Path(sys.argv[2]))
