"""Calls by entry and day, as the catalog's usage figures take them over: shipped, unshipped, and of no interface."""

from datetime import timedelta

from catalog.nodes.models import DataEntry
from gateway.calllog import record, ship
from gateway.calllog.log import active_folder
from gateway.calllog.segment import SegmentWriter
from gateway.interfaces.models import Interface
from gateway.usage import calls_by_entry
from kernel import clock, ids
from kernel.identity.actor import system_actor
from kernel.identity.service import create_department
from kernel.runtime import Runtime


def line(at: int, number: int, status: int, interface: str = "echo") -> bytes:
    return record.render(
        at, b"%024d" % number, b"ok", record.who(b"ak1", interface, "g1", 1), b"GET", b"/xc/echo", b"", status, 0, 2,
        100, 50, b"127.0.0.1",
    )


def test_calls_are_counted_by_entry_and_beijing_day(runtime: Runtime) -> None:
    now, entry_id = clock.now(), ids.new()
    with runtime.database.write() as session:
        unit = create_department(session, system_actor("test"), name="区民政局", kind="bureau").id
        base = {"department_id": unit, "created_at": now, "updated_at": now, "audit_id": ids.new()}
        session.add(DataEntry(
            id=entry_id, code="E-1", name="婚姻登记", abstract="", keywords=[], formats=[], related_codes=[], level=1,
            authoritative=False, online=True, status="published", source="test", **base,
        ))
        session.flush()
        session.add(Interface(
            id=ids.new(), code="echo", name="回声", path="/xc/echo", entry_id=entry_id, state="published", revision=1,
            version=1, **base,
        ))
    start, _ = clock.day_bounds(clock.business_day(now))
    today, before = clock.to_micros(start) + 1, clock.to_micros(start) - 1
    folder = active_folder(runtime.home.calllog_dir)
    folder.mkdir(parents=True, exist_ok=True)
    closed = SegmentWriter(folder, "gw", 1, today, 64 * 1024)
    for number, (at, status, interface) in enumerate((
        (today, 200, "echo"), (today, 404, "echo"), (today, 502, "echo"), (before, 200, "echo"), (today, 200, "other"),
    )):
        assert closed.append(line(at, number, status, interface))
    closed.close()
    ship.ship_all(runtime)
    running = SegmentWriter(folder, "gw", 2, today + 1, 64 * 1024)
    assert running.append(line(today, 99, 200))
    first = clock.business_day(now) - timedelta(days=1)
    with runtime.database.read() as session:
        found = calls_by_entry(session, clock.day_bounds(first)[0], clock.day_bounds(clock.business_day(now))[1])
    assert sorted((one.day, one.calls, one.failed) for one in found) == [
        (first.isoformat(), 1, 0), (clock.business_day(now).isoformat(), 4, 1)
    ]
    assert {one.entry_id for one in found} == {entry_id}
    running.close()
