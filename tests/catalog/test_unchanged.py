"""本周期无变化: who may say so, for which period, and what it counts for."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from typer.testing import CliRunner

from catalog import permissions as p
from catalog.commands import app
from catalog.nodes.models import DataEntry
from catalog.quality import service as quality
from catalog.unchanged import queries, rules, service
from kernel import clock
from kernel.audit.models import AuditLog
from kernel.db import Database
from kernel.errors import MulianError
from tests.catalog.conftest import Town, person
from tests.catalog.test_time_http import Town as Desk
from tests.catalog.test_time_http import good
from tests.catalog.test_time_http import town as desk
from tests.catalog.time_tools import published

assert desk  # the fixture of the HTTP tests


def code(call: Callable[[], Any]) -> str:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value.code


@pytest.mark.pure
@given(st.sampled_from(rules.CYCLES), st.dates(date(2000, 1, 1), date(2099, 12, 1)))
def test_periods_cover_the_calendar_once(cycle: str, day: date) -> None:
    first, after = rules.bounds(cycle, day)
    name = rules.period_of(cycle, day)
    assert first <= day < after and len(name) <= 10
    assert rules.period_of(cycle, first) == name == rules.period_of(cycle, after - timedelta(days=1))
    assert rules.bounds(cycle, after)[0] == after and rules.period_of(cycle, after) != name
    assert rules.period_of(cycle, first - timedelta(days=1)) != name and rules.period_zh(name)[4] == "年"


def test_an_answer_counts_like_an_update(database: Database, town: Town) -> None:
    officer = person("经办", town.civil, p.READ, p.CONFIRM)
    stranger = person("外人", town.health, p.READ, p.CONFIRM)
    long_ago, now = clock.now() - timedelta(days=800), clock.now()

    def entry(name: str, cycle: str | None, **more: Any) -> uuid.UUID:
        return published(database, "data_entry", name, town.civil, update_cycle=cycle, **more)

    late, silent = entry("季报", "quarterly", data_updated_at=long_ago), entry("年鉴", "annual")
    fresh, free = entry("月报", "monthly", data_updated_at=now), entry("不定期", "irregular")

    def judged(entry_id: uuid.UUID) -> dict[str, tuple[int, int]]:
        with database.read() as session:
            _, verdict = quality.of_node(session, town.bureau, "data_entry", entry_id)
            return {rule: held for rule, held in verdict.counts.items() if rule.startswith("timely")}

    def due() -> set[uuid.UUID]:
        with database.read() as session:
            query = queries.due(clock.business_day(clock.now()), only=[town.civil], cycle=None)
            return {one.id for one, _ in session.execute(query)}

    assert judged(late) == {"timely.reported": (0, 1)} and judged(silent) == {"timely.silent": (0, 1)}
    assert due() == {late, silent}
    with database.read() as session:
        marked = quality.marks(session, clock.now())[town.civil]
    assert code(lambda: database.run(lambda s: service.confirm(s, stranger, [late]))) == "kernel.not_found"
    for one in (fresh, free):
        refused = code(lambda one=one: database.run(lambda s: service.confirm(s, officer, [late, one])))
        assert refused == "catalog.unchanged.blocked"
    assert due() == {late, silent}, "all or none"
    first, second = database.run(lambda s: [row.id for row in service.confirm(s, officer, [late, silent], note="已核对")])
    assert judged(late) == judged(silent) == {"timely.unchanged": (1, 1)} and due() == set()
    with database.read() as session:
        assert quality.marks(session, clock.now())[town.civil] != marked, "the figures are computed anew"
        line = session.scalars(select(AuditLog).where(AuditLog.action == "catalog.unchanged.confirm")).one()
        assert line.detail["count"] == 2 and line.department_id == town.civil
    assert code(lambda: database.run(lambda s: service.confirm(s, officer, [silent]))) == "catalog.unchanged.blocked"
    with database.write() as session:  # updated afterwards: the update is the last word
        session.execute(update(DataEntry).where(DataEntry.id == silent).values(
            data_updated_at=clock.now(), data_update_source="实测"
        ))
    assert judged(silent) == {"timely.measured": (1, 1)}
    database.run(lambda s: service.revoke(s, officer, first, reason="填错"))
    assert judged(late) == {"timely.reported": (0, 1)} and due() == {late}
    again = code(lambda: database.run(lambda s: service.revoke(s, officer, first, reason="x")))
    assert again == "catalog.unchanged.revoked"
    assert code(lambda: database.run(lambda s: service.revoke(s, stranger, second, reason="x"))) == "kernel.not_found"
    database.run(lambda s: service.confirm(s, officer, [late]))  # the period is open again


def test_over_http_and_as_commands(desk: Desk) -> None:
    database, civil = desk.database, desk.civil
    one, two = (published(database, "data_entry", name, civil, update_cycle="annual") for name in ("甲", "乙"))
    page = good(desk.officer.get("/catalog/unchanged/due", params={"cycle": "annual"}))
    assert page["total"] == 2 and page["items"][0]["last_day"].endswith("-12-31")
    assert good(desk.nurse.get("/catalog/unchanged/due"))["total"] == 0
    assert desk.nurse.get("/catalog/unchanged/due", params={"department_id": str(civil)}).status_code == 404
    path = f"/catalog/entries/{one}/unchanged"
    before = good(desk.officer.get(path))
    assert before["can_confirm"] and before["items"] == [] and before["period_zh"].endswith("年")
    assert good(desk.nurse.get(path))["can_confirm"] is False
    done = good(desk.reviewer.post("/catalog/unchanged", {"entry_ids": [str(one)], "note": "核对"}), 201)
    assert done["count"] == 1 and done["items"][0]["period"] == before["period"]
    after = good(desk.officer.get(path))
    assert done["items"][0]["confirmed_name"] == after["items"][0]["confirmed_name"] == "测试", "by 姓名"
    assert not after["can_confirm"] and "已由测试确认" in after["reason_zh"] and after["items"][0]["note"] == "核对"
    assert good(desk.nurse.get(path))["items"][0] == {**after["items"][0], "note": None}
    assert desk.officer.post("/catalog/unchanged", {"entry_ids": [str(two)], "note": "a\x01b"}).status_code == 422
    again = desk.officer.post("/catalog/unchanged", {"entry_ids": [str(one), str(two)]})
    assert again.status_code == 409 and again.json()["params"]["count"] == 1
    back = f"/catalog/unchanged/{done['items'][0]['id']}/revocation"
    assert good(desk.officer.post(back, {"reason": "填错"}))["revoked_at"] is not None
    officer = desk.officer.user.username
    assert len(desk.as_command("unchanged", "due", "--department", "区民政局")) == 2
    (row, _) = desk.as_command("unchanged", "confirm", "--as", officer, "--department", "区民政局")
    assert row["状态"] == "有效" and desk.as_command("unchanged", "due") == []
    with database.read() as session:
        listed = desk.as_command("unchanged", "list", session.get_one(DataEntry, one).code)
    assert [found["状态"] for found in listed] == ["有效", "已撤销"]
    gone = desk.as_command("unchanged", "revoke", listed[0]["记录"], "--as", officer, "--reason", "误")
    assert gone["状态"] == "已撤销"
    wrong = CliRunner().invoke(app, ["unchanged", "revoke", "x", "--as", officer, "--reason", "误"])
    assert wrong.exit_code == 2 and "Traceback" not in wrong.output
