"""What the workbench shows a reviewer: cases to decide, never one's own, nothing once it is decided."""

from catalog.review import tasks
from kernel.approvals.tasks import TaskRow
from kernel.db import Database
from kernel.identity.actor import Actor
from tests.catalog.conftest import Town
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
