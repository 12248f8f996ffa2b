"""Stages, reasons by field, resubmission, batches and due dates, on both databases."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from catalog import permissions as p
from catalog.nodes import service as node_service
from catalog.nodes.models import DataEntry
from catalog.review import detail, queries, secrecy, stages
from catalog.review import reasons as reason_service
from catalog.review import service as review
from catalog.review.models import ReviewCase
from catalog.review.queries import Filter
from catalog.review.reasons import Reason
from kernel import clock
from kernel.calendar.service import replace_year
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor
from tests.catalog.conftest import Town, person
from tests.catalog.test_workflow import PASS, change_entry, code, create, decide, entry, submit


def rule(database: Database, town: Town, *tokens: str, **more: Any) -> stages.Rule:
    values = {"due_workdays": 5, "separate_secrecy": False, "version": 0, **more}
    return database.run(lambda s: stages.configure(
        s, town.bureau, department_id=town.civil, stages=tokens, **values
    ))


def shown(database: Database, case_id: uuid.UUID) -> dict[str, Any]:
    with database.read() as session:
        return detail.case_detail(session, session.get_one(ReviewCase, case_id))


def test_two_stages_two_persons(database: Database, town: Town) -> None:
    rule(database, town, "department", "bureau")
    entry_id = create(database, town)
    case = submit(database, town.officer, entry_id)
    assert code(lambda: decide(database, town.bureau, case, "approve", secrecy=PASS)) == "catalog.review.wrong_stage"
    first = decide(database, town.reviewer, case, "approve", reason="内容属实", secrecy=PASS)
    assert (first.count, first.published, entry(database, entry_id).status) == (1, 0, "pub_review")
    again = code(lambda: decide(database, town.reviewer, case, "approve"))
    assert again == "catalog.review.same_reviewer"
    assert code(lambda: database.run(lambda s: review.recall(s, town.officer, case))) == "catalog.review.already_opened"
    second = decide(database, town.bureau, case, "approve", reason="同意")
    assert (second.published, entry(database, entry_id).version) == (1, 1)
    steps = shown(database, case)["stages"]
    assert [(one["stage"], one["state"], one["by"], one["opinion"]) for one in steps] == [
        ("department", "approve", "reviewer", "内容属实"), ("bureau", "approve", "bureau", "同意"),
    ]
    for verb in ("UPDATE review_step SET opinion = 'x'", "DELETE FROM review_step"):
        with pytest.raises(Exception, match="insert-only"), database.write() as session:
            session.execute(text(verb))


def test_who_works_for_both_stages_decides_only_one(database: Database, town: Town) -> None:
    rule(database, town, "department", "bureau")
    both = person("both", town.civil, p.READ, p.REVIEW, scope="all")
    case = submit(database, town.officer, create(database, town))
    decide(database, both, case, "approve", secrecy=PASS)
    with database.read() as session:
        mine = session.scalars(queries.selection(both, Filter(decidable=True))).all()
        theirs = session.scalars(queries.selection(town.bureau, Filter(decidable=True))).all()
        own = session.scalars(queries.selection(town.reviewer, Filter(decidable=True))).all()
    assert (mine, [one.id for one in theirs], own) == ([], [case], [])
    assert code(lambda: decide(database, both, case, "approve")) == "catalog.review.same_reviewer"


def test_rules_are_data_with_a_version(database: Database, town: Town) -> None:
    assert rule(database, town, "bureau", due_workdays=None).version == 1
    assert code(lambda: rule(database, town, "department")) == "kernel.match.stale"
    assert code(lambda: rule(database, town, "bureau", "department", version=1)) == "catalog.review.stages"
    assert code(lambda: database.run(lambda s: stages.configure(
        s, town.officer, department_id=None, stages=["bureau"], due_workdays=5, separate_secrecy=False, version=0
    ))) == "identity.permission.denied"
    with database.read() as session:
        rules = stages.Rules(session)
        assert rules.of(town.civil).stages == ("bureau",) and rules.of(town.health) == stages.Rule()
        assert [(scope, one.stages) for scope, _, _, one in stages.listed(session)] == [
            ("default", ("either",)), (str(town.civil), ("bureau",)),
        ]


def test_reasons_by_field_and_what_the_next_round_did(database: Database, town: Town) -> None:
    entry_id = create(database, town, abstract="短", keywords=["a"])
    with database.read() as session:
        child = node_service.queries.children(session, node_service.KINDS["data_entry"], [entry_id])[entry_id][0]
    case = submit(database, town.officer, entry_id)
    told = [
        Reason("写明范围", "abstract"), Reason("补充单位", "office"), Reason("不是姓名", "name", child["id"]),
        Reason("缺证件号", "children"),
    ]
    assert code(lambda: decide(
        database, town.reviewer, case, "return", reasons=[Reason("x", "no_such")]
    )) == "catalog.review.reason_field"
    decide(database, town.reviewer, case, "return", reason="请补正", reasons=told)
    with database.read() as session:
        waiting = reason_service.open_of(session, [entry_id])[entry_id]
        assert [(one.field, one.child_name) for one in waiting] == [
            (None, None), ("abstract", None), ("office", None), ("name", "姓名"), ("children", None)
        ]
        assert queries.returned(session, entry_id)[0].reason.startswith("请补正；摘要：写明范围")

    def edit(s: Any) -> None:
        node = s.get_one(DataEntry, entry_id)
        items = node_service.queries.children(s, node_service.KINDS["data_entry"], [entry_id])[entry_id]
        node_service.edit(s, town.officer, "data_entry", node, {"abstract": "本区婚姻登记"}, [
            {**items[0], "name": "申请人姓名"}, {"name": "证件号码", "level": 1},
        ])

    database.run(edit)
    answers = {waiting[2].id: "处室已撤并，待三定方案"}
    unknown = {uuid.uuid4(): "x"}
    assert code(lambda: database.run(
        lambda s: review.submit(s, town.officer, "data_entry", [entry_id], answers=unknown)
    )) == "catalog.review.answer_unknown"
    case = database.run(lambda s: review.submit(s, town.officer, "data_entry", [entry_id], answers=answers))[0]
    found = shown(database, case)
    assert [(one["field"], one["changed"], one["answered"]) for one in found["reasons"]] == [
        (None, True, True), ("abstract", True, True), ("office", False, True), ("name", True, True),
        ("children", True, True),
    ]
    since = found["since_return"]
    assert [(one["field"], one["before"], one["after"]) for one in since["differences"]] == [
        ("abstract", "短", "本区婚姻登记")
    ]
    assert [one["name"] for one in since["children"]["added"]] == ["证件号码"]
    assert [one["name"] for one in since["children"]["removed"]] == ["日期"]
    assert since["children"]["changed"][0]["fields"] == [
        {"field": "name", "label": "名称", "before": "姓名", "after": "申请人姓名"}
    ]
    with database.read() as session:
        assert session.get_one(ReviewCase, case).round == 2 and reason_service.open_of(session, [entry_id]) == {}
    database.run(lambda s: review.recall(s, town.officer, case))
    with database.read() as session:
        assert len(reason_service.open_of(session, [entry_id])[entry_id]) == 5, "a recalled round answers nothing"
    case = submit(database, town.officer, entry_id)
    assert [one["answered"] for one in shown(database, case)["reasons"]] == [True, True, False, True, True]
    decide(database, town.reviewer, case, "approve", secrecy=PASS)


def test_the_change_of_a_published_entry_side_by_side(database: Database, town: Town) -> None:
    entry_id = create(database, town)
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    change_entry(database, town.officer, entry_id, {"name": "婚姻登记数据", "office": "一科"})
    found = shown(database, submit(database, town.officer, entry_id))
    assert [(one["label"], one["before"], one["after"]) for one in found["differences"]] == [
        ("名称", "婚姻登记信息", "婚姻登记数据"), ("处室", None, "一科")
    ]
    assert found["children"] == {"added": [], "removed": [], "changed": [], "moved": False}
    assert found["since_return"] is None


def test_a_batch_is_all_or_nothing_or_only_what_can_be(database: Database, town: Town) -> None:
    good = [create(database, town, name=f"目录{number}") for number in range(3)]
    own = create(database, town, name="自报")
    change_entry(database, town.bureau, own, {"office": "x"})
    cases = [submit(database, town.officer, one) for one in (*good, own)]

    def batch(**more: Any) -> review.Decided:
        return database.run(lambda s: review.decide_cases(
            s, town.bureau, queries.cases(s, town.bureau, cases), "approve", secrecy=PASS, **more
        ))

    with pytest.raises(MulianError) as caught:
        batch()
    assert caught.value.code == "catalog.review.batch_refused" and caught.value.params["refused"] == 1
    assert [(row["name"], row["error"]) for row in caught.value.params["rows"]] == [
        ("自报", "catalog.review.same_person")
    ]
    assert {entry(database, one).status for one in good} == {"pub_review"}, "nothing was done"
    done = batch(possible=True)
    assert (done.count, done.published, [one.case_id for one in done.refused]) == (3, 3, [cases[3]])
    assert {entry(database, one).status for one in good} == {"published"}
    assert entry(database, own).status == "pub_review"
    many = database.run(lambda s: review.decide_cases(
        s, town.bureau_too, queries.cases(s, town.bureau_too, cases), "return", reasons=[Reason("改名", "name")]
    ))
    assert many.count == 1 and entry(database, own).status == "pub_rejected"


def test_queue_filters(database: Database, town: Town) -> None:
    rule(database, town, "department", "bureau")
    with database.write() as session:
        replace_year(session, system_actor("test"), year=clock.now().year, source="放假通知", days=[])
        replace_year(session, system_actor("test"), year=clock.now().year + 1, source="放假通知", days=[])
    first, second = (submit(database, town.officer, create(database, town, name=name)) for name in "甲乙")
    decide(database, town.reviewer, first, "approve", secrecy=PASS)
    today = clock.business_day(clock.now())
    with database.write() as session:
        session.execute(text("UPDATE review_case SET due_on = :d, submitted_at = submitted_at - :a WHERE id = :id"), {
            "d": (today - timedelta(days=1)).isoformat(), "a": 9 * 86_400_000_000,
            "id": second.hex if database.dialect == "sqlite" else second,
        })

    def found(actor: Actor = town.bureau, **more: Any) -> set[uuid.UUID]:
        with database.read() as session:
            return set(session.scalars(queries.selection(actor, Filter(**more)).with_only_columns(ReviewCase.id)))

    assert found() == {first, second} and found(state="done") == set()
    assert found(stage="bureau") == {first} == found(decidable=True)
    assert found(town.reviewer, decidable=True) == {second} == found(due="overdue") == found(older_than=8)
    assert found(kind="duty") == set() == found(subject="withdraw") and found(subject="publish") == {first, second}
    assert found(department_id=town.health) == set() and found(town.stranger) == set()
    assert found(due="pending") == set() and found(due="none") == set() and found(due="later") <= {first}
    assert found(town.officer, mine=True) == {first, second}


def test_due_dates_are_working_days_and_never_guessed(database: Database, town: Town) -> None:
    rule(database, town, "either", due_workdays=250)
    case = submit(database, town.officer, create(database, town))
    with database.read() as session:
        row = session.get_one(ReviewCase, case)
        assert (row.due_on, row.due_pending) == (None, True), "期限待定: the calendar ends before"
    assert database.run(stages.complete_due_dates) == 0
    start = clock.business_day(clock.now())
    with database.write() as session:
        for year in (start.year, start.year + 1):
            replace_year(session, system_actor("test"), year=year, source="放假通知", days=[])
    assert database.run(stages.complete_due_dates) == 1
    with database.read() as session:
        row = session.get_one(ReviewCase, case)
        due = stages.due(stages.calendar.load(session), start, 250)
        assert (row.due_on, row.due_pending) == (due.day, False) and due.day is not None and due.day > str(start)
    rule(database, town, "either", due_workdays=None, version=1)
    case = submit(database, town.officer, create(database, town))
    with database.read() as session:
        row = session.get_one(ReviewCase, case)
        assert (row.due_on, row.due_pending) == (None, False)


def test_secrecy_by_its_own_reviewer(database: Database, town: Town) -> None:
    rule(database, town, "either", separate_secrecy=True)
    guard = person("guard", town.civil, p.READ, p.SECRECY)
    entry_id = create(database, town)
    case = submit(database, town.officer, entry_id)
    inline = code(lambda: decide(database, town.reviewer, case, "approve", secrecy=PASS))
    assert inline == "catalog.review.secrecy_separate"

    def conclude(actor: Actor, conclusion: str) -> None:
        said = review.Secrecy(conclusion, "经审查")
        database.run(lambda s: review.record_secrecy(s, actor, queries.cases(s, actor, [case]), said))

    conclude(guard, "refuse")
    assert code(lambda: decide(database, town.reviewer, case, "approve")) == "catalog.review.secrecy_refused"
    conclude(town.reviewer, "pass")
    assert code(lambda: decide(database, town.reviewer, case, "approve")) == "catalog.review.secrecy_separate"
    conclude(guard, "pass")
    maker = person("officer", town.civil, p.SECRECY)
    own = Actor(town.officer.user_id, "officer", town.civil, maker.permissions)
    assert code(lambda: conclude(own, "pass")) == "catalog.review.same_person"
    assert code(lambda: conclude(town.officer, "pass")) == "identity.permission.denied"
    decide(database, town.reviewer, case, "approve")
    with database.read() as session:
        listed, total = secrecy.page(session, secrecy.listing(
            kind="data_entry", departments=[town.civil], conclusion=None, since=None, until=None, reviewer=None
        ), limit=10, offset=0)
        assert total == 3 and [one[0].conclusion for one in listed] == ["pass", "pass", "refuse"]
        few, count = secrecy.page(session, secrecy.listing(
            kind="data_entry", departments=None, conclusion="refuse", since=clock.now() - timedelta(days=1),
            until=clock.now(), reviewer="guard",
        ), limit=10, offset=0)
        assert count == 1 and few[0][1] == entry(database, entry_id).code
        assert session.scalar(select(ReviewCase.decided_name).where(ReviewCase.id == case)) == "reviewer"


def test_every_editor_of_a_content_is_its_maker(database: Database, town: Town) -> None:
    entry_id = create(database, town)
    decide(database, town.reviewer, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
    change_entry(database, town.bureau, entry_id, {"office": "一科"})
    change_entry(database, town.bureau_too, entry_id, {"use_scene": "核验"})
    case = submit(database, town.officer, entry_id)
    for editor in (town.bureau, town.bureau_too):
        # the first editor is not the last one any more, and still made a part of it
        assert code(lambda actor=editor: decide(database, actor, case, "approve", secrecy=PASS)) == (
            "catalog.review.same_person"
        )
    decide(database, town.reviewer, case, "approve", secrecy=PASS)
    change_entry(database, town.officer, entry_id, {"office": "二科"})
    decide(database, town.bureau, submit(database, town.officer, entry_id), "approve", secrecy=PASS)
