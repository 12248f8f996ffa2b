"""The rules of duty changes: a plan is refused or gives all data a place; states of changes and tasks."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.dutychange import rules
from catalog.dutychange.rules import Part, Plan
from kernel.errors import MulianError

pytestmark = pytest.mark.pure


def code(call: Callable[[], Any]) -> str:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value.code


IDS = [uuid.UUID(int=n) for n in range(1, 7)]
LINKS = st.lists(st.tuples(st.just(IDS[0]), st.sampled_from(IDS[1:])), unique=True, max_size=5)
PARTS = st.lists(
    st.builds(Part, name=st.sampled_from("甲乙丙"), entries=st.lists(st.sampled_from(IDS[1:]), max_size=3).map(tuple),
              rest=st.booleans()), min_size=0, max_size=3,
).map(tuple)


@settings(max_examples=300)
@given(st.sampled_from([*rules.KINDS, "x"]), st.lists(st.sampled_from(IDS[:3]), max_size=3), PARTS, LINKS)
def test_a_plan_is_refused_or_gives_every_entry_a_place(
    kind: str, sources: list[uuid.UUID], parts: tuple[Part, ...], linked: list[tuple[uuid.UUID, uuid.UUID]]
) -> None:
    plan = Plan(kind, tuple(sources), "r", "b", "2026-01-01", parts=parts)
    assert rules.plan_of(rules.plan_json(plan)) == plan
    try:
        rules.check(plan)
        assigned = rules.assign(plan, linked)
    except MulianError as error:
        assert error.code == "catalog.duty_change.plan"
        return
    entries = {entry for _, entry in linked}
    assert {entry for _, entry in assigned} == (set() if kind == "abolish" else entries)
    assert all(0 <= number < len(parts) for number, _ in assigned) and len(set(assigned)) == len(assigned)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(sorted(rules.ACTIONS)), max_size=6),
       st.lists(st.sampled_from(["answer", "reopen"]), max_size=6))
def test_the_state_machines(actions: list[str], task_actions: list[str]) -> None:
    state = "review"
    for action in actions:
        if (state, action) in rules.TRANSITIONS:
            assert state in ("review", "scheduled")
            state = rules.next_state("ZB", state, action)
        else:
            found = code(lambda action=action, state=state: rules.next_state("ZB", state, action))
            final = state == "done" and action == "withdraw"
            assert found == ("catalog.duty_change.final" if final else "catalog.duty_change.state")
    task = "open"
    for action in task_actions:
        if (task, action) in rules.TASK_TRANSITIONS:
            task = rules.next_task("c", task, action)
        else:
            assert code(lambda action=action: rules.next_task("c", task, action)) == "catalog.duty_change.task_state"
    assert state in rules.LABELS and task in rules.TASK_LABELS


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(-40, 40), st.booleans())
def test_a_change_waits_for_its_day_and_is_given_up_a_month_after(day: date, offset: int, stale: bool) -> None:
    today = day + timedelta(days=offset)
    assert rules.is_later(day.isoformat(), today) is (offset < 0)
    assert rules.lapses(day.isoformat(), today, stale=stale) is (offset > 30 or (stale and offset >= 0))
    assert day.isoformat() in rules.label("scheduled", day.isoformat())
