"""Export of the directory to xlsx: ours streams rows through one page; the rival holds what it writes in memory.

Each measurement is a process of its own, so that its peak memory is its own. The rival is the ordinary way: all rows
read as objects of the ORM, all cells kept until the workbook is closed. Entries are inserted as a listing import
leaves them. ``MULIAN_BENCH_ENTRIES`` sets the size; the issue's table says 300000 within 500 MB.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, Final

from bench.catalog_import import DEPARTMENTS, peak_mb, prepare

ENTRIES: Final = int(os.environ.get("MULIAN_BENCH_ENTRIES", "30000"))
LIMIT_MB: Final = 500


def fill(database: Any, homes: list[uuid.UUID], entries: int) -> None:
    """Entries with abstracts as the sample listing has them, written in pages."""
    from sqlalchemy import insert

    from catalog.imports.samples import listing_rows
    from catalog.nodes.kinds import KINDS
    from catalog.nodes.service import filled
    from kernel import clock, ids

    sample = listing_rows(DEPARTMENTS, 2000)
    kind, now = KINDS["data_entry"], clock.now()
    common = {
        **filled(kind, {"share_type": "unconditional", "open_type": "unconditional"}), "status": "draft", "revision": 1,
        "version": 0, "source": "bench", "online": False, "created_at": now, "updated_at": now, "audit_id": ids.new(),
    }
    for start in range(0, entries, 5000):
        rows = [
            {
                **common, "id": uuid.UUID(int=number + 1), "code": f"P-bench-{number:07d}",
                "name": f"{sample[number % 2000][2]}{number}", "abstract": sample[number % 2000][8],
                "formats": ["csv", "xlsx"], "department_id": homes[number % len(homes)],
                "legacy_code": None, "source_url": f"sample://bench/{number}",
            }
            for number in range(start, min(start + 5000, entries))
        ]
        with database.write() as session:
            session.execute(insert(kind.model.__table__), rows)


def ours(database: Any, path: Path) -> int:
    """The streaming export, its base beside it."""
    from catalog.imports.export import Wish, write
    from kernel import ids

    with database.read() as session:
        made = write(session, Wish(), "全部部门", path, path.parent / "bases", ids.new())
    return made.rows


def rival(database: Any, path: Path) -> int:
    """Everything at once."""
    import xlsxwriter
    from sqlalchemy import select

    from catalog.imports.profile import profile
    from catalog.imports.values import text_of
    from catalog.nodes.models import DataEntry

    layout = profile("four-level").sheet("data_entry")
    with database.read() as session:
        entries = session.scalars(select(DataEntry).order_by(DataEntry.code)).all()
        book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
        sheet = book.add_worksheet(str(layout.name))
        for column, label in enumerate(layout.labels.values()):
            sheet.write_string(0, column, label)
        for number, entry in enumerate(entries, start=1):
            for column, field in enumerate(layout.labels):
                text = text_of("data_entry", field, getattr(entry, field, None))
                if text:
                    sheet.write_string(number, column, text)
        book.close()
    return len(entries)


def child(which: str, entries: int) -> None:
    """One measurement: prints seconds, peak memory in MB, rows and the file's size."""
    with tempfile.TemporaryDirectory() as folder:
        database, departments, _ = prepare(Path(folder) / "home")
        fill(database, list(departments.values()), entries)
        before = peak_mb()
        path = Path(folder) / "out.xlsx"
        wall, cpu = time.perf_counter(), time.process_time()
        rows = (ours if which == "ours" else rival)(database, path)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        size = path.stat().st_size
        database.close()
    found = {"wall": wall, "cpu": cpu, "rows": rows, "before": before, "peak": peak_mb(), "bytes": size}
    print(json.dumps(found))


def measure(which: str) -> dict[str, Any]:
    """Run one measurement in its own process."""
    command = [sys.executable, "-m", "bench.catalog_export", which, str(ENTRIES)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=Path(__file__).resolve().parents[1])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if found["rows"] != ENTRIES:
        raise RuntimeError("rows are missing")
    return found


def run() -> dict[str, Any]:
    """Measure; see the module's docstring."""
    us, them = measure("ours"), measure("rival")
    return {"rows": [
        {
            "name": "export_memory", "ratio": round(them["peak"] / us["peak"], 2), "unit": "MB at the peak",
            "ours": us["peak"], "rival": them["peak"], "at_most": LIMIT_MB, "entries": ENTRIES,
            "before_the_export": us["before"],
        },
        {
            "name": "export_time", "ratio": round(them["cpu"] / us["cpu"], 2), "unit": "CPU seconds",
            "ours": round(us["cpu"], 1), "rival": round(them["cpu"], 1), "ours_wall": round(us["wall"], 1),
            "entries": ENTRIES, "bytes": us["bytes"],
        },
    ]}


if __name__ == "__main__":
    child(sys.argv[1], int(sys.argv[2]))
