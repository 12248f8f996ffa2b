"""The rules of duty changes: a plan is refused or gives all data a place; states of changes and tasks."""

import uuid
from collections.abc import Callable
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
@given(st.lists(st.sampled_from(["approve", "reject", "withdraw"]), max_size=4),
       st.lists(st.sampled_from(["answer", "reopen"]), max_size=6))
def test_the_state_machines(actions: list[str], task_actions: list[str]) -> None:
    state = "review"
    for number, action in enumerate(actions):
        if number:
            assert code(lambda action=action: rules.next_state("ZB", state, action)).startswith("catalog.duty_change.")
        else:
            state = rules.next_state("ZB", state, action)
    task = "open"
    for action in task_actions:
        if (task, action) in rules.TASK_TRANSITIONS:
            task = rules.next_task("c", task, action)
        else:
            assert code(lambda action=action: rules.next_task("c", task, action)) == "catalog.duty_change.task_state"
    assert state in rules.LABELS and task in rules.TASK_LABELS
