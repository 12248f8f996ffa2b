"""Decisions as a table: every combination of what a decision rests on, against rows that say what must come of it."""

import itertools
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.nodes import content, diff, journal
from catalog.nodes.content import Content
from catalog.nodes.kinds import KINDS
from catalog.review import reasons
from catalog.review.models import ReviewReason
from catalog.review.reasons import Reason
from catalog.review.rules import SEQUENCES, STAGES, STATES, SUBJECTS, Situation, decide, in_charge
from catalog.review.stages import Due, due
from kernel.calendar.rules import WorkCalendar
from kernel.errors import MulianError

pytestmark = pytest.mark.pure
SUBMITTER, EDITOR, EARLIER, OTHER = (uuid.uuid4() for _ in range(4))
PEOPLE = {"nobody": None, "submitter": SUBMITTER, "editor": EDITOR, "earlier": EARLIER, "other": OTHER}
ANY = None

# (state, action, who, opened, in charge, last, secrecy, separate, reason) → result; the first row that fits decides.
# secrecy: "", pass, own (passed by who decides now), past (passed by who decided before), refuse
TABLE: tuple[tuple[Any, ...], ...] = (
    ("*", "recall", "submitter", True, ANY, ANY, ANY, ANY, ANY, "already_opened"),
    ("pub_review", "recall", "submitter", ANY, ANY, ANY, ANY, ANY, ANY, "draft"),
    ("change_review", "recall", "submitter", ANY, ANY, ANY, ANY, ANY, ANY, "change_draft"),
    ("withdraw_review", "recall", "submitter", ANY, ANY, ANY, ANY, ANY, ANY, "published"),
    ("*", "recall", ANY, ANY, ANY, ANY, ANY, ANY, ANY, "not_submitter"),
    ("*", ANY, "nobody", ANY, ANY, ANY, ANY, ANY, ANY, "same_person"),
    ("*", ANY, "submitter", ANY, ANY, ANY, ANY, ANY, ANY, "same_person"),
    ("*", ANY, "editor", ANY, ANY, ANY, ANY, ANY, ANY, "same_person"),
    ("*", ANY, "earlier", ANY, ANY, ANY, ANY, ANY, ANY, "same_reviewer"),
    ("*", ANY, ANY, ANY, False, ANY, ANY, ANY, ANY, "wrong_stage"),
    ("*", "return", ANY, ANY, ANY, ANY, ANY, ANY, False, "reason_missing"),
    ("pub_review", "return", ANY, ANY, ANY, ANY, ANY, ANY, ANY, "pub_rejected"),
    ("change_review", "return", ANY, ANY, ANY, ANY, ANY, ANY, ANY, "change_rejected"),
    ("withdraw_review", "return", ANY, ANY, ANY, ANY, ANY, ANY, ANY, "withdraw_rejected"),
    ("*", "approve", ANY, ANY, ANY, ANY, "own", True, ANY, "secrecy_separate"),
    ("*", "approve", ANY, ANY, ANY, ANY, "past", True, ANY, "secrecy_separate"),
    ("*", "approve", ANY, ANY, ANY, False, ANY, ANY, ANY, "="),
    ("withdraw_review", "approve", ANY, ANY, ANY, ANY, ANY, ANY, ANY, "withdrawn"),
    ("*", "approve", ANY, ANY, ANY, ANY, "refuse", ANY, ANY, "secrecy_refused"),
    ("*", "approve", ANY, ANY, ANY, ANY, "", ANY, ANY, "secrecy_missing"),
    ("*", "approve", ANY, ANY, ANY, ANY, ANY, ANY, ANY, "published"),
)
COLUMNS = (
    sorted(SUBJECTS), ("recall", "return", "approve"), tuple(PEOPLE), (False, True), (False, True), (False, True),
    ("", "pass", "own", "past", "refuse"), (False, True), (False, True),
)


def expected(case: tuple[Any, ...]) -> str:
    for row in TABLE:
        fits = (row[0] in ("*", case[0])) and all(
            want is ANY or want == got for want, got in zip(row[1:9], case[1:], strict=True)
        )
        if fits:
            return case[0] if row[9] == "=" else str(row[9])
    raise AssertionError(case)


def test_every_combination_is_as_the_table_says() -> None:
    reached = set()
    for case in itertools.product(*COLUMNS):
        state, action, who, opened, charged, last, secrecy, separate, why = case
        person = PEOPLE[who]
        situation = Situation(
            "c", state, SUBMITTER, frozenset({SUBMITTER, EDITOR}), opened=opened,
            secrecy_passed=secrecy in ("pass", "own", "past"), secrecy_refused=secrecy == "refuse",
            secrecy_by={"own": person, "past": EARLIER}.get(secrecy, uuid.uuid4()),
            separate_secrecy=separate, stage="department", last_stage=last, in_charge=charged,
            deciders=frozenset({EARLIER}),
        )
        try:
            got = decide(situation, action, person, "why" if why else " ")
        except MulianError as error:
            got = error.code.rpartition(".")[2]
        assert got == expected(case), case
        reached.add(got)
    assert reached == {"=" if row[9] == "=" else row[9] for row in TABLE} - {"="} | set(SUBJECTS)


def test_no_decision_outside_a_review() -> None:
    for state in STATES - set(SUBJECTS):
        for action in ("recall", "return", "approve"):
            with pytest.raises(MulianError) as caught:
                decide(Situation("c", state, SUBMITTER, secrecy_passed=True), action, OTHER, "why")
            assert caught.value.code == "catalog.node.state"


def test_who_is_in_charge() -> None:
    table = {
        ("department", True, False): True, ("department", False, True): False, ("bureau", True, False): False,
        ("bureau", False, True): True, ("either", True, False): True, ("either", False, True): True,
        ("either", False, False): False, ("department", True, True): True, ("bureau", True, True): True,
        ("department", False, False): False, ("bureau", False, False): False, ("either", True, True): True,
    }
    for (stage, department, bureau), charged in table.items():
        assert in_charge(stage, of_department=department, of_bureau=bureau) == charged
    assert {token for one in SEQUENCES for token in one} == set(STAGES)


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.one_of(st.none(), st.integers(1, 250)))
def test_a_due_date_is_reckoned_or_left_open(start: date, workdays: int | None) -> None:
    found = due(WorkCalendar({}, frozenset({2026})), start, workdays)
    if workdays is None:
        assert found == Due(None, False)
        return
    day, left = start, workdays
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    assert found == (Due(None, True) if day.year > 2026 else Due(day.isoformat(), False))


ENTRY = KINDS["data_entry"]
names = st.sampled_from(["姓名", "日期", "证件号"])
child = st.fixed_dictionaries({"id": st.one_of(st.none(), st.sampled_from(["a", "b", "c"])), "name": names,
                               "level": st.integers(1, 3)})


def unique(some: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """No id twice, as in a table."""
    kept = {one["id"] or f"new {at}": one for at, one in enumerate(some)}
    return list(kept.values())


lists = st.lists(child, max_size=5).map(unique)


@given(lists, lists)
def test_a_difference_of_children_is_complete(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    full = [content.child(ENTRY, one) for one in before], [content.child(ENTRY, one) for one in after]
    found = diff.children(ENTRY, *full)
    assert diff.empty(found) == (full[0] == full[1]) or _ids_only(full)
    assert len(full[0]) - len(found["removed"]) == len(full[1]) - len(found["added"])
    assert {one["id"] for one in found["changed"] if one["id"]} <= {one["id"] for one in before} & {
        one["id"] for one in after
    }
    for one in found["changed"]:
        assert one["fields"]
    assert diff.empty(diff.children(ENTRY, full[0], full[0]))


def _ids_only(full: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> bool:
    """New children have no order against those with an id, so a change of only that order says nothing."""
    return sorted(map(repr, full[0])) == sorted(map(repr, full[1]))


def test_what_an_edit_replaces() -> None:
    held = Content({"name": "旧", "office": None, "keywords": ["a"]}, [content.child(ENTRY, {"id": "a", "name": "x"})])
    assert journal.replaced(ENTRY, held, {"name": "新", "office": None, "keywords": ["a"]}, None) == {"name": "旧"}
    assert journal.replaced(ENTRY, held, {}, [{"id": "a", "name": "x"}]) == {}
    assert journal.replaced(ENTRY, held, {}, []) == {"children": held.children}


def test_an_open_change_lies_over_the_row_but_not_over_figures() -> None:
    held = Content({"name": "旧", "record_count": 5}, [])
    proposed = {"fields": {"name": "新", "record_count": 1}}
    assert content.overlaid(ENTRY, held, proposed, "change_draft").fields == {"name": "新", "record_count": 5}
    assert content.overlaid(ENTRY, held, proposed, "draft").fields == {"name": "新", "record_count": 1}
    assert content.overlaid(ENTRY, held, None, "published") is held


def test_a_reason_is_about_something_that_is_there() -> None:
    key = uuid.uuid4()
    held = Content({}, [content.child(ENTRY, {"id": key, "name": "姓名"})])
    told = (Reason("x", "name", key), Reason("x", None, key))
    for good in (Reason("x"), Reason("x", "abstract"), Reason("x", "children"), *told):
        reasons.check(ENTRY, held, [good])
    for bad in (Reason("x", "status"), Reason("x", "abstract", key), Reason("x", "name", uuid.uuid4())):
        with pytest.raises(MulianError):
            reasons.check(ENTRY, held, [bad])
    with pytest.raises(MulianError):
        reasons.check(KINDS["duty"], Content({}, []), [Reason("x", "children")])
    assert reasons.text(ENTRY, "总体", [Reason("写明", "abstract"), Reason("缺项", "children"), Reason("另议")]) == (
        "总体；摘要：写明；数据项：缺项；另议"
    )
    assert reasons.label(ENTRY, ReviewReason(field="name", child_name="姓名")) == "姓名：名称"
    assert reasons.label(KINDS["db_table"], ReviewReason(field="children", child_name=None)) == "字段"
