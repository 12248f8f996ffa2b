"""One incident a group, its timeline, who is called when, and what a silence keeps quiet."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import clock, ids
from kernel.db import Database
from kernel.duty import service as duty
from kernel.identity.actor import system_actor
from kernel.identity.models import User
from kernel.notices.models import Notice
from kernel.watch import engine, queries, service
from kernel.watch.adapters.probes import Result
from kernel.watch.availability import queries as availability
from kernel.watch.incidents import queries as incident_queries
from kernel.watch.incidents import rules
from kernel.watch.incidents import service as incidents
from kernel.watch.incidents.models import WatchIncident
from kernel.watch.ladder.rules import Fault, Rung, Step
from kernel.watch.models import WatchTarget
from kernel.watch.registry import TargetSpec
from kernel.watch.rules import Outcome, Policy

SYSTEM = system_actor("test")
START = datetime(2026, 10, 1, 9, tzinfo=clock.BEIJING)
RUNGS = (Rung(Step.DNS, True, 2000), Rung(Step.TCP, False, 900, "", Fault.CONNECTION_REFUSED))
GOOD, BAD = Result(Outcome.OK, 900, ""), Result(Outcome.FAIL, None, "connection_refused", RUNGS)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def _targets(database: Database, count: int) -> list[uuid.UUID]:
    return database.run(lambda session: [
        service.add_target(session, SYSTEM, TargetSpec(
            f"t{n}", "tcp", f"接口 {n}", f"interface {n}", {"host": "127.0.0.1", "port": 9}, Policy(late_after=3600),
            group="upstream:a",
        )).id for n in range(count)
    ])


def _feed(database: Database, target_id: uuid.UUID, *results: tuple[float, Result]) -> None:
    def unit(session: Session) -> None:
        for minute, result in results:
            engine.take_sample(session, session.get_one(WatchTarget, target_id), at(minute), result)
    database.run(unit)


def _person(session: Session, name: str, position: int) -> None:
    now = clock.now()
    user = User(id=ids.new(), username=name, display_name=name, password_hash="", password_history=[],
                password_changed_at=now, created_at=now)
    session.add(user)
    session.flush()
    duty.add_shift(session, SYSTEM, user_id=user.id, starts_at=START, ends_at=at(1440), position=position)


def _notices(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        rows = session.scalars(select(Notice).order_by(Notice.created_at, Notice.id))
        return [(row.audience_kind if row.audience_kind == "user" else row.audience, row.title_zh) for row in rows]


def test_one_upstream_one_incident_one_notice(database: Database) -> None:
    targets = _targets(database, 3)
    for number, target in enumerate(targets):
        _feed(database, target, (0, GOOD), *((m + number / 10, BAD) for m in (1, 2, 3)))
    with database.read() as session:
        incident = session.scalars(select(WatchIncident)).one()
        assert len(incident_queries.alarms(session, incident.id)) == 3
        assert (incident.began_at, incident.last_good_at, incident.untold) == (at(1), at(0), 2)
        assert incident.sentence_zh == (
            "2026-10-01 09:01:00起「接口 0」断在对方系统：端口连接失败，域名解析正常 2 ms；上次正常 2026-10-01 09:00:00；"
            "主机可达但端口没有服务，请对方检查服务进程。"
        )
    assert [title for _, title in _notices(database)] == ["「接口 0」异常：connection_refused"]
    assert database.run(lambda session: incidents.escalate(session, at(5))) == 0, "what joins waits five minutes"
    assert database.run(lambda session: incidents.escalate(session, at(8.5))) == 1
    assert _notices(database)[1][1] == "「接口 0」异常：connection_refused（又有 2 项告警）"
    for number, target in enumerate(targets):
        _feed(database, target, (9 + number / 10, GOOD), (10 + number / 10, GOOD))
        with database.read() as session:
            open_ = session.scalars(select(WatchIncident.closed_at)).one() is None
        assert open_ == (number < 2), "open while one of its alarms is"
    assert _notices(database)[-1][1] == "「接口 2」已恢复"


def test_the_second_person_the_operators_and_the_bureau_are_called(database: Database) -> None:
    database.run(lambda session: _person(session, "first", 1))
    database.run(lambda session: _person(session, "second", 2))
    target = _targets(database, 1)[0]
    _feed(database, target, (0, BAD), (1, BAD), (2, BAD))

    def told(minute: float) -> list[str]:
        before = len(_notices(database))
        database.run(lambda session: incidents.escalate(session, at(minute)))
        return [audience for audience, _ in _notices(database)[before:]]

    assert [audience for audience, _ in _notices(database)] == ["user"]
    assert told(9.9) == []
    assert told(10) == ["user"], "the clock starts at the first failing probe"
    assert told(11) == []
    assert told(30) == ["operator"]
    with database.read() as session:
        incident_id = session.scalars(select(WatchIncident.id)).one()
    database.run(lambda session: incidents.acknowledge(session, SYSTEM, incident_id=incident_id))
    assert told(45) == ["operator", "bureau_admin"], "the time to mend it runs for those who look after it too"
    assert told(60) == ["operator", "bureau_admin"]
    assert told(500) == []
    with database.read() as session:
        kinds = [line.kind for line in incident_queries.lines(session, incident_id)]
    assert kinds == ["alarm", "diagnosis", "told", *["escalated"] * 2, "acknowledged", *["escalated"] * 2]


@pytest.mark.parametrize(("minute", "acknowledged", "level", "count"), [
    (9, False, 0, 0), (10, False, 1, 1), (10, True, 1, 0), (61, False, 4, 4), (61, True, 4, 2),
])
def test_escalation_is_arithmetic(minute: int, acknowledged: bool, level: int, count: int) -> None:
    found, steps = rules.due("critical", START, 0, acknowledged, at(minute))
    assert (found, len(steps)) == (level, count)
    assert rules.due("critical", START, found, acknowledged, at(minute)) == (level, [])
    assert rules.remaining(START, None, at(61)) == -60


def test_a_flapping_target_is_one_incident_and_a_silence_tells_nobody(database: Database) -> None:
    target = _targets(database, 1)[0]
    for first in (0, 10, 20):
        _feed(database, target, *((first + n, result) for n, result in enumerate((BAD, BAD, BAD, GOOD, GOOD))))
    with database.read() as session:
        incident = session.scalars(select(WatchIncident)).one()
        assert [line.kind for line in incident_queries.lines(session, incident.id)].count("reopened") == 2
    assert len(_notices(database)) == 2, "down and recovered, once"
    assert database.run(lambda session: incidents.escalate(session, at(300))) == 0


def test_comment_case_and_a_foreign_department(database: Database) -> None:
    target = _targets(database, 1)[0]
    _feed(database, target, (0, BAD), (1, BAD), (2, BAD))
    with database.read() as session:
        incident = session.scalars(select(WatchIncident)).one()
    database.run(lambda session: incidents.comment(session, SYSTEM, incident_id=incident.id, text="已联系对方"))
    case = database.run(lambda session: incidents.to_case(session, SYSTEM, incident_id=incident.id))
    assert (case.clock_from, case.object_type) == (at(0), "watch_incident")
    with database.read() as session:
        alarm = queries.open_alarm(session, "down", target_id=target)
        assert alarm is not None
        assert alarm.case_id == case.id


def test_a_late_probe_is_one_alarm_of_the_watch_and_ends(database: Database) -> None:
    targets = _targets(database, 2)
    for target in targets:
        _feed(database, target, (0, GOOD))

    def look(session: Session) -> list[bool]:
        rows = [session.get_one(WatchTarget, target) for target in targets]
        late = [engine.is_late(row, at(61)) for row in rows]
        for row in rows:
            engine.look(session, row, at(61))
        return late

    assert database.run(look) == [True, True]
    with database.read() as session:
        assert session.scalars(select(WatchIncident.group_key)).all() == [engine.LATE_GROUP]
    for target in targets:
        _feed(database, target, (62, GOOD))
    with database.read() as session:
        assert session.scalars(select(WatchIncident.closed_at)).one() == at(62)


def test_coverage_counts_beats_with_a_conclusive_sample(database: Database) -> None:
    target = _targets(database, 1)[0]
    own = Result(Outcome.PROBER_ERROR, None, "")
    _feed(database, target, (0, GOOD), (0.5, BAD), (1, own), (2, GOOD), (9.99, GOOD), (10, GOOD))
    with database.read() as session:
        assert availability.covered(session, target, START, at(10), 60) == 3
