"""Editing and review on both databases: one transaction for version, audit line, leaf and event."""

import uuid
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from catalog import facts
from catalog.entries import service as entries
from catalog.events import EntryPublished
from catalog.nodes import queries as nodes
from catalog.nodes import service as node_service
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry, NodeVersion
from catalog.review import changes
from catalog.review import queries as reviews
from catalog.review import service as review
from chain.anchoring.models import AnchorLeaf
from kernel import clock, events
from kernel.audit.models import AuditLog
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor
from tests.catalog.conftest import Town

PASS = review.Secrecy("pass", "公开信息，不涉及国家秘密")
FIELDS = {"name": "婚姻登记信息", "share_type": "unconditional", "open_type": "none", "abstract": "样例"}


def create(database: Database, town: Town, **more: Any) -> uuid.UUID:
    return database.run(lambda s: entries.create(
        s, town.officer, {**FIELDS, **more}, department_id=town.civil, items=[{"name": "姓名"}, {"name": "日期"}],
    ).id)


def submit(database: Database, actor: Actor, entry_id: uuid.UUID, action: str = "submit") -> uuid.UUID:
    note = "数据已归并到他处" if action == "withdraw" else ""
    return database.run(lambda s: review.submit(s, actor, "data_entry", [entry_id], action=action, note=note)[0])


def decide(database: Database, actor: Actor, case_id: uuid.UUID, decision: str, **more: Any) -> review.Decided:
    return database.run(lambda s: review.decide_cases(s, actor, reviews.cases(s, actor, [case_id]), decision, **more))


def change_entry(database: Database, actor: Actor, entry_id: uuid.UUID, values: dict[str, Any]) -> None:
    database.run(lambda s: node_service.edit(s, actor, "data_entry", s.get_one(DataEntry, entry_id), values))


def entry(database: Database, entry_id: uuid.UUID) -> DataEntry:
    with database.read() as session:
        return session.get_one(DataEntry, entry_id)


def code(call: Any) -> str:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value.code


@pytest.mark.requirement("S4-01")
def test_from_draft_to_second_version_and_withdrawal(database: Database, town: Town) -> None:
    heard: list[EntryPublished] = []
    events.subscribe(EntryPublished, lambda _, event: heard.append(event))
    entry_id = create(database, town)
    assert entry(database, entry_id).code.endswith("-000001")
    case = submit(database, town.officer, entry_id)
    assert code(lambda: decide(database, town.reviewer, case, "approve")) == "catalog.review.secrecy_missing"
    assert decide(database, town.reviewer, case, "approve", secrecy=PASS).published == 1
    first = entry(database, entry_id)
    assert (first.status, first.version, first.online) == ("published", 1, True)

    def change(s: Any) -> None:
        node = node_service.found(s, town.officer, "data_entry", entry_id, edit="catalog.entry.edit")
        items = nodes.children(s, KINDS["data_entry"], [entry_id])[entry_id]
        node_service.edit(s, town.officer, "data_entry", node, {"name": "婚姻登记数据"}, items[:1])

    database.run(change)
    drafted = entry(database, entry_id)
    assert (drafted.status, drafted.name) == ("change_draft", "婚姻登记信息"), "readers keep seeing version 1"
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    second = entry(database, entry_id)
    assert (second.name, second.version, second.status) == ("婚姻登记数据", 2, "published")
    decide(database, town.reviewer, submit(database, town.officer, entry_id, "withdraw"), "approve")
    assert entry(database, entry_id).status == "withdrawn"

    with database.read() as session:
        rows = nodes.versions(session, "data_entry", entry_id)
        assert [(r.version, r.action) for r in rows] == [(1, "publish"), (2, "change"), (3, "withdraw")]
        assert rows[1].prev_hash == rows[0].entry_hash and rows[2].entry_hash == entry(database, entry_id).entry_hash
        assert nodes.verify_chains(session) == (3, [])
        leaves = session.scalars(select(AnchorLeaf).where(AnchorLeaf.object_id == str(entry_id))).all()
        assert sorted((leaf.version, leaf.record["entry_hash"]) for leaf in leaves) == [
            (r.version, r.entry_hash) for r in rows
        ]
        audits = set(session.scalars(select(AuditLog.id)))
        assert {r.audit_id for r in rows} <= audits
        diff = entries.difference(session, "data_entry", entry_id, 1, 2)
        assert {(d.field, d.before, d.after) for d in diff} == {
            ("name", "婚姻登记信息", "婚姻登记数据"), ("children", 2, 1)
        }
        assert [v.version for v in entries.versions(session, "data_entry", entry_id)] == [3, 2, 1]
    assert [event.versions[0].action for event in heard] == ["publish", "change", "withdraw"]


def test_versions_cannot_be_rewritten(database: Database, town: Town) -> None:
    entry_id = create(database, town)
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    for statement in ("UPDATE node_version SET entry_hash = 'x'", "DELETE FROM node_version"):
        with pytest.raises(DBAPIError), database.write() as session:
            session.execute(text(statement))
    with database.write() as session:
        session.execute(text("UPDATE data_entry SET entry_hash = :h"), {"h": "0" * 64})
    with database.read() as session:
        checked, broken = nodes.verify_chains(session)
    assert checked == 1 and broken[0]["versions"] == [2], "a head that no version has is named"


def test_return_resubmit_recall_and_persons(database: Database, town: Town) -> None:
    entry_id = create(database, town)
    assert code(lambda: submit(database, town.stranger, entry_id)) == "kernel.not_found"
    case = submit(database, town.officer, entry_id)
    assert code(lambda: submit(database, town.officer, entry_id)) == "catalog.node.state"
    assert code(lambda: decide(database, town.reviewer, case, "return", reason=" ")) == "catalog.review.reason_missing"
    decide(database, town.reviewer, case, "return", reason="摘要过短")
    assert entry(database, entry_id).status == "pub_rejected"
    case = submit(database, town.officer, entry_id)
    assert code(lambda: database.run(lambda s: review.recall(s, town.bureau, case))) == "catalog.review.not_submitter"
    database.run(lambda s: review.recall(s, town.officer, case))
    assert entry(database, entry_id).status == "draft"
    case = submit(database, town.officer, entry_id)
    database.run(lambda s: review.open_for_review(s, town.reviewer, case))
    assert code(lambda: database.run(lambda s: review.recall(s, town.officer, case))) == "catalog.review.already_opened"
    foreign = code(lambda: decide(database, town.stranger, case, "approve", secrecy=PASS))
    assert foreign == "catalog.review.selection_empty"
    with database.read() as session:
        assert [c.reason for c in reviews.returned(session, entry_id)] == ["摘要过短"]


def test_maker_is_never_checker_and_nothing_half_done_stays(database: Database, town: Town) -> None:
    entry_id = create(database, town)
    change_entry(database, town.bureau, entry_id, {"office": "x"})
    case = submit(database, town.officer, entry_id)
    # the bureau's person edited it last, so another one has to decide
    assert code(lambda: decide(database, town.bureau, case, "approve", secrecy=PASS)) == "catalog.review.same_person"
    with database.read() as session:
        assert reviews.secrecy_records(session, entry_id) == []
        assert session.scalar(select(func.count()).select_from(NodeVersion)) == 0
    decide(database, town.bureau_too, case, "approve", secrecy=PASS)


def test_a_secrecy_review_covers_one_content(database: Database, town: Town) -> None:
    entry_id = create(database, town)
    case = submit(database, town.officer, entry_id)
    database.run(lambda s: review.record_secrecy(s, town.reviewer, reviews.cases(s, town.reviewer, [case]), PASS))
    decide(database, town.reviewer, case, "return", reason="改名")
    change_entry(database, town.officer, entry_id, {"name": "新"})
    case = submit(database, town.officer, entry_id)
    assert code(lambda: decide(database, town.reviewer, case, "approve")) == "catalog.review.secrecy_missing"
    refuse = review.Secrecy("refuse", "含敏感内容")
    refused = code(lambda: decide(database, town.reviewer, case, "approve", secrecy=refuse))
    assert refused == "catalog.review.secrecy_refused"


def test_incomplete_secret_and_foreign_are_refused(database: Database, town: Town) -> None:
    entry_id = create(database, town, share_type="conditional")
    assert code(lambda: submit(database, town.officer, entry_id)) == "catalog.node.incomplete"

    def make(department_id: uuid.UUID, **more: Any) -> uuid.UUID:
        return database.run(lambda s: entries.create(s, town.officer, FIELDS, department_id=department_id, **more).id)

    assert code(lambda: make(town.civil, secret=True)) == "catalog.entry.secret"
    assert code(lambda: make(town.health)) == "kernel.not_found"
    with database.read() as session:
        assert (
            code(lambda: node_service.found(session, town.stranger, "data_entry", entry_id)) == "catalog.node.unknown"
        )


def test_discard_reclass_and_facts(database: Database, town: Town) -> None:
    entry_id = create(database, town)
    node = lambda s: s.get_one(DataEntry, entry_id)  # noqa: E731
    change_entry(database, town.officer, entry_id, {"class_code": "307001"})
    classed = entry(database, entry_id)
    assert classed.code == "307001/000001"
    with database.read() as session:
        codes = [c["code"] for c in nodes.children(session, KINDS["data_entry"], [entry_id])[entry_id]]
    assert codes == ["307001/000001#001", "307001/000001#002"]
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    database.run(
        lambda s: node_service.edit(s, town.officer, "data_entry", node(s), {"name": "别名", "update_cycle": "daily"})
    )
    database.run(lambda s: changes.discard(s, town.officer, KINDS["data_entry"], node(s)))
    assert (entry(database, entry_id).status, entry(database, entry_id).name) == ("published", "婚姻登记信息")
    create(database, town)
    with database.read() as session:
        judged = {one.level: one.figures for one in facts.quality(session, town.civil, clock.now())}
        assert judged["data_entry"]["accurate"] == (2, 3), "the name stands twice"
        assert judged["data_entry"]["timely"] == (0, 0)
