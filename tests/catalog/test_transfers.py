"""移交: both sides decide, all nodes move or none, one transfer at a time, and the way back."""

import io
import threading
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog import permissions as p
from catalog.history import service as history
from catalog.history.queries import Filters
from catalog.nodes import queries as nodes
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry, DbTable, System, SystemTable
from catalog.review import service as review
from catalog.search.models import SearchDoc
from catalog.transfers import document, queries, rules, service
from catalog.transfers.models import NodeTransfer, NodeTransferNode
from catalog.transfers.service import Selection
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.approvals.models import Approval
from kernel.approvals.tasks import tasks_for
from kernel.audit.models import AuditLog
from kernel.audit.service import record
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor
from kernel.identity.models import User
from tests.catalog.conftest import Town, make_town, person
from tests.catalog.time_tools import ROOT, new, published


class Desk:
    """Officers and reviewers of two departments who are users of the database, so that approvals can name them."""

    def __init__(self, database: Database, town: Town) -> None:
        self.database, self.town = database, town
        with database.write() as session:
            self.settle_in(session)

    def settle_in(self, session: Session) -> None:
        """Make the people."""
        town = self.town
        self.officer = self.user(session, "移出经办", town.civil, p.READ, p.EDIT, p.SUBMIT)
        self.giver = self.user(session, "移出审核", town.civil, p.READ, p.REVIEW, p.SECRECY)
        self.taker = self.user(session, "接收经办", town.health, p.READ, p.EDIT)
        self.receiver = self.user(session, "接收审核", town.health, p.READ, p.REVIEW)
        self.bureau = self.user(session, "数据局", None, p.READ, p.EDIT, p.SUBMIT, p.REVIEW, scope="all")

    def user(
        self, session: Session, name: str, department_id: uuid.UUID | None, *permissions: str, scope: str = "own"
    ) -> Actor:
        """A person who is a user of the database."""
        actor = person(name, department_id, *permissions, scope=scope)
        session.add(User(
            id=actor.user_id, username=name, display_name=name, department_id=department_id, password_hash="-",
            password_history=[], password_changed_at=clock.now(), created_at=clock.now(),
        ))
        session.flush()
        return actor

    def one_more(self, name: str, department_id: uuid.UUID | None, *permissions: str, scope: str = "own") -> Actor:
        """Another person."""
        return self.database.run(lambda s: self.user(s, name, department_id, *permissions, scope=scope))

    def propose(self, selection: Selection, actor: Actor | None = None) -> uuid.UUID:
        """A transfer from the civil affairs bureau to the health commission."""
        return self.database.run(lambda s: service.propose(
            s, actor or self.officer, giver_id=self.town.civil, receiver_id=self.town.health, selection=selection,
            reason="机构改革", basis="西编发〔2026〕1号",
        ).id)

    def decide(self, actor: Actor, transfer_id: uuid.UUID, approve: bool = True, opinion: str = "") -> None:
        """Decide the side that waits, having seen it."""
        def unit(session: Any) -> None:
            row = session.get_one(NodeTransfer, transfer_id)
            digest = session.get_one(Approval, service.current_approval_id(row)).digest
            service.decide(session, actor, transfer_id, approve=approve, opinion=opinion, digest=digest)

        self.database.run(unit)

    def state(self, transfer_id: uuid.UUID) -> str:
        """The stored state."""
        with self.database.read() as session:
            return session.get_one(NodeTransfer, transfer_id).state

    def entry(self, entry_id: uuid.UUID) -> DataEntry:
        """A data entry as it stands."""
        with self.database.read() as session:
            return session.get_one(DataEntry, entry_id)


@pytest.fixture
def desk(database: Database, town: Town) -> Desk:
    """See the class."""
    return Desk(database, town)


@pytest.fixture
def alone(sqlite_database: Database) -> Desk:
    """A desk on SQLite alone, for what does not depend on the database."""
    return Desk(sqlite_database, make_town(sqlite_database))


def code(call: Callable[[], Any]) -> str:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value.code


@pytest.mark.requirement("S4-01")
def test_from_proposal_to_the_receivers_desk(desk: Desk) -> None:
    database, town = desk.database, desk.town
    entry = published(database, "data_entry", "婚姻登记", town.civil, children=[{"name": "姓名"}])
    draft = database.run(lambda s: new(s, "data_entry", "草稿", town.civil))
    system = published(database, "system", "婚姻系统", town.civil)
    table = published(database, "db_table", "登记表", town.civil, table_name="t_marry")
    with database.write() as session:
        audit_id = record(session, ROOT, action="test.link", object_type="test", object_id="1", detail={})
        session.add(SystemTable(
            id=ids.new(), system_id=system, table_id=table, version=0, created_at=clock.now(), audit_id=audit_id
        ))
    before, kept = clock.now(), desk.entry(entry)
    held = desk.propose(Selection({"db_table": [table]}))
    with database.read() as session:
        seen = service.preview(
            session, desk.officer, giver_id=town.civil, receiver_id=town.health,
            selection=Selection({"system": [system]}, leave_out=[table]),
        )
    assert [(one.node_id, one.system_id, one.system) for one in seen.blocked] == [(table, system, "婚姻系统")]
    database.run(lambda s: service.withdraw(s, desk.officer, held, reason=""))
    transfer = desk.propose(Selection({"data_entry": [entry, draft], "system": [system]}))

    assert code(lambda: desk.decide(desk.receiver, transfer)) == "kernel.not_found", "the giver decides first"
    desk.decide(desk.giver, transfer)
    assert desk.state(transfer) == "receiver_review" and desk.entry(entry).department_id == town.civil
    desk.decide(desk.receiver, transfer)

    moved = desk.entry(entry)
    assert (desk.state(transfer), moved.department_id, moved.code, moved.version, moved.online) == (
        "done", town.health, kept.code, 2, True
    )
    drafted = desk.entry(draft)
    assert (drafted.department_id, drafted.status, drafted.version) == (town.health, "draft", 0)
    with database.read() as session:
        assert session.get_one(System, system).department_id == town.health
        assert session.get_one(DbTable, table).department_id == town.health, "a table goes with its system"
        assert nodes.verify_chains(session)[1] == []
        old = history.node_at(session, ROOT, "data_entry", entry, before)
        new_one = history.node_at(session, ROOT, "data_entry", entry, clock.now())
        assert (old.org_name, new_one.org_name, new_one.action) == ("区民政局", "区卫生健康委", "transfer")
        assert [child["name"] for child in history.children_at(session, new_one) or ()] == ["姓名"]
        assert history.listed(session, ROOT, clock.now(), Filters(department_id=town.health), limit=9)[1] == 3
        indexed = select(SearchDoc.department_id).where(SearchDoc.node_id.in_([entry, draft, system, table]))
        assert set(session.scalars(indexed)) == {town.health}
        listed = {row.node_id: row for row in session.scalars(select(NodeTransferNode))}
        assert (listed[entry].version, listed[entry].moved_version, listed[entry].children) == (1, 2, 1)
        assert listed[draft].moved_version == 0
        actions = set(session.scalars(select(AuditLog.action).where(AuditLog.object_id == str(transfer))))
        assert actions == {"catalog.transfer.propose", "catalog.transfer.give", "catalog.transfer.receive"}


def test_two_persons_who_are_not_the_proposer(alone: Desk) -> None:
    entry = published(alone.database, "data_entry", "甲", alone.town.civil)
    transfer = alone.propose(Selection({"data_entry": [entry]}), alone.bureau)
    assert code(lambda: alone.decide(alone.bureau, transfer)) == "kernel.approval.same_person"
    alone.decide(alone.giver, transfer)
    assert code(lambda: alone.decide(alone.bureau, transfer)) == "kernel.approval.same_person"
    other = alone.one_more("数据局乙", None, p.READ, p.REVIEW, scope="all")
    second = alone.propose(Selection({"data_entry": [published(alone.database, "data_entry", "乙", alone.town.civil)]}))
    alone.decide(other, second)
    assert code(lambda: alone.decide(other, second)) == "catalog.transfer.two_persons"
    assert alone.state(second) == "receiver_review", "a refused decision leaves nothing"
    alone.decide(alone.receiver, second)


def test_refusal_withdrawal_and_the_workbench(alone: Desk) -> None:
    entry = published(alone.database, "data_entry", "甲", alone.town.civil)
    transfer = alone.propose(Selection({"data_entry": [entry]}))
    with alone.database.read() as session:
        assert [row.title_zh for row in tasks_for(session, alone.giver) if "移交" in row.title_zh]
        assert not [row for row in tasks_for(session, alone.receiver) if "移交" in row.title_zh]
    assert code(lambda: alone.decide(alone.giver, transfer, False)) == "kernel.approval.opinion_required"
    alone.decide(alone.giver, transfer, False, "清单不全")
    with alone.database.read() as session:
        row = session.get_one(NodeTransfer, transfer)
        assert (row.state, row.closed_reason) == ("rejected", "清单不全")
    second = alone.propose(Selection({"data_entry": [entry]}))
    alone.decide(alone.giver, second)
    with alone.database.read() as session:
        assert [row.title_zh for row in tasks_for(session, alone.receiver) if "移交" in row.title_zh]
    assert code(lambda: alone.database.run(lambda s: service.withdraw(s, alone.taker, second))) == "kernel.not_found"
    alone.database.run(lambda s: service.withdraw(s, alone.officer, second, reason="重新核对"))
    assert alone.state(second) == "withdrawn"
    assert code(lambda: alone.decide(alone.receiver, second)) == "catalog.transfer.state"
    third = alone.propose(Selection({"data_entry": [entry]}))
    with alone.database.read() as session:
        approval = session.get_one(NodeTransfer, third).give_approval_id
    alone.database.run(lambda s: approvals.withdraw(s, alone.officer, approval))
    assert alone.state(third) == "withdrawn", "taken back on the approvals page"


def test_what_is_open_cannot_be_transferred(desk: Desk) -> None:
    database, town = desk.database, desk.town
    entry = published(database, "data_entry", "甲", town.civil)
    draft = database.run(lambda s: new(s, "data_entry", "乙", town.civil))
    database.run(lambda s: review.submit(s, ROOT, "data_entry", [draft]))
    foreign = published(database, "data_entry", "丙", town.health)
    desk.propose(Selection({"data_entry": [entry]}))

    def blocked() -> dict[uuid.UUID, str]:
        with database.read() as session:
            seen = service.preview(
                session, desk.officer, giver_id=town.civil, receiver_id=town.health,
                selection=Selection({"data_entry": [entry, draft, foreign]}),
            )
            return {one.node_id: one.reason_zh for one in seen.blocked}

    found = blocked()
    assert "待审核" in found[draft] and "移交 YJ-" in found[entry] and found[foreign] == "不属于移出部门"
    for one in (entry, draft, foreign):
        assert code(lambda one=one: desk.propose(Selection({"data_entry": [one]}))) == "catalog.transfer.blocked"
    with database.write() as session:
        session.execute(update(Approval).values(expires_at=clock.now()))
    assert entry not in blocked(), "a transfer past its time holds nothing"
    assert code(lambda: desk.propose(Selection({"data_entry": []}))) == "catalog.transfer.empty"
    assert code(lambda: desk.propose(Selection({"data_entry": [uuid.uuid4()]}))) == "kernel.not_found"
    secret = database.run(lambda s: new(s, "data_entry", "丁", town.civil))
    hidden = code(lambda: desk.propose(Selection({"data_entry": [secret]}), desk.taker))
    assert hidden == "kernel.not_found", "a draft is not theirs to see"
    assert code(lambda: desk.propose(Selection({}, ["data_entry"]), desk.taker)) == "kernel.not_found"
    assert code(lambda: desk.propose(Selection({}, ["data_entry"]))) == "catalog.transfer.blocked"
    rest = desk.propose(Selection({}, ["data_entry"], [draft]))
    with database.read() as session:
        assert {row.node_id for row in session.scalars(queries.nodes(rest))} == {entry, secret}, "all but the open one"


def test_a_change_after_the_proposal_stops_the_whole_transfer(desk: Desk) -> None:
    entries = [published(desk.database, "data_entry", f"目录{n}", desk.town.civil) for n in range(3)]
    transfer = desk.propose(Selection({"data_entry": entries}))
    desk.decide(desk.giver, transfer)
    with desk.database.write() as session:
        session.execute(update(DataEntry).where(DataEntry.id == entries[1]).values(revision=9))
    assert code(lambda: desk.decide(desk.receiver, transfer)) == "catalog.transfer.stale"
    assert {desk.entry(one).department_id for one in entries} == {desk.town.civil}, "all or none"
    with desk.database.write() as session:
        session.execute(update(DataEntry).where(DataEntry.id == entries[1]).values(revision=2))
        swapped = update(NodeTransferNode).where(NodeTransferNode.node_id == entries[0])
        session.execute(swapped.values(node_id=ids.new()))
    assert code(lambda: desk.decide(desk.receiver, transfer)) == "catalog.transfer.stale", "the list is bound"


def test_one_of_two_transfers_at_once_wins(desk: Desk) -> None:
    entry = published(desk.database, "data_entry", "甲", desk.town.civil)
    barrier, answers = threading.Barrier(2), []

    def propose() -> None:
        barrier.wait()
        try:
            desk.propose(Selection({"data_entry": [entry]}))
            answers.append("done")
        except MulianError as error:
            answers.append(f"{error.code} {error.text('zh') if hasattr(error, 'text') else error.params}")

    threads = [threading.Thread(target=propose) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.split()[0] for answer in answers) == ["catalog.transfer.blocked", "done"]
    assert "YJ-" in next(answer for answer in answers if answer != "done"), "the loser is told which transfer holds it"


def test_giving_back_what_nobody_touched(desk: Desk) -> None:
    entries = [published(desk.database, "data_entry", f"目录{n}", desk.town.civil) for n in range(2)]
    transfer = desk.propose(Selection({"data_entry": entries}))
    early = code(lambda: desk.database.run(lambda s: service.reverse(s, desk.officer, transfer)))
    assert early == "catalog.transfer.state"
    desk.decide(desk.giver, transfer)
    desk.decide(desk.receiver, transfer)
    with desk.database.write() as session:
        session.execute(update(DataEntry).where(DataEntry.id == entries[0]).values(revision=9))
    back, left = desk.database.run(lambda s: service.reverse(s, desk.taker, transfer))
    assert left == [desk.entry(entries[0]).code] and back.reverses_id == transfer and back.nodes_count == 1
    other = desk.one_more("接收审核乙", desk.town.health, p.READ, p.REVIEW)
    desk.decide(other, back.id)
    desk.decide(desk.giver, back.id)
    assert desk.entry(entries[1]).department_id == desk.town.civil and desk.entry(entries[1]).version == 3
    with desk.database.write() as session:
        session.execute(update(DataEntry).values(revision=20))
    assert code(lambda: desk.database.run(lambda s: service.reverse(s, desk.taker, transfer))) == (
        "catalog.transfer.not_reversible"
    )


def test_the_list_to_sign(alone: Desk) -> None:
    entry = published(alone.database, "data_entry", "甲", alone.town.civil, children=[{"name": "姓名"}])
    transfer = alone.propose(Selection({"data_entry": [entry]}))
    with alone.database.read() as session:
        row = session.get_one(NodeTransfer, transfer)
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(document.handover(session, row, "xlsx")))
        line = sheet.get_sheet_by_name("移交清单").to_python()[2]
        assert line[1:4] == ["数据目录", alone.entry(entry).code, "甲"]
        with zipfile.ZipFile(io.BytesIO(document.handover(session, row, "docx"))) as parts:
            text = parts.read("word/document.xml").decode()
        assert "待移出部门审核" in text and row.number in text and "接收部门（盖章）" in text


def test_everything_of_a_department_in_few_statements(desk: Desk, scale: Any) -> None:
    count = scale.of(30, 2000)
    with desk.database.write() as session:
        for number in range(count):
            new(session, "data_entry", f"目录{number}", desk.town.civil)
    transfer = desk.propose(Selection({}, list(KINDS)))
    desk.decide(desk.giver, transfer)
    desk.decide(desk.receiver, transfer)
    with desk.database.read() as session:
        assert len(session.scalars(select(DataEntry).where(DataEntry.department_id == desk.town.health)).all()) == count


@pytest.mark.pure
@settings(max_examples=100)
@given(st.lists(st.sampled_from(["approve", "reject", "withdraw"]), max_size=6))
def test_the_state_machine_ends_and_never_skips_a_side(actions: list[str]) -> None:
    state, consents = "giver_review", 0
    for action in actions:
        if state not in rules.OPEN:
            with pytest.raises(MulianError):
                rules.next_state("YJ", state, action)
            continue
        state = rules.next_state("YJ", state, action)
        consents += action == "approve"
    assert (state == "done") == (consents == 2 and state not in ("rejected", "withdrawn"))
    assert state in rules.LABELS
