"""Import of a listing: our staged, set-based apply against one ORM row at a time, in the same run.

Both read the same workbook in the limited child and write the same entries with code, search document and audit
lines into a fresh SQLite home, in one transaction. Figures are medians of alternating rounds; the ratio is of
processor time, because the machine may be shared.
"""

import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from mulian.migrations import run as migrations

ROWS = 4432
ROUNDS = 3
NAMES = [f"样例部门{number:02d}" for number in range(40)]
ACTOR = Actor(uuid.uuid4(), "bench", permissions=frozenset((EDIT, IMPORT)), scope="all")


def fresh(folder: Path) -> tuple[Database, dict[str, uuid.UUID]]:
    """A migrated home with departments."""
    home = Home(folder)
    home.prepare()
    database = Database.sqlite(home.database_file)
    migrations.upgrade(database)
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


def run() -> dict[str, Any]:
    """Measure; see the module's docstring."""
    wiring.load_registrations()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "listing.xlsx"
        path.write_bytes(samples.listing(NAMES, ROWS))
        rounds = [(measure(ours, path), measure(row_by_row, path)) for _ in range(ROUNDS)]
    if any(count != ROWS for pair in rounds for *_, count in pair):
        raise RuntimeError("entries are missing")
    wall, cpu = ([statistics.median(pair[side][of] for pair in rounds) for side in (0, 1)] for of in (0, 1))
    return {"rows": [{
        "name": "import_vs_row_by_row", "ratio": round(cpu[1] / cpu[0], 2), "unit": "CPU seconds", "entries": ROWS,
        "ours_cpu": round(cpu[0], 3), "rival_cpu": round(cpu[1], 3), "ours_wall": round(wall[0], 3),
        "rival_wall": round(wall[1], 3), "rounds": ROUNDS,
    }]}
