"""Links: one way to write them; drafts follow their ends, published ones wait for a second person; chains hold."""

import uuid
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from catalog.entries import service as entries
from catalog.imports import service as imports
from catalog.imports.jobs import run_apply
from catalog.imports.undo import undo
from catalog.links import decisions, effects, listing, queries, service, tasks
from catalog.links.models import DataData, DutyDuty, LinkChange, LinkVersion
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry, Duty, DutyData, ItemColumn, SystemTable
from catalog.review import queries as reviews
from catalog.review import service as review
from chain.anchoring.models import AnchorLeaf
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor
from tests.catalog import books
from tests.catalog.conftest import Town
from tests.catalog.graph import PASS, Graph


@pytest.fixture
def graph(database: Database, town: Town) -> Graph:
    return Graph(database, town)


def code(call: Any) -> str:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value.code


def count(database: Database, model: Any, *where: Any) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def versions(database: Database, kind: str) -> list[tuple[int, str]]:
    with database.read() as session:
        query = select(LinkVersion.version, LinkVersion.action).where(LinkVersion.link_kind == kind)
        return [tuple(row) for row in session.execute(query.order_by(LinkVersion.link_id, LinkVersion.version))]


def waiting(database: Database) -> list[uuid.UUID]:
    with database.read() as session:
        return list(session.scalars(select(LinkChange.id).where(LinkChange.decision.is_(None))))


def decide(database: Database, actor: Actor, decision: str = "approve", **more: Any) -> decisions.Decided:
    ids = waiting(database)
    return database.run(lambda s: decisions.decide(s, actor, ids, decision, **more))


def verified(database: Database) -> tuple[int, list[dict[str, Any]]]:
    with database.read() as session:
        return queries.verify_chains(session)


@pytest.mark.requirement("S4-01")
def test_a_link_of_drafts_becomes_valid_with_the_last_of_its_ends(graph: Graph, database: Database) -> None:
    duty, entry = graph.node("duty"), graph.entry("姓名")
    system = graph.node("system")
    table = graph.table(system, "姓名")
    assert graph.link("duty_data", duty, entry) == "draft"
    assert graph.link("data_system", entry, system) == "draft"
    assert graph.link("item_column", graph.leaves(entry)[0], graph.leaves(table)[0]) == "draft"
    assert graph.link("duty_data", duty, entry) == "held", "the same link twice is one link"
    graph.publish("duty", duty)
    assert count(database, LinkVersion) == 0, "one end is still a draft"
    graph.publish("data_entry", entry)
    assert versions(database, "duty_data") == [(1, "add")]
    graph.publish("system", system)
    graph.publish("db_table", table)
    for kind in ("data_system", "system_table", "item_column"):
        assert versions(database, kind) == [(1, "add")], kind
    with database.read() as session:
        row = session.scalars(select(DutyData)).one()
        version = session.scalars(select(LinkVersion).where(LinkVersion.link_kind == "duty_data")).one()
        leaf = session.scalars(select(AnchorLeaf).where(AnchorLeaf.object_id == str(version.link_id))).one()
        assert (row.id, row.version, row.entry_hash) == (version.link_id, 1, version.entry_hash)
        assert leaf.record["entry_hash"] == version.entry_hash and leaf.object_type == "duty_data"
        assert version.author_id == graph.town.officer.user_id and version.approver_id == graph.town.reviewer.user_id
    assert verified(database) == (4, [])


def test_between_published_nodes_a_second_person_decides(graph: Graph, database: Database) -> None:
    duty, entry = graph.node("duty"), graph.entry()
    graph.publish("duty", duty)
    graph.publish("data_entry", entry)
    assert graph.link("duty_data", duty, entry) == "pending"
    assert graph.link("duty_data", duty, entry) == "held"
    assert count(database, DutyData) == 0, "readers see it when it is approved"
    town = graph.town
    assert code(lambda: decide(database, town.officer)) == "identity.permission.denied"
    both = Actor(town.officer.user_id, "officer", town.civil, frozenset({*town.officer.permissions,
                                                                         *town.reviewer.permissions}))
    assert code(lambda: decide(database, both)) == "catalog.review.same_person"
    assert code(lambda: decide(database, town.stranger)) == "catalog.link.change_unknown"
    assert code(lambda: decide(database, town.reviewer, "return")) == "catalog.review.reason_missing"
    assert decide(database, town.reviewer).effective == 1
    assert versions(database, "duty_data") == [(1, "add")] and count(database, DutyData) == 1
    assert graph.unlink("duty_data", duty, entry) == "pending" and count(database, DutyData) == 1
    assert graph.unlink("duty_data", duty, entry) == "held"
    decide(database, town.reviewer, "return", reason="职责未变")
    assert count(database, DutyData) == 1
    graph.unlink("duty_data", duty, entry)
    decide(database, town.bureau)
    assert count(database, DutyData) == 0
    graph.link("duty_data", duty, entry)
    decide(database, town.reviewer)
    assert versions(database, "duty_data") == [(1, "add"), (2, "remove"), (3, "add")], "one chain for the same ends"
    with database.read() as session:
        chain = list(session.scalars(select(LinkVersion).order_by(LinkVersion.version)))
        assert [row.prev_hash for row in chain] == [None, chain[0].entry_hash, chain[1].entry_hash]
        assert len({row.link_id for row in chain}) == 1
    assert verified(database) == (3, [])


def test_a_reviewer_does_not_decide_on_an_own_link(graph: Graph, database: Database) -> None:
    duty, entry = graph.node("duty"), graph.entry()
    graph.publish("duty", duty)
    assert graph.link("duty_data", duty, entry, graph.town.bureau) == "draft"
    assert code(lambda: graph.publish("data_entry", entry, reviewer=graph.town.bureau)) == "catalog.review.same_person"
    with database.read() as session:
        case = nodes.node(session, KINDS["data_entry"], entry)
        assert case is not None and case.status == "pub_review", "nothing half done stays"


def test_under_review_a_link_is_a_decision_of_its_own(graph: Graph, database: Database) -> None:
    duty, entry = graph.node("duty"), graph.entry()
    graph.publish("duty", duty)
    case = database.run(lambda s: review.submit(s, graph.town.officer, "data_entry", [entry]))
    assert graph.link("duty_data", duty, entry) == "pending", "the reviewer's content does not change meanwhile"
    assert code(lambda: decide(database, graph.town.reviewer)) == "catalog.link.ends"
    database.run(lambda s: review.decide_cases(
        s, graph.town.reviewer, reviews.cases(s, graph.town.reviewer, case), "approve", secrecy=PASS
    ))
    assert count(database, DutyData) == 0
    assert decide(database, graph.town.reviewer).effective == 1


def test_links_end_with_a_withdrawn_node_and_with_a_deleted_item(graph: Graph, database: Database) -> None:
    entry, system = graph.entry("姓名", "日期"), graph.node("system")
    table = graph.table(system, "姓名", "日期")
    for item, column in zip(graph.leaves(entry), graph.leaves(table), strict=True):
        graph.link("item_column", item, column)
    for kind, node in (("data_entry", entry), ("system", system), ("db_table", table)):
        graph.publish(kind, node)
    assert versions(database, "item_column") == [(1, "add"), (1, "add")]

    def drop_one(session: Any) -> None:
        items = nodes.children(session, KINDS["data_entry"], [entry])[entry]
        node_service.edit(
            session, graph.town.officer, "data_entry", session.get_one(DataEntry, entry), {}, items[:1]
        )

    database.run(drop_one)
    assert count(database, ItemColumn) == 2, "a drafted change takes nothing away"
    graph.publish("data_entry", entry)
    assert count(database, ItemColumn) == 1
    assert sorted(versions(database, "item_column")) == [(1, "add"), (1, "add"), (2, "remove")]
    duty = graph.node("duty")
    graph.publish("duty", duty)
    graph.link("duty_data", duty, entry)
    graph.publish("data_entry", entry, action="withdraw")
    assert count(database, ItemColumn) == 0 and count(database, SystemTable) == 1
    assert versions(database, "item_column").count((2, "remove")) == 2
    assert waiting(database) == [], "what waited at a withdrawn node is void"
    assert code(lambda: graph.link("duty_data", duty, entry)) == "catalog.link.withdrawn"
    assert verified(database)[1] == []


def test_who_may_link_what(graph: Graph, database: Database) -> None:
    town = graph.town
    duty, entry, system = graph.node("duty"), graph.entry(), graph.node("system")
    other = graph.node("data_entry", town.stranger)
    assert code(lambda: graph.link("duty_data", duty, entry, town.reviewer)) == "identity.permission.denied"
    assert code(lambda: graph.link("duty_data", duty, entry, town.stranger)) == "catalog.node.unknown"
    assert code(lambda: graph.link("duty_data", duty, other)) == "catalog.node.unknown", "a foreign draft is unseen"
    assert code(lambda: graph.link("duty_data", entry, duty)) == "catalog.node.unknown"
    assert code(lambda: graph.link("nothing", entry, duty)) == "catalog.link.kind"
    assert code(lambda: graph.link("data_data", entry, entry, relation="related")) == "catalog.link.self"
    assert code(lambda: graph.link("data_data", entry, entry, relation="friend")) == "catalog.link.relation"
    assert code(lambda: graph.link("duty_data", duty, entry, relation="related")) == "catalog.link.relation"
    assert code(lambda: graph.link("duty_duty", duty, graph.node("duty"), relation="moved")) == "catalog.link.kind"
    assert code(lambda: graph.unlink("duty_data", duty, entry)) == "catalog.link.unknown"
    table = graph.table(system)
    assert code(lambda: graph.link("system_table", graph.node("system"), table)) == "catalog.link.table_owned"
    assert count(database, DutyData) == 0


def test_relations_and_the_fate_of_a_duty(graph: Graph, database: Database) -> None:
    first, second = graph.entry(), graph.entry()
    assert graph.link("data_data", first, second, relation="derived") == "draft"
    assert graph.link("data_data", first, second, relation="related") == "draft", "two relations are two links"
    graph.publish("data_entry", first, second)
    assert count(database, DataData, DataData.version == 1) == 2
    old, new = graph.node("duty"), graph.node("duty")
    graph.publish("duty", old, new)
    state = graph.link("duty_duty", old, new, graph.town.bureau, relation="moved", decided=True)
    assert state == "valid" and versions(database, "duty_duty") == [(1, "add")]
    graph.publish("duty", old, action="withdraw")
    assert count(database, DutyDuty) == 1, "where a duty went stays on record"
    entry = graph.entry()
    graph.publish("data_entry", entry)
    assert graph.link("duty_data", new, entry, graph.town.bureau, decided=True) == "valid"
    assert graph.unlink("duty_data", new, entry, graph.town.bureau, decided=True) == "valid"
    assert versions(database, "duty_data") == [(1, "add"), (2, "remove")] and verified(database)[1] == []


def test_setting_the_links_of_an_entry(graph: Graph, database: Database) -> None:
    one, two, entry, system = graph.node("duty"), graph.node("duty"), graph.entry(), graph.node("system")

    def put(duties: list[uuid.UUID], systems: list[uuid.UUID]) -> None:
        database.run(lambda s: entries.link(
            s, graph.town.officer, s.get_one(DataEntry, entry), duty_ids=duties, system_ids=systems
        ))

    put([one, two], [system])
    put([two], [system])
    assert count(database, DutyData) == 1
    graph.publish("duty", one, two)
    graph.publish("data_entry", entry)
    put([one], [system])
    assert len(waiting(database)) == 2 and count(database, DutyData) == 1, "one comes, one goes, both wait"
    put([two], [system])
    assert waiting(database) == [], "saying the opposite takes back what waited"


def test_lists_name_both_ends_and_what_waits(graph: Graph, database: Database) -> None:
    duty, entry, system = graph.node("duty"), graph.entry("姓名"), graph.node("system")
    table = graph.table(system, "姓名")
    graph.link("duty_data", duty, entry)
    graph.link("item_column", graph.leaves(entry)[0], graph.leaves(table)[0])
    officer, stranger = graph.town.officer, graph.town.stranger
    with database.read() as session:
        rows, counts = listing.of_node(session, officer, "data_entry", entry, None, limit=20, offset=0)
        assert counts == {"duty_data": 1, "data_system": 0, "item_column": 1, "data_data": 0}
        assert [row["first"]["name"] for row in rows] == ["婚姻登记", "姓名"]
        assert rows[1]["second"]["node_name"] == "婚姻登记表" and rows[1]["second"]["department"] == "区民政局"
        second, _ = listing.of_node(session, officer, "data_entry", entry, None, limit=1, offset=1)
        assert [row["id"] for row in second] == [rows[1]["id"]], "pages run over the kinds"
        assert listing.of_node(session, stranger, "data_entry", entry, None, limit=20, offset=0)[0] == []
        at_leaf, _ = listing.of_node(session, officer, "db_column", graph.leaves(table)[0], None, limit=9, offset=0)
        assert len(at_leaf) == 1
    graph.publish("duty", duty)
    graph.publish("data_entry", entry)
    graph.unlink("duty_data", duty, entry)
    with database.read() as session:
        rows, _ = listing.of_node(session, officer, "duty", duty, None, limit=20, offset=0)
        assert rows[0]["pending"] == "remove" and rows[0]["state"] == "valid"
        todo = tasks.waiting(session, graph.town.reviewer)
        assert len(todo) == 1 and "婚姻登记 — 婚姻登记信息" in todo[0].title_zh
        assert tasks.waiting(session, stranger) == [] and tasks.waiting(session, officer) == []
    mine = waiting(database)
    assert code(lambda: database.run(lambda s: decisions.recall(s, graph.town.bureau, mine))) \
        == "catalog.link.not_submitter"
    database.run(lambda s: decisions.recall(s, officer, mine))
    assert waiting(database) == []


def test_verification_finds_a_forged_chain(graph: Graph, database: Database) -> None:
    duty, entry = graph.node("duty"), graph.entry()
    graph.link("duty_data", duty, entry)
    graph.publish("duty", duty)
    graph.publish("data_entry", entry)
    for statement in ("UPDATE link_version SET action = 'remove'", "DELETE FROM link_version"):
        with pytest.raises(DBAPIError), database.write() as session:
            session.execute(text(statement))
    other = graph.entry()
    with database.write() as session:
        session.execute(text("UPDATE duty_data SET entry_id = :other"), {
            "other": other.hex if database.dialect == "sqlite" else other
        })
    assert len(verified(database)[1]) == 1, "the row points elsewhere than its chain says"
    with database.write() as session:
        session.execute(text("DELETE FROM duty_data"))
    assert len(verified(database)[1]) == 1, "a link that was never removed is missing"


def test_links_from_before_versions_are_registered(graph: Graph, database: Database) -> None:
    duty, entry = graph.node("duty"), graph.entry()
    graph.publish("duty", duty)
    graph.publish("data_entry", entry)
    with database.write() as session:
        row = session.get_one(DataEntry, entry)
        session.add(DutyData(
            id=uuid.uuid4(), duty_id=duty, entry_id=entry, created_at=row.created_at, audit_id=row.audit_id
        ))
    assert database.run(lambda s: effects.register(s, graph.town.bureau)) == 1
    assert versions(database, "duty_data") == [(1, "add")] and verified(database) == (1, [])


def test_thousands_in_a_handful_of_statements(graph: Graph, database: Database, scale: Any) -> None:
    many = scale.of(300, 5000)
    duty = graph.node("duty")
    entry = graph.entry(*(f"项{number}" for number in range(many)))
    system = graph.node("system")
    table = graph.table(system, *(f"项{number}" for number in range(many)))
    pairs = list(zip(graph.leaves(entry), graph.leaves(table), strict=True))
    said: list[str] = []

    def counted(*args: Any) -> None:
        said.append(args[2])

    event.listen(database.engine, "before_cursor_execute", counted)
    wanted = [service.Wanted("item_column", *pair) for pair in pairs]
    database.run(lambda s: service.add_many(s, graph.town.officer, wanted))
    added = len(said)
    for kind, node in (("duty", duty), ("data_entry", entry), ("system", system)):
        graph.publish(kind, node)
    said.clear()
    graph.publish("db_table", table)
    event.remove(database.engine, "before_cursor_execute", counted)
    assert count(database, LinkVersion) == many + 1
    slices = many // 1000 + 1
    assert added < 20 * slices + many // 300 and len(said) < 80 + 30 * slices + many // 100, (added, len(said))
    assert verified(database) == (many + 1, [])


def test_an_imported_link_follows_the_same_rules(graph: Graph, database: Database, checked: Any) -> None:
    town = graph.town
    duty, gone, entry, draft = graph.node("duty"), graph.node("duty"), graph.entry(), graph.entry()
    foreign = graph.node("data_entry", town.stranger)
    graph.publish("duty", duty, gone)
    graph.publish("data_entry", entry)
    graph.publish("duty", gone, action="withdraw")
    with database.read() as session:
        codes = {
            one: session.get_one(model, one).code
            for model, ids in ((Duty, (duty, gone)), (DataEntry, (entry, draft, foreign))) for one in ids
        }
    rows = [
        ["职责-数据", codes[duty], codes[entry]], ["职责-数据", codes[duty], codes[draft]],
        ["职责-数据", codes[gone], codes[draft]], ["职责-数据", codes[duty], codes[foreign]],
        ["数据-数据（加工自）", codes[draft], codes[entry]],
    ]
    data = books.book({"关联": [["关联类型", "上级", "下级"], *rows]})
    batch = checked(town.officer, data, profile="four-level")
    assert batch.counts["actions"] == {"create": 3, "skip": 2}, batch.counts
    counts = run_apply(database, town.officer, batch.id, accept_partial=True)
    assert (counts["link_created"], counts["link_pending"]) == (2, 1)
    assert len(waiting(database)) == 1 and count(database, DataData) == 1
    undone = database.run(lambda s: undo(s, town.officer, imports.found(s, town.officer, batch.id)))
    assert waiting(database) == [] and count(database, DataData) == count(database, DutyData) == 0
    assert undone["left"] == []
    second = checked(town.officer, data, profile="four-level")
    run_apply(database, town.officer, second.id, accept_partial=True)
    decide(database, town.reviewer)
    graph.publish("data_entry", draft)
    left = database.run(lambda s: undo(s, town.officer, imports.found(s, town.officer, second.id)))["left"]
    assert len(left) == 3 and count(database, DutyData) == 2, "what was decided since stays and is listed"
    assert verified(database)[1] == []


def test_what_waits_follows_its_nodes(graph: Graph, database: Database) -> None:
    duty, entry, system = graph.node("duty"), graph.entry("姓名", "日期"), graph.node("system")
    table = graph.table(system, "姓名", "日期")
    for kind, node in (("duty", duty), ("data_entry", entry), ("system", system), ("db_table", table)):
        graph.publish(kind, node)
    graph.link("item_column", graph.leaves(entry)[1], graph.leaves(table)[1])
    graph.link("duty_data", duty, entry)
    database.run(lambda s: node_service.edit(
        s, graph.town.officer, "data_entry", s.get_one(DataEntry, entry), {},
        nodes.children(s, KINDS["data_entry"], [entry])[entry][:1],
    ))
    graph.publish("data_entry", entry)

    def move(session: Any) -> None:
        row = session.get_one(DataEntry, entry)
        row.department_id = graph.town.health
        session.flush()
        effects.follow(session, graph.town.bureau, "data_entry", [(entry, "transfer")], row.audit_id)

    database.run(move)
    with database.read() as session:
        homes = {one.link_kind: one.department_id for one in session.scalars(select(LinkChange))}
        assert homes["duty_data"] == graph.town.health, "decided where its owner is now"
        item = next(one for one in listing.changes(session, list(session.scalars(select(LinkChange))))
                    if one["kind"] == "item_column")
        assert item["first"] is None and item["second"]["name"] == "c1"
    assert decide(database, graph.town.bureau) == decisions.Decided(2, 1)
    with database.read() as session:
        decisions_ = dict(session.execute(select(LinkChange.link_kind, LinkChange.decision)).tuples().all())
        assert decisions_ == {"item_column": "void", "duty_data": "approve"}
    assert verified(database)[1] == []
