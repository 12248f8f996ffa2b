"""What the workbench shows a reviewer: cases to decide, never one's own, nothing once it is decided."""

from catalog.links import decisions, queries, service
from catalog.links import tasks as link_tasks
from catalog.review import tasks
from kernel.approvals.tasks import TaskRow
from kernel.db import Database
from kernel.identity.actor import Actor
from tests.catalog.conftest import Town
from tests.catalog.graph import Graph
from tests.catalog.test_workflow import PASS, create, decide, submit


def waiting(database: Database, actor: Actor) -> list[TaskRow]:
    with database.read() as session:
        return tasks.waiting(session, actor)


def test_a_submitted_entry_waits_for_its_reviewer_until_it_is_decided(database: Database, town: Town) -> None:
    case_id = submit(database, town.officer, create(database, town))
    rows = waiting(database, town.reviewer)
    assert [row.id for row in rows] == [case_id]
    assert "婚姻登记信息" in rows[0].title_zh and rows[0].title_zh.startswith("发布")
    assert rows[0].url == f"/catalog/review?case={case_id}"
    assert waiting(database, town.officer) == []
    decide(database, town.reviewer, case_id, "approve", secrecy=PASS)
    assert waiting(database, town.reviewer) == []


def test_a_task_of_links_leads_to_the_whole_of_what_was_submitted_at_once(database: Database, town: Town) -> None:
    graph = Graph(database, town)
    duty, entries = graph.node("duty"), [graph.entry("备注"), graph.entry("经办人")]
    for kind, node in (("duty", duty), ("data_entry", entries[0]), ("data_entry", entries[1])):
        graph.publish(kind, node)
    wanted = [service.Wanted("duty_data", duty, entry) for entry in entries]
    database.run(lambda session: service.add_many(session, town.officer, wanted))
    with database.read() as session:
        (task,) = link_tasks.waiting(session, town.reviewer)
        first, second = (row.id for row in session.scalars(queries.queue(town.reviewer)))
    assert task.url == f"/catalog/links?change={first}" and task.from_id == town.officer.user_id
    database.run(lambda session: decisions.decide(session, town.reviewer, [first], "approve"))
    with database.read() as session:
        for change in (first, second):
            rows = session.scalars(queries.together(town.reviewer, change))
            assert {row.id: row.decision for row in rows} == {first: "approve", second: None}, "decided or not"
        assert session.scalars(queries.together(town.stranger, first)).all() == []
