"""职责变更: what a plan may be, and what its approval does to duties, links and everything below."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from catalog import permissions as p
from catalog.dependents import port
from catalog.dependents.queries import below
from catalog.dutychange import service, tasks
from catalog.dutychange.models import DutyChange, DutyChangeDuty, DutyTask
from catalog.dutychange.rules import Part, Plan
from catalog.history import links as link_history
from catalog.links import queries as links
from catalog.links import service as link_service
from catalog.links.models import DutyDuty
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.models import Duty, DutyData
from catalog.public import tombstones
from catalog.review import stages
from catalog.review.models import SecrecyReview
from catalog.review.secrecy import Secrecy
from catalog.transfers.service import Selection
from kernel import clock
from kernel.approvals.models import Approval
from kernel.approvals.tasks import tasks_for
from kernel.calendar.models import WorkCalendarDay, WorkCalendarYear
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor
from tests.catalog.conftest import Town, make_town
from tests.catalog.test_transfers import Desk
from tests.catalog.time_tools import ROOT, new, write

PASS = Secrecy("pass", "不涉及国家秘密")


class World(Desk):
    """A duty with a duty under it, data, a system with a table; people of both departments and the bureau."""

    def __init__(self, database: Database, town: Town) -> None:
        super().__init__(database, town)
        self.nurse = self.taker

    def settle_in(self, session: Session) -> None:
        """The people and everything of the world."""
        super().settle_in(session)
        town = self.town
        self.checker = self.user(session, "数据局审核", None, p.READ, p.REVIEW, p.SECRECY, p.REORGANISE, scope="all")
        self.duty = new(session, "duty", "婚姻登记", town.civil, basis_text="第一条")
        self.other = new(session, "duty", "收养登记", town.civil)
        self.child = new(session, "duty", "补领证件", town.civil, parent_id=self.duty)
        self.entries = [new(session, "data_entry", f"数据{n}", town.civil, children=[{"name": "姓名"}]) for n in range(3)]
        self.foreign = new(session, "data_entry", "出生", town.health)
        self.system = new(session, "system", "系统", town.civil)
        self.table = new(session, "db_table", "表", town.civil, children=[{"name": "id", "data_type": "int"}])
        write(session, "duty", [self.duty, self.other, self.child], "publish")
        write(session, "data_entry", [*self.entries, self.foreign], "publish")
        write(session, "system", [self.system], "publish")
        write(session, "db_table", [self.table], "publish")
        wanted = [("duty_data", self.duty, one) for one in (*self.entries[:2], self.foreign)]
        wanted += [("duty_data", self.other, self.entries[1]), ("duty_data", self.child, self.entries[2]),
                   ("data_system", self.entries[0], self.system), ("system_table", self.system, self.table)]
        link_service.add_many(session, ROOT, [link_service.Wanted(*one) for one in wanted], decided=True)

    def plan(self, kind: str, *sources: uuid.UUID, **more: Any) -> Plan:
        """A plan with a reason."""
        return Plan(kind, sources, "机构改革", "西编发〔2026〕1号", "2026-11-01", **more)

    def change(self, plan: Plan, actor: Actor | None = None) -> uuid.UUID:
        """Propose."""
        return self.database.run(lambda s: service.propose(s, actor or self.officer, plan).id)

    def settle(
        self, actor: Actor, change_id: uuid.UUID, approve: bool = True, secrecy: Secrecy | None = PASS,
        opinion: str = "",
    ) -> None:
        """Decide, having seen it."""
        def unit(session: Any) -> None:
            digest = session.get_one(Approval, session.get_one(DutyChange, change_id).approval_id).digest
            service.decide(
                session, actor, change_id, approve=approve, opinion=opinion, digest=digest, secrecy=secrecy
            )

        self.database.run(unit)

    def duties(self, change_id: uuid.UUID, role: str = "result") -> list[Duty]:
        """The duties of a role, by code."""
        with self.database.read() as session:
            query = select(Duty).join(DutyChangeDuty, DutyChangeDuty.duty_id == Duty.id)
            return list(session.scalars(query.where(
                DutyChangeDuty.change_id == change_id, DutyChangeDuty.role == role
            ).order_by(Duty.code)))

    def data_of(self, duty_id: uuid.UUID) -> set[uuid.UUID]:
        """Entries linked to a duty."""
        with self.database.read() as session:
            return set(session.scalars(select(DutyData.entry_id).where(DutyData.duty_id == duty_id)))

    def node(self, duty_id: uuid.UUID) -> Duty:
        """A duty as it stands."""
        with self.database.read() as session:
            return session.get_one(Duty, duty_id)

    def sound(self) -> None:
        """Every chain of versions, of nodes and links, holds together."""
        with self.database.read() as session:
            assert nodes.verify_chains(session)[1] == [] and links.verify_chains(session)[1] == []


@pytest.fixture
def world(database: Database, town: Town) -> World:
    """See the class."""
    return World(database, town)


@pytest.fixture
def village(sqlite_database: Database) -> World:
    """A world on SQLite alone, for what does not depend on the database."""
    return World(sqlite_database, make_town(sqlite_database))


def code(call: Callable[[], Any]) -> str:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value.code


@pytest.mark.requirement("S4-01")
def test_a_duty_moves_with_everything_below_to_be_checked(world: World) -> None:
    town, before = world.town, clock.now()
    change = world.change(world.plan("move", world.duty, department_id=town.health))
    assert code(lambda: world.settle(world.giver, change)) == "identity.permission.denied", "across: the bureau decides"
    world.settle(world.checker, change)
    (moved,) = world.duties(change)
    assert (moved.department_id, moved.name, moved.status, moved.version, moved.effective_on) == (
        town.health, "婚姻登记", "published", 1, "2026-11-01"
    )
    assert moved.basis_text == "第一条" and moved.code != world.node(world.duty).code
    old = world.node(world.duty)
    assert old.status == "withdrawn" and old.abolished_by is not None and "西编发" in old.abolished_by
    assert world.data_of(moved.id) == {*world.entries[:2], world.foreign} and world.data_of(world.duty) == set()
    assert world.node(world.child).parent_id == moved.id and world.node(world.child).version == 2
    with world.database.read() as session:
        fate = session.scalars(select(DutyDuty)).one()
        assert (fate.from_id, fate.to_id, fate.relation) == (world.duty, moved.id, "moved")
        opened = {task.node_id: task for task in session.scalars(select(DutyTask))}
        assert set(opened) == {world.child, *world.entries, world.foreign, world.system, world.table}
        assert {t.department_id for t in opened.values()} == {town.civil, town.health}
        assert opened[world.foreign].department_id == town.health
        stone = tombstones.of_node(session, world.duty)
        assert stone is not None and "划转" in stone.reason
        review = session.scalars(select(SecrecyReview).where(SecrecyReview.node_id == moved.id)).one()
        assert review.reviewer_name == "数据局审核"
        then = link_history.of_node(session, ROOT, world.duty, before)
        now = link_history.of_node(session, ROOT, world.duty, clock.now())
        assert len([one for one in then if one.link_kind == "duty_data"]) == 3
        assert [(one.link_kind, one.relation, one.node_id) for one in now] == [("duty_duty", "moved", moved.id)]
    world.sound()


def test_several_become_one(world: World) -> None:
    change = world.change(world.plan("merge", world.duty, world.other, parts=(Part("婚姻收养登记"),)))
    world.settle(world.giver, change)
    (merged,) = world.duties(change)
    assert (merged.name, merged.department_id, merged.basis_doc) == (
        "婚姻收养登记", world.town.civil, "西编发〔2026〕1号"
    )
    assert world.data_of(merged.id) == {*world.entries[:2], world.foreign}
    assert {world.node(one).status for one in (world.duty, world.other)} == {"withdrawn"}
    assert world.node(world.child).parent_id == merged.id
    with world.database.read() as session:
        assert {(one.from_id, one.relation) for one in session.scalars(select(DutyDuty))} == {
            (world.duty, "merged"), (world.other, "merged")
        }
    world.sound()


def test_one_is_merged_into_one_that_stays(village: World) -> None:
    change = village.change(village.plan("merge", village.duty, parts=(Part(into_id=village.other),)))
    village.settle(village.giver, change, secrecy=None)
    assert village.node(village.other).version == 1 and village.duties(change) == []
    assert village.data_of(village.other) == {*village.entries[:2], village.foreign}
    village.sound()


def test_one_becomes_several(world: World) -> None:
    first, second = world.entries[:2]
    lacking = world.plan("split", world.duty, parts=(Part("甲", entries=(first,)), Part("乙", entries=(second,))))
    assert code(lambda: world.change(lacking)) == "catalog.duty_change.plan", "the foreign entry goes to nobody"
    change = world.change(world.plan("split", world.duty, parts=(
        Part("结婚", entries=(first, second)), Part("离婚", rest=True, entries=(second,)),
    )))
    world.settle(world.giver, change)
    made = {duty.name: duty.id for duty in world.duties(change)}
    assert world.data_of(made["结婚"]) == {first, second} and world.data_of(made["离婚"]) == {second, world.foreign}
    assert world.node(world.child).parent_id == world.duty, "whose it is now is for its department to say"
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(DutyTask).where(DutyTask.node_id == world.child)) == 1
    world.sound()


def test_an_abolished_duty_leaves_its_data_to_be_settled(world: World) -> None:
    change = world.change(world.plan("abolish", world.other))
    world.settle(world.giver, change, secrecy=None)
    assert world.node(world.other).status == "withdrawn" and world.data_of(world.other) == set()
    with world.database.read() as session:
        assert session.scalars(select(DutyDuty)).all() == []
        assert {task.node_id for task in session.scalars(select(DutyTask))} == {world.entries[1]}
    world.sound()
    assert code(lambda: world.database.run(lambda s: service.withdraw(s, world.officer, change))) == (
        "catalog.duty_change.final"
    )


def test_duties_that_move_together_keep_their_order(village: World) -> None:
    change = village.change(village.plan("move", village.child, village.duty, department_id=village.town.health))
    village.settle(village.checker, change)
    made = {duty.name: duty for duty in village.duties(change)}
    assert made["补领证件"].parent_id == made["婚姻登记"].id and made["婚姻登记"].parent_id is None
    assert village.data_of(made["补领证件"].id) == {village.entries[2]}
    village.sound()


def test_new_duties_need_their_secrecy_review(village: World) -> None:
    plan = village.plan("merge", village.duty, village.other, parts=(Part("合并"),))
    change = village.change(plan)
    assert code(lambda: village.settle(village.giver, change, secrecy=None)) == "catalog.review.secrecy_missing"
    assert code(lambda: village.settle(village.giver, change, secrecy=Secrecy("refuse", "内部"))) == (
        "catalog.review.secrecy_refused"
    )
    own = lambda: village.database.run(lambda s: service.record_secrecy(s, village.officer, change, PASS))  # noqa: E731
    assert code(own) == "identity.permission.denied"
    village.database.run(lambda s: stages.configure(
        s, ROOT, department_id=village.town.civil, stages=["either"], due_workdays=5, separate_secrecy=True, version=0
    ))
    assert code(lambda: village.settle(village.giver, change)) == "catalog.review.secrecy_separate"
    guard = village.one_more("保密员", village.town.civil, p.READ, p.SECRECY)
    village.database.run(lambda s: service.record_secrecy(s, guard, change, PASS))
    village.settle(village.giver, change, secrecy=None)
    assert len(village.duties(change)) == 1


def test_who_proposes_decides_not_and_nothing_else_happens_meanwhile(village: World) -> None:
    plan = village.plan("abolish", village.duty)
    change = village.change(plan, village.bureau)
    both = village.one_more("兼职", village.town.civil, p.READ, p.EDIT, p.REVIEW)
    assert code(lambda: village.settle(village.bureau, change, secrecy=None)) == "kernel.approval.same_person"
    assert code(lambda: village.change(plan, both)) == "catalog.duty_change.blocked"
    with village.database.read() as session:
        (seen,) = service.preview(session, village.officer, plan).blocked
        assert "职责变更 ZB-" in seen[1][0]
    assert code(lambda: village.change(plan, village.nurse)) == "kernel.not_found", "a foreign duty"
    village.settle(village.giver, change, False, None, "依据不足")
    with village.database.read() as session:
        assert session.get_one(DutyChange, change).closed_reason == "依据不足"
    second = village.change(plan)
    village.database.run(
        lambda s: node_service.edit(s, village.officer, "duty", s.get_one(Duty, village.duty), {"office": "x"})
    )
    assert code(lambda: village.settle(village.giver, second, secrecy=None)) == "catalog.duty_change.stale"
    village.database.run(lambda s: service.withdraw(s, village.officer, second, reason="先改"))
    assert code(lambda: village.change(plan)) == "catalog.duty_change.blocked", "an open change of the duty"
    assert village.node(village.duty).status == "change_draft"


def test_a_plan_edited_in_the_table_is_not_applied(village: World) -> None:
    change = village.change(village.plan("abolish", village.other))
    with village.database.write() as session:
        row = session.get_one(DutyChange, change)
        row.plan = {**row.plan, "sources": [str(village.duty)]}
    assert code(lambda: village.settle(village.giver, change, secrecy=None)) == "kernel.approval.mismatch"


def test_tasks_are_answered_by_their_department_and_can_be_reopened(world: World) -> None:
    with world.database.write() as session:
        for year in (clock.now().year, clock.now().year + 1):
            if session.get(WorkCalendarYear, year) is None:
                session.add(WorkCalendarYear(year=year, source="通知", loaded_at=clock.now(), version=1))
    change = world.change(world.plan("move", world.duty, department_id=world.town.health, workdays=3))
    world.settle(world.checker, change)
    with world.database.read() as session:
        mine = {task.node_id: task.id for task in session.scalars(select(DutyTask))}
        assert all(task.due_on and task.due_on > task.opened_on for task in session.scalars(select(DutyTask)))
        assert [row.title_zh for row in tasks_for(session, world.nurse)] == ["职责划转 "
               + session.get_one(DutyChange, change).number + "：本部门有 1 项待核实"]
        assert "6 项待核实" in tasks_for(session, world.officer)[0].title_zh
        assert tasks_for(session, world.officer)[0].due_at is not None

    def answer(actor: Actor, *nodes_: uuid.UUID, **more: Any) -> Any:
        return world.database.run(lambda s: tasks.answer(s, actor, [mine[one] for one in nodes_], **more))

    assert code(lambda: answer(world.officer, world.foreign, answer="keep")) == "kernel.not_found"
    assert code(lambda: answer(world.officer, world.table, answer="no")) == "catalog.duty_change.answer"
    assert code(lambda: answer(world.officer, world.table, answer="other")) == "catalog.duty_change.note"
    answer(world.officer, world.table, world.system, answer="keep")
    again = code(lambda: answer(world.officer, world.child, world.table, answer="keep"))
    assert again == "catalog.duty_change.task_state"
    answer(world.nurse, world.foreign, answer="other", note="已与民政局商定")
    with world.database.read() as session:
        assert tasks_for(session, world.nurse) == [] and "4 项" in tasks_for(session, world.officer)[0].title_zh
    world.database.run(lambda s: tasks.reopen(s, world.nurse, [mine[world.foreign]]))
    with world.database.read() as session:
        task = session.get_one(DutyTask, mine[world.foreign])
        assert (task.state, task.answer, task.done_by) == ("open", None, None)


def test_open_dates_are_reckoned_when_the_calendar_is_extended(village: World) -> None:
    with village.database.write() as session:
        session.execute(WorkCalendarDay.__table__.delete())
        session.execute(WorkCalendarYear.__table__.delete())
    village.settle(village.giver, village.change(village.plan("abolish", village.other)), secrecy=None)
    assert village.database.run(tasks.complete_due_dates) == 0
    with village.database.write() as session:
        assert set(session.scalars(select(DutyTask.due_on))) == {None}
        for year in (clock.now().year, clock.now().year + 1):
            session.add(WorkCalendarYear(year=year, source="通知", loaded_at=clock.now(), version=1))
    assert village.database.run(tasks.complete_due_dates) == 1
    with village.database.read() as session:
        assert None not in set(session.scalars(select(DutyTask.due_on)))


def test_what_stands_on_floors_above_is_part_of_below(village: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port, "_sources", {})
    found = port.Dependent("interface", uuid.uuid4(), "I-1", "查询", village.town.health, village.entries[0], "published")
    port.dependent_source("interface", "接口", lambda session, ids: [found] if found.entry_id in ids else [])
    with village.database.read() as session:
        under = below(session, [village.duty])
    assert under.counts == {
        "duty": 1, "data_entry": 4, "system": 1, "db_table": 1, "interface": 1, "data_item": 3, "db_column": 1,
    }
    village.settle(village.giver, village.change(village.plan("abolish", village.duty)), secrecy=None)
    with village.database.read() as session:
        task = session.scalars(select(DutyTask).where(DutyTask.node_kind == "interface")).one()
        assert (task.node_id, task.department_id) == (found.id, village.town.health)


def test_a_ring_of_duties_ends(village: World) -> None:
    with village.database.write() as session:
        session.execute(update(Duty).where(Duty.id == village.duty).values(parent_id=village.child))
    with village.database.read() as session:
        assert [node.id for node in below(session, [village.duty]).of("duty")] == [village.child]


def test_drafts_below_stay_linked_as_drafts(village: World) -> None:
    draft = village.database.run(lambda s: new(s, "data_entry", "草稿", village.town.civil))
    village.database.run(lambda s: link_service.add(s, village.officer, "duty_data", village.other, draft))
    change = village.change(village.plan("merge", village.other, parts=(Part(into_id=village.duty),)))
    village.settle(village.giver, change, secrecy=None)
    assert draft in village.data_of(village.duty)
    village.sound()


def test_a_transfer_and_a_change_of_one_duty_at_once(world: World) -> None:
    barrier, answers = threading.Barrier(2), []

    def attempt(act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            act()
            answers.append("done")
        except MulianError as error:
            answers.append(error.code)

    acts: tuple[Callable[[], Any], ...] = (
        lambda: world.change(world.plan("abolish", world.other)),
        lambda: world.propose(Selection({"duty": [world.other]})),
    )
    threads = [threading.Thread(target=attempt, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count("done") == 1
    assert {*answers} - {"done"} <= {"catalog.duty_change.blocked", "catalog.transfer.blocked"}
