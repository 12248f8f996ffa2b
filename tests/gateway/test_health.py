"""What is watched of interfaces: probes against scripted upstreams, burn rates, drift, the wall and availability."""

import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from catalog.nodes.models import DataEntry
from gateway.errors import HEALTH_CHECK_INVALID
from gateway.health import drift, rules, service, signals, targets
from gateway.health.rules import CheckKind, Item
from kernel import clock
from kernel.errors import MulianError
from kernel.jobs.context import JobContext
from kernel.runtime import Runtime
from kernel.watch import alerting, jobs, metrics, queries, recording, registry
from kernel.watch import service as watch
from kernel.watch.adapters.probes import probe
from kernel.watch.availability import service as availability
from kernel.watch.expressions import syntax
from kernel.watch.expressions.evaluate import Series, value_of
from kernel.watch.ladder.rules import Fault, broken, sentence
from kernel.watch.ladder.schema import mismatch
from kernel.watch.models import WatchAlarm, WatchOutage, WatchPoint
from kernel.watch.registry import ProbeFailed
from kernel.watch.rules import Outcome
from tests.gateway.support import SYSTEM, District, Script, Upstream, answer_json, answer_raw, field, http_definition

LOCAL = ["127.0.0.0/8"]
ROWS = {"items": [{"street": "月坛", "updated_at": "2020-01-01T00:00:00+08:00"}], "total": 1}
SCHEMA = rules.schema_of({"fields": [{"name": "street", "type": "text"}], "items": ["items"]})


def _stalls(connection: socket.socket, request: bytes, upstream: Upstream) -> bool:
    connection.recv(1)
    return False


def _status(status: int) -> Script:
    return answer_raw(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())


TRUTH: tuple[tuple[str, Script, dict[str, Any], Fault | None], ...] = (
    ("well", answer_json(ROWS), {"schema": SCHEMA}, None),
    ("500", _status(503), {}, Fault.SERVER_ERROR), ("401", _status(401), {}, Fault.CREDENTIALS),
    ("404", _status(404), {}, Fault.NOT_FOUND), ("429", _status(429), {}, Fault.THROTTLED),
    ("400", _status(400), {}, Fault.CLIENT_ERROR), ("garbage", answer_raw(b"SSH-2.0-x\r\n\r\n"), {}, Fault.NOT_HTTP),
    ("closed", answer_raw(b""), {}, Fault.RESET), ("stalls", _stalls, {"timeout_ms": 200}, Fault.TIMEOUT),
    ("short", answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), {"schema": SCHEMA}, Fault.RESET),
    ("not json", answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<x>"), {"schema": SCHEMA}, Fault.NOT_JSON),
    ("changed", answer_json({"items": [{"jiedao": "月坛"}]}), {"schema": SCHEMA}, Fault.CONTRACT),
    ("old", answer_json(ROWS), {"fresh": {"path": "items.*.updated_at", "cycle": 86_400}}, Fault.STALE),
    ("wrong", answer_json(ROWS), {"expect": {"items.0.street": "德胜"}}, Fault.WRONG_DATA),
    ("right", answer_json(ROWS), {"expect": {"items.0.street": "月坛", "total": 1}}, None),
)


@pytest.mark.parametrize(("name", "script", "spec", "fault"), TRUTH, ids=[row[0] for row in TRUTH])
def test_every_way_to_break_is_named(
    runtime: Runtime, upstream: Callable[[Script], Upstream], name: str, script: Script, spec: dict[str, Any],
    fault: Fault | None,
) -> None:
    found = probe(runtime, "http", {"url": upstream(script).url, "declared": LOCAL, **spec})
    bad = broken(found.rungs)
    assert (bad.fault if bad else None) == fault, found
    assert found.outcome is (Outcome.FAIL if fault else Outcome.OK)
    said = sentence(found.rungs, name_zh="接口「街道」", name_en="streets", since=clock.now(), last_good=None)
    assert (said is None) == (fault is None)
    if said is not None:
        assert said.zh.count("。") == 1
        assert "月坛" not in said.zh, "a sentence that is forwarded holds no data"


def test_an_undeclared_address_is_ours_and_a_closed_port_is_theirs(runtime: Runtime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    spec = {"host": "127.0.0.1", "port": port}
    ours = probe(runtime, "tcp", spec)
    assert (ours.outcome, ours.rungs[0].fault) == (Outcome.PROBER_ERROR, Fault.REFUSED_BY_US)
    theirs = probe(runtime, "tcp", {**spec, "declared": LOCAL})
    assert (theirs.outcome, [rung.ok for rung in theirs.rungs]) == (Outcome.FAIL, [True, False])
    assert theirs.rungs[1].fault is Fault.CONNECTION_REFUSED


def test_schema_names_the_place_and_never_the_value() -> None:
    assert mismatch(SCHEMA, ROWS) is None
    assert mismatch(SCHEMA, {"items": [{"street": "a"}, {"street": 110101199001011234}]}) == (
        "$.items[1].street: integer, not string/null"
    )
    assert mismatch(SCHEMA, {"items": [{}]}) == "$.items[0].street: missing"
    strange = {"url": "http://a/", "schema": {"pattern": "x"}}
    assert rules.check_fault(CheckKind.HTTP, strange, "http") == "unknown keyword pattern"


def _ctx(runtime: Runtime) -> JobContext:
    return JobContext(runtime, lambda session: None, name="test")


def test_interfaces_of_one_upstream_are_one_incident_on_the_wall(
    district: District, upstream: Callable[[Script], Upstream], runtime: Runtime, monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = upstream(answer_json(ROWS))
    fields = [field("street", "街道", item_id=str(district.items["街道"]))]
    made = [district.publish(f"streets-{n}", f"/xc/streets/{n}", http_definition(server.url, fields)) for n in (1, 2)]
    runtime.database.run(lambda session: service.declare(
        session, SYSTEM, interface_id=made[0].id, kind=CheckKind.HTTP, spec={"url": server.url, "declared": LOCAL},
        contract=True, enabled=True,
    ))
    with pytest.raises(MulianError, match=HEALTH_CHECK_INVALID.code):
        runtime.database.run(lambda session: service.declare(
            session, SYSTEM, interface_id=made[0].id, kind=CheckKind.GOLDEN, spec={"url": server.url}, contract=False,
            enabled=True,
        ))
    monkeypatch.setattr(registry, "_sources", {targets.SOURCE: lambda session: [
        one for one in targets.targets(session) if one.key != "gateway.snapshot"
    ]})
    runtime = _allowing(runtime)
    jobs.sync(_ctx(runtime), {})
    assert jobs.probe_due(_ctx(runtime), {}) == {"probed": 3}
    with runtime.database.read() as session:
        wall = watch.wall(session, SYSTEM)
        assert {row.key for row, _ in wall} == {
            "gateway.interface.streets-1", "gateway.interface.streets-2", "gateway.http.streets-1",
        }
        assert {(row.state, row.group_key) for row, _ in wall} == {("ok", f"gateway.upstream:127.0.0.1:{server.port}")}
        assert all(latency for _, latency in wall)
        found = availability.report(session, SYSTEM, period=_week(), source=targets.SOURCE)
        assert [str(line.figure.share) for line in found.targets] == ["100.00000"] * 2, "the check is not counted"
        assert [line.department for line in found.departments] == ["民政局（样例）"]
        assert availability.workbook(found)[:2] == b"PK"
        exposed = metrics.exposition(session).decode()
    assert 'mulian_watch_up{source="gateway.interfaces",target="gateway.interface.streets-1"} 1.0' in exposed


def _allowing(runtime: Runtime) -> Runtime:
    runtime.settings = runtime.settings.model_copy(update={"outbound_allow": "127.0.0.0/8"})
    return runtime


def _week() -> str:
    year, week, _ = clock.business_day(clock.now()).isocalendar()
    return f"{year}-W{week:02d}"


def test_a_planned_window_does_not_count(district: District, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    district.publish("streets", "/xc/streets", http_definition("http://10.1.1.1/x"))
    monkeypatch.setattr(registry, "_sources", {targets.SOURCE: targets.targets})
    runtime.database.run(watch.sync_sources)
    start = availability.rules.period_of("2026-W40").start

    def outage(session: Any) -> None:
        row = queries.by_key(session, "gateway.interface.streets")
        session.add(WatchOutage(
            id=district.entry_id, target_id=row.id, started_at=start, ended_at=start + timedelta(hours=2),
            proven_end=True,
        ))

    runtime.database.run(outage)
    with runtime.database.read() as session:
        whole = availability.report(session, SYSTEM, period="2026-W40", source=targets.SOURCE).targets[0].figure
        window = [(start, start + timedelta(hours=1))]
        monkeypatch.setattr(registry, "_planned", {"x": lambda session, key, a, b: window})
        spared = availability.report(session, SYSTEM, period="2026-W40", source=targets.SOURCE).targets[0].figure
    assert (whole.down // 1_000_000, whole.planned, str(whole.share)) == (7200, 0, "98.80952")
    assert (spared.down // 1_000_000, spared.planned // 1_000_000) == (3600, 3600)


def test_burn_rates_fire_on_both_windows_and_not_on_little_traffic() -> None:
    fast = syntax.parse(signals.RULES[0].expression)

    def judged(calls: int, failures_of: Callable[[int], int]) -> float | None:
        at = tuple(range(0, 3_600_000 + 1, 30_000))
        totals, failed = [0.0], [0.0]
        for step in range(1, len(at)):
            totals.append(totals[-1] + calls)
            failed.append(failed[-1] + failures_of(step))
        recorded = {signals.CALLS: Series(at, tuple(totals)), signals.FAILURES: Series(at, tuple(failed))}
        return value_of(fast, recorded, at[-1])

    assert judged(100, lambda step: 2) is not None, "2 % is twenty times the budget"
    assert judged(100, lambda step: 1) is None, "1 % is ten times: too slow for this rule"
    assert judged(100, lambda step: 5 if step < 60 else 0) is None, "it has ended: the short window is clean"
    assert judged(100, lambda step: 20 if step > 115 else 0) is None, "it has just begun: the hour is not spent yet"
    assert judged(0, lambda step: 0) is None
    assert value_of(fast, {
        signals.CALLS: Series((0, 3_000_000, 3_600_000), (0.0, 2.0, 3.0)),
        signals.FAILURES: Series((0, 3_000_000, 3_600_000), (0.0, 2.0, 3.0)),
    }, 3_600_000) is None, "three calls, all failed, wake nobody at night"


def test_recorded_counters_become_an_alarm_by_interface(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    database, now = runtime.database, clock.now()
    monkeypatch.setattr(registry, "_expressions", {"gateway": signals.RULES[:1]})
    database.run(alerting.sync)

    def record(session: Any) -> None:
        for step in range(121):
            at = now - timedelta(seconds=30 * (120 - step))
            session.add(WatchPoint(series=signals.CALLS, at=at, values={"a": 100.0 * step, "b": 100.0 * step}))
            session.add(WatchPoint(series=signals.FAILURES, at=at, values={"a": 5.0 * step, "b": 0.0}))
        session.flush()
        for row in session.scalars(queries.expressions()):
            alerting.evaluate(session, row, now)

    database.run(record)
    with database.read() as session:
        alarm = session.scalars(select(WatchAlarm)).one()
        assert (alarm.subject, alarm.severity) == ("a", "critical")
    monkeypatch.setattr(registry, "_expressions", {"gateway": ()})
    database.run(alerting.sync)
    with database.read() as session:
        assert session.scalars(select(WatchAlarm.closed_at)).one() is not None, "a rule that is gone is called off"


def test_counters_add_up_what_happened_between_points(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[timedelta] = []

    def count(runtime: Runtime, start: Any, end: Any) -> dict[str, dict[str, int]]:
        asked.append(end - start)
        return {"c": {"a": 3}}

    monkeypatch.setattr(registry, "_counters", {"x": (("c", "d"), count)})
    now = clock.now()
    for minute in (0, 1, 2, 60):
        at = now + timedelta(minutes=minute)
        found = recording.read_counters(runtime, at)
        runtime.database.run(lambda session, at=at, found=found: recording.record(session, at, {}, found))
    with runtime.database.read() as session:
        points = [point.values for point in queries.points(session, "c", now, now + timedelta(hours=2))]
    assert points == [{"a": 3.0}, {"a": 6.0}, {"a": 9.0}, {"a": 3.0}], "after an hour of silence it begins anew"
    assert asked == [timedelta(0), timedelta(minutes=1), timedelta(minutes=1), timedelta(0)]


def test_differences_of_interface_and_catalog() -> None:
    items = [
        Item("1", "姓名", True, "conditional"), Item("2", "街道", False, "unconditional"), Item("3", "备注", True, "none"),
    ]
    fields = [
        field("name", item_id="1"), field("note", item_id="3", sensitive=True), field("gone", item_id="9"), field("x"),
    ]
    found = rules.differences(fields, items)
    assert [(one.kind, one.field) for one in found] == [
        ("exposed", "name"), ("unshared", "note"), ("gone", "gone"), ("undeclared", "x"), ("unserved", "街道"),
    ]
    assert [one.serious for one in found] == [True] * 4 + [False]
    assert rules.differences([field("street", item_id="2")], items[1:2]) == []


def test_drift_of_a_published_interface(district: District, runtime: Runtime) -> None:
    fields = [field("name", "姓名", item_id=str(district.items["姓名"]), sensitive=True)]
    district.publish("people", "/xc/people", http_definition("http://10.1.1.1/x", fields))
    with runtime.database.read() as session:
        one = drift.of_all(session)[0]
    assert {(diff.kind, diff.field) for diff in one.differences} == {("unserved", n) for n in ("公民身份号码", "手机号码", "街道")}
    assert signals.drifted(runtime) == {"people": 0}


def test_probes_of_a_table_and_of_the_chain(district: District, runtime: Runtime) -> None:
    made = text("CREATE TABLE streets (id integer, name text, changed text)")
    runtime.database.run(lambda session: session.execute(made))
    runtime.database.run(lambda session: session.execute(text("INSERT INTO streets VALUES (7, '月坛', '2020-01-01')")))
    spec = {"table": "streets", "id": "id", "key": 7}
    targets.probe_golden(runtime, {**spec, "expect": {"name": "月坛"}})
    with pytest.raises(ProbeFailed, match="name"):
        targets.probe_golden(runtime, {**spec, "expect": {"name": "德胜"}})
    with pytest.raises(ProbeFailed, match="2020-01-01"):
        targets.probe_freshness(runtime, {**spec, "column": "changed", "cycle": 86_400})
    targets.probe_freshness(runtime, {**spec, "column": "changed", "cycle": 400_000_000})
    district.publish("streets", "/xc/streets", http_definition("http://10.1.1.1/x"))
    with pytest.raises(ProbeFailed, match="not anchored"):
        targets.probe_chain(runtime, {"interface": "streets"})
    with runtime.database.read() as session:
        assert session.get(DataEntry, district.entry_id) is not None
