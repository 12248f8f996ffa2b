"""kill -9 in the middle of an import: nothing half-written, and the batch goes on where it stands."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from sqlalchemy import func, select

from catalog.imports import jobs, samples, service
from catalog.imports.models import ImportBatch, ImportRow
from catalog.nodes.models import DataEntry
from catalog.search.models import SearchDoc
from kernel.db import Database
from kernel.home import Home
from kernel.identity.actor import system_actor
from kernel.identity.service import create_department
from tests.support.scale import Scale

NAMES = ["样例部门甲", "样例部门乙"]
ROOT = Path(__file__).resolve().parents[2]
# the child says when it is in the middle of its writing, and then waits to be killed
CHILD = """
import os, sys, time, uuid
from pathlib import Path
from catalog.imports import jobs
from kernel.db import Database
from kernel.home import Home
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from kernel.settings import Settings
from crypto.servicekeys import service as servicekeys
from mulian import wiring

home, batch, phase = Path(sys.argv[1]), uuid.UUID(sys.argv[2]), sys.argv[3]
wiring.load_registrations()
place = Home(home)
database = Database.sqlite(place.database_file)
Runtime(settings=Settings(home=home), home=place, database=database, box=servicekeys.open_box(place))

def tell(done, total, message):
    if done >= total // 2 > 0:
        sys.stdout.write("half\\n")
        sys.stdout.flush()
        time.sleep(60)

actor = system_actor("test")
if phase == "check":
    jobs.run_check(database, actor, batch, tell)
else:
    jobs.run_apply(database, actor, batch, accept_partial=False, progress=tell)
"""


def killed_half_way(home: Home, batch_id: uuid.UUID, phase: str) -> None:
    """Run a phase in a process of its own and kill it with SIGKILL when half of it is done."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(home.root), str(batch_id), phase], stdout=subprocess.PIPE, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"half\n"
    time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    assert child.wait(timeout=30) == -signal.SIGKILL


def counted(database: Database) -> tuple[int, int, str]:
    with database.read() as session:
        entries = session.scalar(select(func.count()).select_from(DataEntry)) or 0
        documents = session.scalar(select(func.count()).select_from(SearchDoc)) or 0
        return entries, documents, session.scalars(select(ImportBatch.state)).one()


@pytest.mark.requirement("S4-01")
def test_a_killed_import_leaves_nothing_and_goes_on(sqlite_database: Database, home: Home, scale: Scale) -> None:
    database, actor, rows = sqlite_database, system_actor("test"), scale.of(2100, 40_000)
    with database.write() as session:
        for name in NAMES:
            create_department(session, actor, name=name, kind="bureau")
    batch_id = database.run(lambda session: service.upload(
        session, actor, filename="x.xlsx", data=samples.listing(NAMES, rows), profile="listing"
    ).id)
    killed_half_way(home, batch_id, "check")
    with database.read() as session:
        staged = session.scalar(select(func.count()).select_from(ImportRow)) or 0
    assert 0 < staged < rows and counted(database) == (0, 0, "uploaded")
    jobs.run_check(database, actor, batch_id)
    killed_half_way(home, batch_id, "apply")
    assert counted(database) == (0, 0, "checked"), "all or nothing"
    done = jobs.run_apply(database, actor, batch_id, accept_partial=False)
    assert done["data_entry_created"] == rows and counted(database) == (rows, rows, "applied")
    assert jobs.run_apply(database, actor, batch_id, accept_partial=False) == done, "a job that runs once more"
