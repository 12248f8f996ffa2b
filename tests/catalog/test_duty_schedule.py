"""A change with a later day waits for it: applied then, taken back before, blocked with a reason, given up at last."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog import permissions as p
from catalog.dutychange import jobs, queries, schedule, service
from catalog.dutychange.models import DutyChange
from catalog.dutychange.rules import Part
from catalog.nodes.models import Duty, NodeVersion
from catalog.transfers.service import Selection
from kernel import clock
from kernel.approvals.models import Approval
from kernel.audit.models import AuditLog
from kernel.db import Database
from kernel.errors import DATABASE_BUSY, MulianError
from kernel.identity.models import Department
from kernel.notices.models import Notice
from tests.catalog.test_duty_changes import World, code, village, world
from tests.catalog.time_tools import new

assert world and village  # the fixtures of the tests of duty changes
TODAY = clock.business_day(clock.now())
DAY = TODAY + timedelta(days=10)


QUIET = {"applied": 0, "waiting": 0, "blocked": 0, "lapsed": 0, "failed": 0}


def waiting(world: World, duty: uuid.UUID | None = None) -> uuid.UUID:
    """A move to the health commission that was approved and waits."""
    plan = world.plan("move", duty or world.duty, department_id=world.town.health)
    plan = replace(plan, effective_on=DAY.isoformat())
    change = world.change(plan)
    world.settle(world.checker, change)
    return change


def row(world: World, change: uuid.UUID) -> DutyChange:
    with world.database.read() as session:
        return session.get_one(DutyChange, change)


def on(world: World, day: date, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The daily work of a day."""
    monkeypatch.setattr(clock, "now", lambda: clock.day_bounds(day)[0] + timedelta(minutes=5))
    try:
        return jobs.settle_all(world.database)
    finally:
        monkeypatch.undo()


def told(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Notice.title_zh).order_by(Notice.created_at)))


def test_it_is_applied_on_its_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    change = waiting(world)
    assert row(world, change).state == "scheduled" and world.node(world.duty).status == "published"
    with world.database.read() as session:
        assert queries.scheduled(session) == [change]
        assert session.get_one(Approval, row(world, change).approval_id).state == "used"
    # until then nothing else may take the duty
    assert code(lambda: world.change(world.plan("abolish", world.duty))) == "catalog.duty_change.blocked"
    assert code(lambda: world.propose(Selection({"duty": [world.duty]}))) == "catalog.transfer.blocked"
    assert on(world, DAY - timedelta(days=1), monkeypatch) == {**QUIET, "waiting": 1}
    assert on(world, DAY, monkeypatch)["applied"] == 1 and on(world, DAY, monkeypatch)["applied"] == 0
    assert row(world, change).state == "done" and world.node(world.duty).status == "withdrawn"
    (moved,) = world.duties(change)
    assert (moved.department_id, moved.effective_on, moved.updated_by) == (
        world.town.health, DAY.isoformat(), world.officer.user_id
    )
    with world.database.read() as session:
        version = session.scalars(select(NodeVersion).where(NodeVersion.node_id == moved.id)).one()
        assert version.approver_id == world.checker.user_id
        line = session.get_one(AuditLog, row(world, change).audit_id)
        assert (line.action, line.actor_name) == ("catalog.duty_change.apply", "system:duty-change")
    assert told(world.database).count(f"职责变更 {row(world, change).number} 已生效") == 2
    world.sound()


def test_it_can_be_taken_back_until_then(village: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, stranger = waiting(village), village.giver
    reader = replace(village.officer, permissions=frozenset({p.READ}), kind="token")
    for one in (stranger, reader):
        refused = code(lambda one=one: village.database.run(lambda s: service.withdraw(s, one, first)))
        assert refused == "kernel.not_found"
    village.database.run(lambda s: service.withdraw(s, village.officer, first, reason="文件改期"))
    assert (row(village, first).state, row(village, first).closed_reason) == ("withdrawn", "文件改期")
    second = waiting(village)
    village.database.run(lambda s: service.withdraw(s, village.checker, second))
    assert on(village, DAY, monkeypatch) == QUIET
    assert village.node(village.duty).status == "published"
    late = code(lambda: village.database.run(lambda s: service.withdraw(s, village.officer, second)))
    assert late == "catalog.duty_change.state"
    open_ = village.change(village.plan("abolish", village.duty))
    denied = code(lambda: village.database.run(lambda s: service.withdraw(s, reader, open_)))
    assert denied == "identity.permission.denied", "a token that only reads takes nothing back"


def test_one_that_is_blocked_waits_a_month(village: World, monkeypatch: pytest.MonkeyPatch) -> None:
    change, town = waiting(village), village.town

    def gone(until: object) -> None:
        with village.database.write() as session:
            session.execute(update(Department).where(Department.id == town.health).values(valid_to=until))

    gone(clock.now() - timedelta(days=1))
    assert on(village, TODAY, monkeypatch)["blocked"] == 1 and "已撤销" in (row(village, change).blocked_reason or "")
    assert on(village, DAY, monkeypatch)["blocked"] == 1 and row(village, change).blocked_on == DAY.isoformat()
    assert len([one for one in told(village.database) if "目前不能生效" in one]) == 2, "told once to each of two people"
    gone(None)
    assert on(village, DAY + timedelta(days=2), monkeypatch)["applied"] == 1
    done = row(village, change)
    assert (done.state, done.blocked_on, done.blocked_reason) == ("done", None, None)


def test_one_that_can_never_be_applied_ends(village: World, monkeypatch: pytest.MonkeyPatch) -> None:
    change = waiting(village)
    with village.database.write() as session:
        session.execute(update(Duty).where(Duty.id == village.duty).values(revision=Duty.revision + 1))
    assert on(village, DAY - timedelta(days=1), monkeypatch)["blocked"] == 1, "told before its day"
    assert on(village, DAY, monkeypatch)["lapsed"] == 1
    ended = row(village, change)
    assert ended.state == "lapsed" and "已被修改" in (ended.closed_reason or "") and ended.closed_at is not None
    assert [one for one in told(village.database) if "已终止" in one]
    assert village.node(village.duty).status == "published" and village.duties(change) == []
    # the duty is free again
    village.database.run(lambda s: service.propose(s, village.officer, village.plan("abolish", village.duty)))


@pytest.mark.parametrize("kind", ["move", "merge"])
def test_a_duty_put_under_it_meanwhile_is_not_orphaned(
    village: World, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    if kind == "move":
        change = waiting(village)
    else:
        change = village.change(village.plan("merge", village.duty, village.other, parts=(Part("婚姻收养登记"),)))
    with village.database.write() as session:
        late = new(session, "duty", "补办登记", village.town.civil, parent_id=village.duty)

    def come() -> str:
        if kind == "move":
            return "" if on(village, DAY, monkeypatch)["applied"] else row(village, change).blocked_reason or ""
        try:
            village.settle(village.giver, change)
        except MulianError as error:
            assert error.code == "catalog.duty_change.blocked"
            return error.text("zh")
        return ""

    assert village.node(late).code in come() and village.node(village.duty).status == "published"
    with village.database.write() as session:
        session.execute(update(Duty).where(Duty.id == late).values(parent_id=None))
    assert come() == "" and row(village, change).state == "done"
    assert village.node(village.duty).status == "withdrawn" and village.node(late).parent_id is None


def test_one_that_fails_stops_no_other(village: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = waiting(village), waiting(village, village.other)
    held = schedule.settle

    def failing(with_: Exception) -> Callable[..., bool]:
        def settle(session: Session, change_id: uuid.UUID, today: date) -> bool:
            if change_id == first:
                raise with_
            return held(session, change_id, today)

        return settle

    with monkeypatch.context() as patch:
        patch.setattr(schedule, "settle", failing(DATABASE_BUSY()))
        busy = code(lambda: on(village, DAY, pytest.MonkeyPatch()))
        assert busy == "kernel.database.busy", "the job runs again"
        assert row(village, first).blocked_reason is None and row(village, second).state == "scheduled"
        patch.setattr(schedule, "settle", failing(ValueError("a defect")))
        assert on(village, DAY, pytest.MonkeyPatch()) == {**QUIET, "applied": 1, "failed": 1}
    assert row(village, first).blocked_reason is None and row(village, second).state == "done"
    assert on(village, DAY, monkeypatch) == {**QUIET, "applied": 1}


def test_what_was_approved_is_what_is_applied(village: World, monkeypatch: pytest.MonkeyPatch) -> None:
    change = waiting(village)
    with village.database.write() as session:
        session.execute(update(DutyChange).where(DutyChange.id == change).values(
            plan={**row(village, change).plan, "reason": "改了"}
        ))
    assert on(village, DAY, monkeypatch)["blocked"] == 1 and village.node(village.duty).status == "published"
