"""What the gateway writes to registries on the chain: revisions of interfaces, and the use of data by the hour."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.nodes.models import DataEntry
from chain.anchoring.tree import leaf_hash
from chain.registries import queries
from chain.registries.models import ChainRegistry, RegistryRecord
from chain.registries.rules import commitment, id_word
from gateway.calllog import onchain, ship
from gateway.calllog.log import active_folder
from gateway.calllog.models import ShippedSegment
from gateway.calllog.segment import SegmentWriter
from gateway.events import InterfacePublished, InterfaceRetired
from gateway.interfaces.models import Interface, InterfaceRevision
from kernel import clock, ids
from kernel.db import Database
from kernel.events import publish
from kernel.identity.actor import system_actor
from kernel.identity.service import create_department
from kernel.runtime import Runtime
from tests.gateway.test_usage import line


def switch(database: Database, contract: str) -> None:
    database.run(lambda session: session.add(ChainRegistry(
        contract=contract, enabled=True, changed_by="t", changed_at=clock.now() - timedelta(minutes=1),
        audit_id=ids.new(),
    )))


def records(database: Database) -> list[RegistryRecord]:
    with database.read() as session:
        return list(session.scalars(queries.records(None, None, None, None).order_by(None).order_by("position")))


def interface(database: Database) -> Interface:
    now = clock.now()

    def make(session: Any) -> Interface:
        unit = create_department(session, system_actor("test"), name="区民政局", kind="bureau").id
        base = {"department_id": unit, "created_at": now, "updated_at": now, "audit_id": ids.new()}
        entry = DataEntry(
            id=ids.new(), code="E-1", name="婚姻登记", abstract="", keywords=[], formats=[], related_codes=[], level=1,
            authoritative=False, online=True, status="published", source="test", **base,
        )
        session.add(entry)
        session.flush()
        row = Interface(
            id=ids.new(), code="echo", name="回声", path="/xc/echo", entry_id=entry.id, state="published", revision=1,
            version=1, **base,
        )
        session.add(row)
        session.flush()
        session.add(InterfaceRevision(
            id=ids.new(), interface_id=row.id, number=1, state="published", definition={}, sm3="ab" * 32,
            audit_id=ids.new(),
        ))
        return row

    return database.run(make)


def test_revisions_are_committed_to_with_a_salt(database: Database) -> None:
    row = interface(database)
    told = InterfacePublished(row.id, row.code, row.entry_id, row.department_id, 1, row.audit_id)
    database.run(lambda session: publish(session, told))
    assert records(database) == [], "not switched on"
    switch(database, "InterfaceRegistry")
    for _ in range(2):  # the same cause again changes nothing
        database.run(lambda session: publish(session, told))
    database.run(lambda session: publish(session, InterfaceRetired(row.id, row.code, row.audit_id)))
    first, runs, retired = records(database)
    assert first.goal["digest"] == commitment(first.goal["said"]) and len(first.goal["said"]["salt"]) == 32
    assert (first.goal["said"]["sm3"], first.subject) == ("ab" * 32, id_word(row.id))
    assert (runs.goal, retired.goal, retired.state) == ({"status": 2}, {"status": 4}, "waiting")


def test_use_is_counted_by_the_hour_and_each_segment_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    def ship_one(number: int, *statuses: int) -> None:
        folder = active_folder(runtime.home.calllog_dir)
        folder.mkdir(parents=True, exist_ok=True)
        now = clock.to_micros(clock.now())
        writer = SegmentWriter(folder, "gw", number, now + number, 64 * 1024)
        for at, status in enumerate(statuses):
            assert writer.append(line(now, at, status))
        writer.close()
        ship.ship_all(runtime)

    ship_one(1, 200)
    assert onchain.collect(runtime) == 0, "not switched on"
    switch(runtime.database, "DataUsageLog")
    ship_one(2, 200, 404, 502)
    assert onchain.collect(runtime) == 1
    ship_one(3, 200)
    assert onchain.collect(runtime) == 0, "one record an hour: the segment waits for the next"
    hour = int(clock.now().timestamp()) // 3600
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert onchain.collect(runtime) == 1 and onchain.collect(runtime) == 0
    first, second = records(runtime.database)
    assert (first.position, second.position, first.goal["usage"], second.goal["usage"]) == (
        hour, hour + 1, [4, 2, 0, 8], [1, 0, 0, 2]
    )
    with runtime.database.read() as session:
        rows = session.query(ShippedSegment).order_by(ShippedSegment.worker).all()
    assert {one.usage_period for one in rows} == {hour, hour + 1}
    assert second.goal["root"] == leaf_hash(bytes.fromhex(rows[-1].sm3)).hex()
