"""Reviews and withdrawals of revision 0007 are carried over: steps, reasons, stones; open cases can be decided."""

import uuid
from typing import Any

from catalog.nodes import queries as nodes
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DbColumn
from catalog.public import tombstones
from catalog.review import detail, queries
from catalog.review import service as review
from catalog.review.models import ReviewCase
from kernel import clock
from kernel.db import Database
from mulian.migrations import run
from tests.catalog.conftest import ALL, person
from tests.catalog.test_upgrade import old, put
from tests.catalog.test_workflow import PASS

assert old  # the fixture of the upgrade tests


def case(session: Any, department: uuid.UUID, entry: uuid.UUID, **more: Any) -> uuid.UUID:
    return put(
        session, "review_case", node_kind="data_entry", node_id=entry, department_id=department, subject="publish",
        revision=1, submitted_name="张三", submitted_at=clock.to_micros(clock.now()), **more,
    )


def test_cases_of_0007_survive(old: Database) -> None:
    with old.write() as session:
        home = put(session, "department", name="区民政局", aliases="[]", version=1)
        lists = {"keywords": "[]", "formats": "[]", "related_codes": "[]", "share_type": "unconditional",
                 "open_type": "none", "level": 1, "name": "样例", "revision": 1, "department_id": home}
        waiting = put(session, "data_entry", **lists, status="pub_review", version=0)
        back = put(session, "data_entry", **lists, status="pub_rejected", version=0)
        gone = put(session, "data_entry", **lists, status="withdrawn", version=2, valid_to=clock.to_micros(clock.now()))
        table = put(session, "db_table", department_id=home, status="draft", version=0)
        put(session, "db_column", table_id=table, number=1)
        open_case = case(session, home, waiting)
        returned = case(
            session, home, back, decision="return", reason="摘要过短", decided_name="李四",
            decided_at=clock.to_micros(clock.now()),
        )
    assert run.upgrade(old) == run.head()
    with old.read() as session:
        row = session.get_one(ReviewCase, open_case)
        assert (row.stages, row.stage, row.stage_at, row.due_on) == (["either"], "either", row.submitted_at, None)
        shown = detail.case_detail(session, session.get_one(ReviewCase, returned))
        assert [(one["state"], one["by"], one["opinion"]) for one in shown["stages"]] == [("return", "李四", "摘要过短")]
        assert [one["reason"] for one in shown["returned_for"]] == ["摘要过短"]
        stone = tombstones.of_node(session, gone)
        assert stone is not None and stone.version == 2 and "未登记" in stone.reason
        assert [one.level for one in session.query(DbColumn)] == [1]
    bureau = person("bureau", None, *ALL, scope="all")
    done = old.run(lambda s: review.decide_cases(
        s, bureau, queries.cases(s, bureau, [open_case]), "approve", secrecy=PASS
    ))
    assert done.published == 1
    old.run(lambda s: review.submit(s, person("officer", home, *ALL), "data_entry", [back]))
    with old.read() as session:
        again = queries.open_case(session, back)
        assert again is not None and again.round == 2
        told = detail.case_detail(session, again)
        # what it was like when it was returned had not been kept: nothing is claimed about it
        assert told["since_return"] is None and [one["changed"] for one in told["reasons"]] == [None]
        assert nodes.rows(session, KINDS["data_entry"], [waiting])[waiting]["status"] == "published"
