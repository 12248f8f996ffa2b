"""Import of a listing: our staged, set-based apply against one ORM row at a time, in the same run.

    python bench/catalog_import.py [--rows 4432] [--json FILE]

Both write the same entries with code, search document and audit line into a fresh SQLite home. Times are medians of
three alternating rounds, wall and processor.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from catalog.entries import service as entries
from catalog.imports import jobs, samples, service
from catalog.imports.mapping import map_sheets
from catalog.imports.profile import profile
from catalog.imports.reader import read
from catalog.permissions import EDIT, IMPORT
from crypto.servicekeys import service as servicekeys
from kernel import clock
from kernel.db import Database
from kernel.home import Home
from kernel.identity.actor import Actor, system_actor
from kernel.identity.service import create_department
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import wiring
from mulian.migrations import run

NAMES = [f"样例部门{number:02d}" for number in range(40)]
ACTOR = Actor(uuid.uuid4(), "bench", permissions=frozenset((EDIT, IMPORT)), scope="all")


def fresh(folder: Path) -> tuple[Database, dict[str, uuid.UUID]]:
    """A migrated home with departments."""
    home = Home(folder)
    home.prepare()
    database = Database.sqlite(home.database_file)
    run.upgrade(database)
    Runtime(settings=Settings(home=home.root), home=home, database=database, box=servicekeys.create(home))
    with database.write() as session:
        root = system_actor("bench")
        made = {name: create_department(session, root, name=name, kind="bureau").id for name in NAMES}
    return database, made


def ours(database: Database, _: dict[str, uuid.UUID], path: Path) -> int:
    """Upload, read in the child, check, stage, apply."""
    batch = database.run(lambda s: service.upload(
        s, ACTOR, filename="listing.xlsx", data=path.read_bytes(), profile="listing"
    ))
    jobs.run_check(database, ACTOR, batch.id)
    return jobs.run_apply(database, ACTOR, batch.id, accept_partial=False)["data_entry_created"]


def row_by_row(database: Database, departments: dict[str, uuid.UUID], path: Path) -> int:
    """Read in the child, then create each entry through the ordinary service, in one transaction."""
    rows = map_sheets(profile("listing"), read(path, "listing.xlsx")).rows

    def unit(session: Any) -> int:
        for row in rows:
            data = dict(row.data)
            department = departments[data.pop("department")]
            if "data_updated_at" in data:
                data["data_updated_at"] = clock.parse(data["data_updated_at"])
            entries.create(session, ACTOR, data, department_id=department)
        return len(rows)

    return database.run(unit)


def measure(work: Callable[[Database, dict[str, uuid.UUID], Path], int], path: Path) -> tuple[float, float, int]:
    """Wall seconds, processor seconds (children included) and entries."""
    with tempfile.TemporaryDirectory() as folder:
        database, departments = fresh(Path(folder) / "home")
        wall, cpu = time.perf_counter(), time.process_time()
        count = work(database, departments, path)
        found = (time.perf_counter() - wall, time.process_time() - cpu, count)
        database.close()
        return found


def main() -> None:
    """Print and write the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=4432)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    wiring.load_registrations()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "listing.xlsx"
        path.write_bytes(samples.listing(NAMES, options.rows))
        rounds = [(measure(ours, path), measure(row_by_row, path)) for _ in range(options.rounds)]
    figures = {
        "bench": "catalog_import", "rows": options.rows,
        "ours_seconds": round(statistics.median(first[0] for first, _ in rounds), 3),
        "row_by_row_seconds": round(statistics.median(second[0] for _, second in rounds), 3),
        "ours_cpu": round(statistics.median(first[1] for first, _ in rounds), 3),
        "row_by_row_cpu": round(statistics.median(second[1] for _, second in rounds), 3),
    }
    figures["ratio"] = round(float(figures["row_by_row_cpu"]) / float(figures["ours_cpu"]), 2)
    if any(first[2] != options.rows or second[2] != options.rows for first, second in rounds):
        raise SystemExit("entries are missing")
    text = json.dumps(figures)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
