"""A migrated SQLite home with a department, for benchmarks of the directory."""

import uuid
from pathlib import Path

from crypto.servicekeys import service as servicekeys
from kernel.db import Database
from kernel.home import Home
from kernel.identity.actor import system_actor
from kernel.identity.service import create_department
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import wiring
from mulian.migrations import run as migrations


def fresh(folder: Path) -> tuple[Database, uuid.UUID]:
    """The database and the department."""
    wiring.load_registrations()
    home = Home(folder)
    home.prepare()
    database = Database.sqlite(home.database_file)
    migrations.upgrade(database)
    Runtime(settings=Settings(home=home.root), home=home, database=database, box=servicekeys.create(home))
    with database.write() as session:
        return database, create_department(session, system_actor("bench"), name="样例局", kind="bureau").id
