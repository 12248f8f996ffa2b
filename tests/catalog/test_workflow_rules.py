"""The state machine of a node, as properties: no path publishes without a second person and a secrecy review."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.codes.lists import code_list
from catalog.nodes.kinds import CHANGEABLE, EDITABLE, LIVE
from catalog.nodes.rules import item_problems, missing, problems
from catalog.review import rules
from catalog.review.rules import ACTIONS, STATES, TRANSITIONS, Situation, decide, next_state
from kernel.errors import MulianError

MAKER, CHECKER = uuid.uuid4(), uuid.uuid4()
DECISIONS = ("recall", "return", "approve")


def code_of(call: object, *args: object) -> str:
    with pytest.raises(MulianError) as caught:
        call(*args)  # type: ignore[operator]
    return caught.value.code


def test_states_have_labels_and_belong_to_one_way_of_editing() -> None:
    assert set(rules.STATUS_LABELS) == STATES == code_list("node_status").values
    assert not set(EDITABLE) & set(CHANGEABLE)
    assert set(CHANGEABLE) <= set(LIVE)
    reviewed = set(rules.SUBJECTS)
    assert STATES == reviewed | set(EDITABLE) | set(CHANGEABLE) | {"withdrawn"}
    for state in reviewed:
        assert {action for (at, action) in TRANSITIONS if at == state} == set(DECISIONS)


@pytest.mark.parametrize("state", sorted(STATES))
@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_matrix(state: str, action: str) -> None:
    """Every (state, action) either leads where the table says or is refused with one code."""
    if (state, action) in TRANSITIONS:
        assert next_state("c", state, action) in STATES
    else:
        assert code_of(next_state, "c", state, action) == "catalog.node.state"


situations = st.builds(
    Situation, code=st.just("c"), status=st.sampled_from(sorted(STATES)),
    submitter=st.sampled_from([None, MAKER, CHECKER]),
    makers=st.frozensets(st.sampled_from([MAKER, CHECKER])), opened=st.booleans(), secrecy_passed=st.booleans(),
)


@given(
    situations, st.sampled_from([None, MAKER, CHECKER]), st.sampled_from(DECISIONS), st.sampled_from(["", " ", "why"])
)
def test_no_decision_breaks_the_rules(one: Situation, person: uuid.UUID | None, action: str, reason: str) -> None:
    try:
        after = decide(one, action, person, reason)
    except MulianError:
        return
    assert (one.status, action) in TRANSITIONS
    if action == "recall":
        assert person is not None and person == one.submitter and not one.opened
        return
    assert person is not None and person != one.submitter and person not in one.makers
    if action == "return":
        assert reason.strip()
    elif after == "published":
        assert one.secrecy_passed


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(ACTIONS)), st.sampled_from([MAKER, CHECKER]), st.booleans()), max_size=25
    )
)
def test_walks_publish_only_by_a_second_person(steps: list[tuple[str, uuid.UUID, bool]]) -> None:
    """Random walks through the whole machine: a publication is always somebody else's approval of a submission."""
    state, submitter, version = "draft", None, 0
    for action, person, secrecy in steps:
        try:
            if action in DECISIONS:
                after = decide(Situation("c", state, submitter, secrecy_passed=secrecy), action, person, "why")
            else:
                after = next_state("c", state, action)
        except MulianError:
            continue
        if action in ("submit", "withdraw"):
            submitter = person
        if after == "published" and action == "approve":
            assert person != submitter and secrecy
            version += 1
        state = after
        assert (state in LIVE) == (version > 0 and state != "withdrawn")


def test_each_refusal_has_its_own_reason() -> None:
    at = Situation("c", "pub_review", MAKER)
    assert code_of(decide, at, "approve", CHECKER) == "catalog.review.secrecy_missing"
    assert code_of(decide, at, "approve", MAKER) == "catalog.review.same_person"
    assert code_of(decide, at, "approve", None) == "catalog.review.same_person"
    assert code_of(decide, at, "return", CHECKER, "") == "catalog.review.reason_missing"
    assert code_of(decide, at, "recall", CHECKER) == "catalog.review.not_submitter"
    opened = Situation("c", "pub_review", MAKER, opened=True)
    assert code_of(decide, opened, "recall", MAKER) == "catalog.review.already_opened"
    assert decide(Situation("c", "withdraw_review", MAKER), "approve", CHECKER) == "withdrawn"


def test_required_fields_depend_on_each_other() -> None:
    entry = {"name": "a", "share_type": "conditional", "open_type": "none", "update_cycle": "other"}
    assert missing("data_entry", entry) == ["share_condition", "update_cycle_text"]
    assert missing("data_entry", {"name": "a", "share_type": "none", "open_type": "unconditional"}) == [
        "no_share_basis"
    ]
    assert missing("system", {"name": "s", "phase": "in_use", "has_interface": False}) == ["no_interface_reason"]


@pytest.mark.parametrize(("kind", "values"), [
    ("data_entry", {"share_type": "1"}), ("data_entry", {"level": 7}), ("data_entry", {"published_on": "2026-13-01"}),
    ("data_entry", {"name": "  "}), ("data_entry", {"abstract": "a\x00b"}), ("data_entry", {"name": "x" * 401}),
    ("data_entry", {"class_code": "907"}), ("system", {"mlps_level": 6}), ("db_table", {"row_count": -1}),
    ("duty", {"duty_type": "war"}),
])
def test_values_that_are_never_stored(kind: str, values: dict[str, object]) -> None:
    assert problems(kind, values)


def test_items_are_never_wider_than_their_entry() -> None:
    entry = {"share_type": "conditional", "open_type": "none", "level": 2}
    good = {"name": "a", "share_type": "none", "open_type": "none", "level": 2}
    assert item_problems(entry, [good]) == []
    assert [p.field for p in item_problems(entry, [{**good, "share_type": "unconditional"}])] == ["share_type"]
    assert [p.field for p in item_problems(entry, [{**good, "level": 3}])] == ["level"]
