"""Storing on real databases: at once from many sides, within the quota, and through kill -9."""

import os
import random
import signal
import threading
import time
import uuid
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.anchoring import batching
from chain.anchoring import service as anchoring
from chain.anchoring.models import AnchorLeaf
from chain.apps import evidence, health, queries, service, usage
from chain.apps.evidence import Place
from chain.apps.models import ChainApp, Evidence
from chain.apps.rules import Environment, Item
from chain.apps.service import About
from crypto import servicekeys
from kernel.db import Database
from kernel.errors import MulianError
from kernel.home import Home
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from kernel.settings import Settings
from tests.chain.anchoring.fakechain import FakeChain
from tests.chain.anchoring.test_edge import department
from tests.chain.apps.offices import ABOUT, digest
from tests.support.scale import Scale

SYSTEM = system_actor("test")


@pytest.fixture
def app_id(database: Database) -> uuid.UUID:
    def unit(session: Session) -> uuid.UUID:
        made = service.register(session, SYSTEM, code="load", department_id=department(session), about=About(**ABOUT))
        return made.id

    return database.run(unit)


def place(session: Session, app_id: uuid.UUID) -> Place:
    app = session.get_one(ChainApp, app_id)
    return Place(app, queries.places(session, app_id)[Environment.TEST], SYSTEM)


def store(database: Database, app_id: uuid.UUID, numbers: range, key: str | None = None) -> evidence.Stored:
    items = [Item(digest(number), client_id=f"n{number}") for number in numbers]

    def unit(session: Session) -> evidence.Stored:
        body = f"{numbers}".encode()
        return evidence.store(session, place(session, app_id), stream="test.load", items=items, key=key, body=body)

    return database.run(unit)


def counts(database: Database) -> tuple[int, int]:
    with database.read() as session:
        leaves = session.scalar(select(func.count()).select_from(AnchorLeaf)) or 0
        return session.scalar(select(func.count()).select_from(Evidence)) or 0, leaves


def test_at_once_from_many_sides(database: Database, app_id: uuid.UUID) -> None:
    """The same and overlapping batches from several threads: each digest once, no call fails."""
    accepted: list[int] = []
    failed: list[BaseException] = []

    def work(first: int) -> None:
        try:
            accepted.append(store(database, app_id, range(first, first + 20), key=f"k{first}").accepted)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 0, 10, 10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed and sum(accepted) == 30 and counts(database) == (30, 30)
    with database.read() as session:
        at = place(session, app_id)
        counted = queries.totals(session, at.place.id)
        assert evidence.standing(session, at.app, at.place).used == 30
        day = usage.today()
        assert queries.use_per_unit(session, day, day)[0].stored == 30
    assert (counted["calls"], counted["stored"], counted["repeated"]) == (4, 30, 50)


def test_quota_is_for_new_digests_only(database: Database, app_id: uuid.UUID) -> None:
    database.run(lambda session: setattr(place(session, app_id).place, "daily_quota", 10))
    store(database, app_id, range(8))
    with pytest.raises(MulianError) as caught:
        store(database, app_id, range(5, 11))
    assert caught.value.code == "chain.evidence.quota" and caught.value.params["asked"] == 3
    assert store(database, app_id, range(10)).accepted == 2
    assert store(database, app_id, range(10)).accepted == 0 and counts(database) == (10, 10)


def test_health_reads_both_databases(database: Database, app_id: uuid.UUID) -> None:
    store(database, app_id, range(3))
    with database.read() as session:
        rows = list(session.scalars(health.departments(SYSTEM, "单位")))
        found = health.read(session, [row.id for row in rows])
    unit = next(one for one in found.values() if one.apps)
    assert (unit.waiting, unit.records, unit.last_anchored) == (3, 3, None) and unit.oldest_waiting


def test_kill_while_storing(database: Database, home: Home, app_id: uuid.UUID, tmp_path: Path, scale: Scale) -> None:
    """kill -9 at random moments: what was acknowledged is there, once, and a repetition adds only what was not."""
    choose, acknowledged, started = random.Random(5), set[int](), 0
    for _ in range(scale.of(1, 100)):
        database.close()  # no connection crosses the fork
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _store_until_killed(database, home, app_id, started, writing)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            first = pipe.readline()  # the first acknowledgement; from here on any moment will do
            time.sleep(choose.uniform(0, 0.15))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            lines = [first, *pipe.readlines()]
        batches = [int(line) for line in lines if line.endswith("\n")]
        assert batches
        acknowledged.update(number for at in batches for number in range(at, at + 5))
        started = max(batches) + 10  # at most one batch behind the last acknowledged one was committed as well
    with database.read() as session:
        names = list(session.scalars(select(Evidence.client_id)))
    assert {f"n{number}" for number in acknowledged} <= set(names) and len(names) == len(set(names))
    assert store(database, app_id, range(min(1000, started))).accepted == min(1000, started) - sum(
        int(name[1:]) < min(1000, started) for name in names
    )
    assert database.runtime is not None
    assert not batching.flush(database.runtime, ledger=FakeChain(tmp_path / "chain.db")).errors
    stored, leaves = counts(database)
    assert stored == leaves
    with database.read() as session:
        assert len(dict(anchoring.each_proof(session, stream="test.load"))) == stored


def _store_until_killed(database: Database, home: Home, app_id: uuid.UUID, first: int, writing: int) -> None:
    """In the child: store five at a time, saying each batch's first number once it is committed."""
    try:
        own = Database(database.url) if database.dialect != "sqlite" else Database.sqlite(home.database_file)
        Runtime(Settings(home=home.root), home, own, servicekeys.open_box(home))
        while True:
            store(own, app_id, range(first, first + 5), key=f"b{first}")
            os.write(writing, f"{first}\n".encode())
            first += 5
    finally:
        os._exit(1)
