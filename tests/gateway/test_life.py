"""The life of an interface: test environment, frozen revisions, rollback, announcements, canary, maintenance."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from gateway.apps.service import Issued
from gateway.calllog import record
from gateway.calllog.log import active_folder
from gateway.calllog.segment import SegmentWriter
from gateway.interfaces import announcing, canary, queries, service
from gateway.interfaces.models import Interface
from gateway.maintenance import service as maintenance
from gateway.snapshot import queries as snapshots
from gateway.snapshot.rules import Compiled, compile_snapshot
from kernel import clock
from kernel.calendar import service as calendar
from kernel.db import Database
from kernel.errors import MulianError
from kernel.notices.models import Notice
from kernel.runtime import Runtime
from tests.gateway.support import (
    SYSTEM,
    Client,
    District,
    Script,
    Upstream,
    answer_json,
    field,
    http_definition,
    logged,
    running,
)

STREET, NAME = field("street", "街道"), field("name", "姓名", sensitive=True, mask="name")
URL = "http://10.1.1.1/x"


def do(runtime: Runtime, use_case: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Run a use case in a unit of work of its own."""
    return runtime.database.run(lambda session: use_case(session, *arguments, **options))


def compiled(runtime: Runtime, environment: str = "production") -> Compiled:
    with runtime.database.read() as session:
        number = snapshots.head_number(session, environment)
        row = snapshots.load(session, environment, number)
        assert row is not None
        opener = partial(runtime.box.open, "gateway.credential")
        return compile_snapshot(number, row.sm3, row.body, opener)


def draft(district: District, fields: list[dict[str, Any]]) -> uuid.UUID:
    made: Interface = do(
        district.runtime, service.create, district.maker, code="streets", name="街道", path="/xc/streets",
        entry_id=district.entry_id, definition=http_definition(URL, fields),
    )
    return made.id


def next_revision(district: District, id_: uuid.UUID, fields: list[dict[str, Any]], url: str = URL) -> None:
    do(district.runtime, service.revise, district.maker, interface_id=id_, definition=http_definition(url, fields))
    do(district.runtime, service.submit, district.maker, interface_id=id_)


def states(runtime: Runtime, id_: uuid.UUID) -> list[tuple[int, str]]:
    with runtime.database.read() as session:
        return [(one.number, one.state) for one in reversed(queries.revisions(session, id_))]


def called(runtime: Runtime, issued: Issued, code: str) -> None:
    """A call of an application, as the log of a worker has it."""
    folder = active_folder(runtime.home.calllog_dir)
    folder.mkdir(parents=True, exist_ok=True)
    writer = SegmentWriter(folder, "gw", 9, clock.now_micros(), 64 * 1024)
    assert writer.append(record.render(
        clock.now_micros(), b"%024d" % clock.now_micros(), b"ok", record.who(issued.app.app_key.encode(), code, "g", 1),
        b"GET", b"/xc/streets", b"", 200, 0, 2, 100, 50, b"127.0.0.1",
    ))
    writer.close()


@pytest.fixture
def years(runtime: Runtime) -> date:
    """A calendar that reaches over the next year; returns the day that is 20 working days ahead."""
    today = clock.business_day(clock.now())
    actor = SYSTEM
    for year in (today.year, today.year + 1):
        do(runtime, calendar.replace_year, actor, year=year, source="样例", days=[])
    with runtime.database.read() as session:
        return calendar.due_on(session, today, 20)


def test_what_was_tested_is_what_is_published(runtime: Runtime) -> None:
    district = District(runtime)
    id_ = draft(district, [STREET])
    do(runtime, service.start_test, district.maker, interface_id=id_)
    with pytest.raises(MulianError):
        do(runtime, service.start_test, district.maker, interface_id=id_)
    do(runtime, service.revise, district.maker, interface_id=id_, definition=http_definition(URL, [STREET, NAME]))
    assert states(runtime, id_) == [(1, "superseded"), (2, "draft")], "what was in test is never changed"
    assert compiled(runtime, "test").routes[b"/xc/streets"].headers == b"X-Mulian-Revision: 1\r\n"
    do(runtime, service.submit, district.maker, interface_id=id_)
    tested = compiled(runtime, "test").routes[b"/xc/streets"]
    assert tested.headers == b"X-Mulian-Revision: 2\r\n", "seen before approval"
    with runtime.database.read() as session:
        before = queries.revision(session, id_, 2)
        assert before is not None and before.tested_at is not None
    do(runtime, service.approve, district.checker, interface_id=id_, opinion="同意")
    with runtime.database.read() as session:
        after = queries.revision(session, id_, 2)
        assert after is not None and (after.sm3, after.state) == (before.sm3, "published")


def test_a_rollback_is_a_new_approval_of_the_same_revision(database: Database) -> None:
    runtime = database.runtime
    assert runtime is not None
    district = District(runtime)
    id_ = draft(district, [STREET])
    do(runtime, service.submit, district.maker, interface_id=id_)
    do(runtime, service.approve, district.checker, interface_id=id_, opinion="同意")
    next_revision(district, id_, [STREET, NAME])
    do(runtime, service.approve, district.checker, interface_id=id_, opinion="同意")
    do(runtime, service.roll_back, district.maker, interface_id=id_, number=1)
    with pytest.raises(MulianError) as caught:
        do(runtime, service.approve, district.maker, interface_id=id_, opinion="同意")
    assert caught.value.code == "gateway.interface.same_person"
    do(runtime, service.return_, district.checker, interface_id=id_, opinion="不必")
    assert states(runtime, id_) == [(1, "superseded"), (2, "published")]
    do(runtime, service.roll_back, district.maker, interface_id=id_, number=1)
    do(runtime, service.approve, district.checker, interface_id=id_, opinion="同意")
    assert states(runtime, id_) == [(1, "published"), (2, "superseded")]
    assert b": 1\r\n" in compiled(runtime).routes[b"/xc/streets"].headers
    for number in (1, 7):
        with pytest.raises(MulianError):
            do(runtime, service.roll_back, district.maker, interface_id=id_, number=number)


def test_ends_and_breaking_revisions_are_announced_to_who_still_calls(runtime: Runtime, years: date) -> None:
    district = District(runtime)
    id_ = draft(district, [STREET, NAME])
    do(runtime, service.submit, district.maker, interface_id=id_)
    do(runtime, service.approve, district.checker, interface_id=id_, opinion="同意")
    caller, _silent = district.app("甲"), district.app("乙")
    called(runtime, caller, "streets")
    next_revision(district, id_, [STREET])
    do(runtime, service.approve, district.checker, interface_id=id_, opinion="同意")
    assert states(runtime, id_) == [(1, "published"), (2, "scheduled")]
    headers = compiled(runtime).routes[b"/xc/streets"].headers
    assert b"X-Mulian-Revision: 1\r\nDeprecation: @" in headers and b"Sunset: " in headers
    with runtime.database.read() as session:
        notice = session.scalars(select(Notice)).one()
        assert str(years) in notice.title_zh and "去掉字段 name" in notice.body_zh
        assert "甲" in notice.body_zh and "乙" not in notice.body_zh
    assert do(runtime, announcing.carry_out, years - timedelta(days=1)) == 0
    assert do(runtime, announcing.carry_out, years) == 1 and do(runtime, announcing.carry_out, years) == 0
    assert states(runtime, id_) == [(1, "superseded"), (2, "published")]
    assert b"Sunset" not in compiled(runtime).routes[b"/xc/streets"].headers
    do(runtime, announcing.retire, district.checker, interface_id=id_, opinion="改用新接口")
    assert not compiled(runtime).routes[b"/xc/streets"].retired, "announced, not ended"
    do(runtime, announcing.withdraw, district.checker, interface_id=id_, opinion="再议")
    assert do(runtime, announcing.carry_out, years) == 0
    do(runtime, announcing.retire, district.checker, interface_id=id_, opinion="改用新接口")
    assert do(runtime, announcing.carry_out, years) == 1 and compiled(runtime).routes[b"/xc/streets"].retired


def test_an_urgent_end_waits_for_nobody(runtime: Runtime, years: date) -> None:
    district = District(runtime)
    interface = district.publish("streets", "/xc/streets", http_definition(URL, [STREET]))
    called(runtime, district.app(), "streets")
    do(runtime, announcing.retire, district.checker, interface_id=interface.id, opinion="泄露", urgent=True)
    assert compiled(runtime).routes[b"/xc/streets"].retired
    with runtime.database.read() as session:
        assert session.scalars(select(Notice.severity)).all() == ["critical"]


def test_grants_follow_the_revision(runtime: Runtime) -> None:
    district = District(runtime)
    interface = district.publish("streets", "/xc/streets", http_definition(URL, [STREET]))
    issued = district.app()
    district.demand(issued, {"街道": False})
    next_revision(district, interface.id, [field("jiedao", "街道"), NAME, field("page", "页")])
    do(runtime, service.approve, district.checker, interface_id=interface.id, opinion="同意")
    grant = compiled(runtime).apps[issued.app.app_key.encode()].grants["streets"]
    assert [rule.name for rule in grant.policy.rules] == ["jiedao", "page"], "the same item under its new name"


def test_a_canary_serves_its_part_and_breaks_nobody_at_random(runtime: Runtime) -> None:
    district = District(runtime)
    interface = district.publish("streets", "/xc/streets", http_definition(URL, [STREET, NAME]))
    friend, other = district.app("友"), district.app("其他")
    for one in (friend, other):
        district.demand(one, {"街道": False, "姓名": False})
    next_revision(district, interface.id, [STREET])
    part = {"interface_id": interface.id, "opinion": "灰度"}
    with pytest.raises(MulianError) as caught:
        do(runtime, canary.serve_part, district.checker, share=100, app_ids=[], **part)
    assert caught.value.code == "gateway.interface.canary_breaks"
    with pytest.raises(MulianError):
        do(runtime, canary.serve_part, district.maker, share=0, app_ids=[friend.app.id], **part)
    do(runtime, canary.serve_part, district.checker, share=0, app_ids=[friend.app.id], **part)
    snapshot = compiled(runtime)
    route = snapshot.routes[b"/xc/streets"]
    keys = [one.app.app_key.encode() for one in (friend, other)]
    chosen = [route.serving(key) for key in keys]
    assert [one.headers for one in chosen] == [b"X-Mulian-Revision: 2\r\n", b"X-Mulian-Revision: 1\r\n"]
    given = [snapshot.apps[key].grants[one.key].policy.rules for key, one in zip(keys, chosen, strict=True)]
    assert [[rule.name for rule in rules] for rules in given] == [["street"], ["street", "name"]]
    with pytest.raises(MulianError):
        do(runtime, canary.finish, district.checker, interface_id=interface.id, opinion="发布")
    do(runtime, canary.stop, district.checker, interface_id=interface.id, opinion="先公告")
    assert compiled(runtime).routes[b"/xc/streets"].canary is None
    assert states(runtime, interface.id) == [(1, "published"), (2, "returned")]


def test_environments_canary_and_maintenance_through_real_gateways(
    district: District, upstream: Callable[[Script], Upstream], runtime: Runtime
) -> None:
    """One installation, two gateways: keys of one mean nothing to the other; a share and a window are kept."""
    source = upstream(answer_json({"items": [{"street": "德胜", "name": "张三"}], "total": 1}))
    interface = district.publish("streets", "/xc/streets", http_definition(source.url, [STREET, NAME]))
    issued, tester = district.app(), district.app("联调", environment="test")
    district.demand(issued, {"街道": False})
    next_revision(district, interface.id, [STREET, NAME, field("page", "页")], source.url)
    do(runtime, canary.serve_part, district.checker, interface_id=interface.id, opinion="灰度", share=250, app_ids=[])
    with running(runtime, environment="test") as gateway:
        answer = Client(gateway.port, tester).call("GET", "/xc/streets")
        assert answer.status == 200 and answer.json["items"][0]["street"] == "样例街道1"
        assert answer.headers["x-mulian-revision"] == "2" and source.requests == []
        assert Client(gateway.port, issued).call("GET", "/xc/streets").code == "gateway.call.key_unknown"
    assert logged(runtime) == [], "calls of the test environment are in no figure of production"
    with running(runtime) as gateway:
        client = Client(gateway.port, issued)
        assert Client(gateway.port, tester).call("GET", "/xc/streets").code == "gateway.call.key_unknown"
        seen = [client.call("GET", "/xc/streets").headers["x-mulian-revision"] for _ in range(8)]
        assert seen.count("2") == 2, "250 per mille of the calls, evenly"
        now = clock.now()
        window = do(runtime, maintenance.announce, district.maker, interface_id=interface.id, text="数据库升级",
                    starts_at=now, ends_at=now + timedelta(hours=1))
        gateway.await_snapshot(district.snapshot())
        answer = client.call("GET", "/xc/streets")
        assert (answer.status, answer.code) == (503, "gateway.call.maintenance")
        assert "数据库升级" in answer.json["title"] and 3500 < int(answer.headers["retry-after"]) <= 3600
        do(runtime, maintenance.cancel, district.maker, window_id=window.id)
        gateway.await_snapshot(district.snapshot())
        assert client.call("GET", "/xc/streets").status == 200
    assert {row.outcome for row in logged(runtime) if row.status == 503} == {"maintenance"}


def test_windows_have_bounds(database: Database) -> None:
    runtime = database.runtime
    assert runtime is not None
    district = District(runtime)
    interface = district.publish("streets", "/xc/streets", http_definition(URL, [STREET]))
    now = clock.now()
    for start, end in ((1, 1), (2, 1), (-3, -1), (0, 73), (24 * 31, 24 * 31 + 1)):
        with pytest.raises(MulianError) as caught:
            do(runtime, maintenance.announce, district.maker, interface_id=interface.id, text="升级",
               starts_at=now + timedelta(hours=start), ends_at=now + timedelta(hours=end))
        assert caught.value.code == "gateway.maintenance.window", (start, end)
