"""From real probes to states, outages, alarms, notices and a case."""

import http.server
import socket
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.cases import queries as case_queries
from kernel.db import Database
from kernel.duty import service as duty
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.identity.models import User
from kernel.jobs.context import JobContext
from kernel.notices.models import Notice
from kernel.runtime import Runtime
from kernel.watch import engine, jobs, queries, registry, service
from kernel.watch.adapters.probes import Result, probe
from kernel.watch.models import WatchAlarm, WatchOutage, WatchRule, WatchTarget
from kernel.watch.registry import ProbeFailed, TargetSpec
from kernel.watch.rules import Outcome, Policy

SYSTEM = system_actor("test")
LOCAL = {"declared": ["127.0.0.1"], "timeout_ms": 500}
START = datetime(2026, 10, 1, tzinfo=clock.BEIJING)
GOOD, BAD = Result(Outcome.OK, 900, ""), Result(Outcome.FAIL, None, "HTTP 503")
_mood: list[Exception] = []


def _callable(runtime: Runtime, spec: dict[str, Any]) -> None:
    if _mood:
        raise _mood[0]


registry.callable_probe("test.probe", _callable)
registry.signal("test.depth", lambda runtime: Decimal(7), zh="积压", en="Depth", unit="条")


class _Status(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def web() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Status)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_probes(runtime: Runtime, web: int) -> None:
    def outcome(kind: str, **spec: Any) -> tuple[Outcome, str]:
        got = probe(runtime, kind, {**LOCAL, **spec})
        assert (got.latency_us is not None) == (got.outcome is Outcome.OK)
        return got.outcome, got.detail

    with socket.create_server(("127.0.0.1", 0)) as closed:
        free = closed.getsockname()[1]
    assert outcome("tcp", host="127.0.0.1", port=web) == (Outcome.OK, "")
    assert outcome("tcp", host="127.0.0.1", port=free)[0] is Outcome.FAIL
    assert outcome("http", url=f"http://127.0.0.1:{web}/200") == (Outcome.OK, "HTTP 200")
    assert outcome("http", url=f"http://127.0.0.1:{web}/503") == (Outcome.FAIL, "HTTP 503")
    assert outcome("http", url=f"http://127.0.0.1:{web}/404", status_to=499)[0] is Outcome.OK
    assert outcome("http", url=f"http://127.0.0.1:{free}/")[0] is Outcome.FAIL
    assert outcome("tcp", host="no-such-host.invalid", port=80)[0] is Outcome.FAIL
    assert outcome("tcp", host="10.0.0.1", port=80)[0] is Outcome.PROBER_ERROR, "what we may not reach is not down"
    assert outcome("callable", name="test.none")[0] is Outcome.PROBER_ERROR
    assert outcome("callable", name="test.probe")[0] is Outcome.OK
    for error, expected in ((ProbeFailed("高度落后"), Outcome.FAIL), (KeyError("own bug"), Outcome.PROBER_ERROR)):
        _mood[:] = [error]
        assert outcome("callable", name="test.probe")[0] is expected
    _mood.clear()


def _target(database: Database, key: str = "t1", **policy: int) -> uuid.UUID:
    spec = TargetSpec(key, "tcp", "门户", "Portal", {"host": "127.0.0.1", "port": 9, **LOCAL}, Policy(**policy))
    return database.run(lambda session: service.add_target(session, SYSTEM, spec).id)


def _feed(database: Database, target_id: uuid.UUID, *results: tuple[float, Result]) -> str:
    def unit(session: Session) -> str:
        row = session.get(WatchTarget, target_id)
        assert row is not None
        for minute, result in results:
            engine.take_sample(session, row, START + timedelta(minutes=minute), result)
        return row.state
    return database.run(unit)


def _notices(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as session:
        rows = session.scalars(select(Notice).order_by(Notice.created_at, Notice.id))
        return [(row.audience_kind, row.severity, row.title_zh) for row in rows]


def test_outage_alarm_notice_and_case(database: Database) -> None:
    target = _target(database)
    down = [(0, GOOD), (1, BAD), (2, BAD), (3, BAD)]
    assert _feed(database, target, *down) == "down"
    with database.read() as session:
        alarm = session.scalars(select(WatchAlarm)).one()
        assert alarm.notified
        assert queries.open_outage(session, target) is not None
    assert _notices(database) == [("role", "critical", "「门户」异常：HTTP 503")]
    case = database.run(lambda session: service.alarm_to_case(session, SYSTEM, alarm_id=alarm.id))
    assert case.clock_from == START + timedelta(minutes=1), "the clock starts at the first failing probe"
    with pytest.raises(MulianError, match="alarm_has_case"):
        database.run(lambda session: service.alarm_to_case(session, SYSTEM, alarm_id=alarm.id))
    with database.read() as session:
        assert [e.kind for e in case_queries.timeline(session, case.id)] == ["open"]
    for _ in range(2):
        database.run(lambda session: service.acknowledge(session, SYSTEM, alarm_id=alarm.id))
    assert _feed(database, target, (4, GOOD), (5, GOOD)) == "ok"
    with database.read() as session:
        closed = session.scalars(select(WatchAlarm)).one()
        assert closed.closed_at == START + timedelta(minutes=5)
        outage = session.scalars(select(WatchOutage)).one()
        assert (outage.started_at, outage.ended_at) == (START + timedelta(minutes=1), START + timedelta(minutes=4))
        row = session.get(WatchTarget, target)
        assert row is not None
        figures = service.figures(session, row, START, START + timedelta(minutes=1440))
        assert (figures.outage_seconds, figures.covered, figures.intervals) == (180, 6, 1440)
    assert [severity for _, severity, _ in _notices(database)] == ["critical", "info"]


def test_notice_goes_to_whoever_is_on_duty(database: Database) -> None:
    def unit(session: Session) -> None:
        now = clock.now()
        user = User(id=ids.new(), username="duty", display_name="值守", password_hash="", password_history=[],
                    password_changed_at=now, created_at=now)
        session.add(user)
        session.flush()
        duty.add_shift(session, SYSTEM, user_id=user.id, starts_at=START, ends_at=START + timedelta(days=1))
    database.run(unit)
    _feed(database, _target(database), (0, BAD), (1, BAD), (2, BAD))
    assert [kind for kind, _, _ in _notices(database)] == ["user"]


def test_silence_records_without_notice(database: Database) -> None:
    target = _target(database)
    quiet = database.run(lambda session: service.silence(
        session, SYSTEM, target_id=target, hours=2, reason="计划检修"
    ))
    database.run(lambda session: session.execute(
        text("UPDATE watch_silence SET starts_at = :at"), {"at": clock.to_micros(START)}
    ))
    _feed(database, target, (0, BAD), (1, BAD), (2, BAD), (3, GOOD), (4, GOOD))
    assert _notices(database) == []
    with database.read() as session:
        alarm = session.scalars(select(WatchAlarm)).one()
        assert (alarm.notified, alarm.silence_id) == (False, quiet.id)
        assert alarm.closed_at is not None


def test_rule_fires_and_clears(database: Database) -> None:
    values: dict[str, Any] = {"signal": "test.depth", "name_zh": "积压", "name_en": "Depth", "below": False, "fire": "5",
                              "clear": "3", "fire_for": 60, "clear_for": 0, "severity": "warning"}
    rule_id = database.run(lambda session: service.add_rule(session, SYSTEM, **values).id)
    with pytest.raises(MulianError, match="signal_unknown"):
        database.run(lambda session: service.add_rule(session, SYSTEM, **{**values, "signal": "none"}))

    def feed(session: Session) -> None:
        rule = session.get(WatchRule, rule_id)
        assert rule is not None
        for minute, value in ((0, 6), (1, 6), (2, 4), (3, 3)):
            engine.evaluate_rule(session, rule, START + timedelta(minutes=minute), Decimal(value))
    database.run(feed)
    assert [title for _, _, title in _notices(database)] == ["「积压」告警：当前值 6", "「积压」已恢复"]


def _ctx(runtime: Runtime) -> JobContext:
    return JobContext(runtime, lambda session: None, name="test")


def test_runner_probes_what_is_due_once(runtime: Runtime, web: int, monkeypatch: pytest.MonkeyPatch) -> None:
    database = runtime.database
    good = TargetSpec("a", "http", "甲", "A", {"url": f"http://127.0.0.1:{web}/200", **LOCAL})
    bad = TargetSpec("b", "http", "乙", "B", {"url": f"http://127.0.0.1:{web}/500", **LOCAL}, Policy(down_after=1))
    monkeypatch.setattr(registry, "_sources", {})
    registry.target_source("test.source", lambda session: [good, bad])
    jobs.sync(_ctx(runtime), {})
    assert jobs.probe_due(_ctx(runtime), {}) == {"probed": 2}
    assert jobs.probe_due(_ctx(runtime), {}) == {"probed": 0}, "not due before its interval is over"
    with database.read() as session:
        assert {key: row.state for key, row in queries.of_source(session, "test.source").items()} == {
            "a": "ok", "b": "down",
        }
    registry.target_source("test.source", lambda session: [good])
    database.run(service.sync_sources)
    with database.read() as session:
        found = queries.of_source(session, "test.source")
        assert (found["a"].enabled, found["b"].enabled, found["b"].state) == (True, False, "unknown")
        managed = found["a"].id
    with pytest.raises(MulianError, match="source_managed"):
        database.run(lambda s: service.switch_target(s, SYSTEM, target_id=managed, enabled=False))
    registry.target_source("test.source", lambda session: [good, bad])
    database.run(service.sync_sources)
    with database.read() as session:
        assert queries.of_source(session, "test.source")["b"].enabled


def test_next_beat_keeps_the_rhythm() -> None:
    assert jobs._next(START, START + timedelta(seconds=1), 60) == START + timedelta(seconds=60)
    assert jobs._next(START, START + timedelta(seconds=60), 60) == START + timedelta(seconds=120)
    assert jobs._next(START, START + timedelta(minutes=90, seconds=7), 60) == START + timedelta(minutes=91)


def test_rules_and_retention_jobs(runtime: Runtime) -> None:
    database = runtime.database
    database.run(lambda session: service.add_rule(
        session, SYSTEM, signal="test.depth", name_zh="积压", name_en="Depth", below=False, fire="5", clear="3",
        fire_for=0, clear_for=0, severity="critical",
    ))
    # what the floors above have registered is counted along where they are loaded
    assert jobs.evaluate_rules(_ctx(runtime), {})["signals"] >= 1
    assert len(_notices(database)) == 1
    target = _target(database)
    now = clock.now()
    old = now - jobs.KEEP_SAMPLES - timedelta(days=1)

    def unit(session: Session) -> None:
        row = session.get(WatchTarget, target)
        assert row is not None
        for at in (old, old + timedelta(seconds=1), now):
            engine.take_sample(session, row, at, GOOD)
    database.run(unit)
    assert jobs.prune(_ctx(runtime), {}) == {"removed": 2}


@pytest.mark.parametrize("spec", [
    TargetSpec("x", "tcp", "甲", "A", {"host": "a", "port": 0}), TargetSpec("x", "tcp", "甲", "A", {"port": 1}),
    TargetSpec("x", "http", "甲", "A", {"url": "ftp://a/"}), TargetSpec("x", "http", "甲", "A", {"url": "http://u:p@a/"}),
    TargetSpec("x", "callable", "甲", "A", {"name": "none"}),
    TargetSpec("x", "tcp", "甲", "A", {"host": "a", "port": 1, "declared": ["everything"]}),
    TargetSpec("x", "tcp", "甲", "A", {"host": "1.2.3.4.5", "port": 1}),
])
def test_bad_targets(sqlite_database: Database, spec: TargetSpec) -> None:
    with pytest.raises(MulianError, match="spec_invalid"):
        sqlite_database.run(lambda session: service.add_target(session, SYSTEM, spec))


def test_key_is_unique_and_switching_off_forgets_the_state(database: Database) -> None:
    target = _target(database)
    with pytest.raises(MulianError, match="key_taken"):
        _target(database)
    _feed(database, target, (0, GOOD))
    row = database.run(lambda session: service.switch_target(session, SYSTEM, target_id=target, enabled=False))
    assert (row.state, row.version) == ("unknown", 2)
