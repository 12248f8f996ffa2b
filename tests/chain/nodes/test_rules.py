"""The quorum guard, lists and health as pure decisions."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.ledger.engines.clique import CAPABILITIES as CLIQUE
from chain.ledger.engines.embedded import CAPABILITIES as EMBEDDED
from chain.ledger.engines.port import Capabilities
from chain.ledger.engines.qbft import CAPABILITIES as QBFT
from chain.nodes.rules import STATE_TITLES, check_vote, judge, plan
from chain.nodes.service import _SEVERITY
from kernel.errors import MulianError

pytestmark = pytest.mark.pure
ABC = frozenset("abc")
ABCD = frozenset("abcd")


@pytest.mark.parametrize(("age", "expected"), [
    # a Clique network at one block a second: empty blocks are due, so a quiet network still shows that it lives
    (3, "ok"), (14, "ok"), (15, "stalled"), (300, "stalled"), (-16, "clock"),
])
def test_a_missed_heartbeat_is_a_halt_also_when_nothing_waits(age: int, expected: str) -> None:
    assert judge(pending=0, head_age=age, period=1, failure=None, clock_back=0, heartbeat=1) == expected


@pytest.mark.parametrize(("age", "expected"), [(30, "ok"), (61, "idle"), (613, "idle"), (614, "stalled")])
def test_the_embedded_chain_is_idle_until_its_slow_heartbeat_is_missed(age: int, expected: str) -> None:
    assert judge(pending=0, head_age=age, period=1, failure=None, clock_back=0, heartbeat=600) == expected


@pytest.mark.parametrize(("lag", "skew", "expected"), [
    (0, 0, "ok"), (5, 0, "ok"), (6, 0, "lagging"), (6, 6, "clock"), (0, -6, "clock"), (0, 5, "ok"),
])
def test_a_node_behind_and_a_wrong_clock_are_told(lag: int, skew: int, expected: str) -> None:
    assert judge(
        pending=0, head_age=1, period=1, failure=None, clock_back=0, heartbeat=1, lag=lag, skew=skew
    ) == expected


def test_a_node_that_stopped_syncing_is_behind_not_halted() -> None:
    """Its head is old because it does not follow: the network goes on."""
    assert judge(pending=0, head_age=500, period=1, failure=None, clock_back=0, heartbeat=1, lag=480) == "lagging"


@pytest.mark.parametrize(("capabilities", "members", "running", "address", "add", "code"), [
    (CLIQUE, ABC, ABC | {"d"}, "d", True, None),
    (CLIQUE, ABC, frozenset("abd"), "d", True, None),
    (CLIQUE, ABC, frozenset("ad"), "d", True, "chain.vote.no_quorum"),
    (CLIQUE, ABC, ABC, "d", True, None),  # three of four go on without the newcomer
    (CLIQUE, frozenset("ab"), frozenset("a"), "c", True, "chain.vote.no_quorum"),
    (CLIQUE, ABCD, ABCD, "d", False, None),
    (CLIQUE, ABCD, ABC, "d", False, None),  # the one that is down goes
    (CLIQUE, ABCD, ABC, "a", False, None),
    (CLIQUE, ABCD, frozenset("ab"), "a", False, "chain.vote.no_quorum"),
    (CLIQUE, ABC, ABC, "a", False, "chain.vote.below_safe"),
    (CLIQUE, frozenset("a"), frozenset("a"), "a", False, "chain.vote.last"),
    (CLIQUE, ABC, ABC, "a", True, "chain.vote.member"),
    (CLIQUE, ABC, ABC, "x", False, "chain.vote.not_member"),
    (QBFT, ABCD, ABCD | {"e"}, "e", True, None),
    (QBFT, ABCD, ABC, "e", True, "chain.vote.no_quorum"),
    (QBFT, ABCD, ABCD, "a", False, "chain.vote.below_safe"),
    (QBFT, ABCD | {"e"}, ABCD, "e", False, None),
    (QBFT, ABCD | {"e"}, frozenset("ab"), "e", False, "chain.vote.no_quorum"),
    (EMBEDDED, frozenset("a"), frozenset("a"), "b", True, "chain.vote.unsupported"),
    (Capabilities("foreign"), ABC, ABC, "d", True, "chain.vote.unsupported"),
])
def test_the_quorum_guard(
    capabilities: Capabilities, members: frozenset[str], running: frozenset[str], address: str, add: bool,
    code: str | None,
) -> None:
    if code is None:
        check_vote(capabilities, members, running, address, add=add)
        return
    with pytest.raises(MulianError) as caught:
        check_vote(capabilities, members, running, address, add=add)
    assert caught.value.code == code


@given(
    st.sampled_from([CLIQUE, QBFT]), st.frozensets(st.sampled_from("abcdefghij"), min_size=1),
    st.frozensets(st.sampled_from("abcdefghij")), st.sampled_from("abcdefghij"), st.booleans(),
)
def test_what_passes_the_guard_goes_on_and_a_removal_leaves_room_for_a_loss(
    capabilities: Capabilities, members: frozenset[str], running: frozenset[str], address: str, add: bool
) -> None:
    try:
        check_vote(capabilities, members, running, address, add=add)
    except MulianError:
        return
    after = members | {address} if add else members - {address}
    assert len(running & after) >= capabilities.quorum(len(after)) > 0
    if not add:
        assert capabilities.quorum(len(after)) <= len(after) - 1


@pytest.mark.parametrize(("capabilities", "expected"), [
    # EIP-225: floor(n/2)+1; QBFT: ceil(2n/3)
    (CLIQUE, [1, 2, 2, 3, 3, 4, 4]), (QBFT, [1, 2, 2, 3, 4, 4, 5]),
])
def test_quorums(capabilities: Capabilities, expected: list[int]) -> None:
    assert [capabilities.quorum(count) for count in range(1, 8)] == expected
    safe = capabilities.safe_validators
    assert capabilities.quorum(safe) <= safe - 1


KEYS = st.sampled_from("abcdef")
LIST = st.dictionaries(KEYS, KEYS.map(str.upper)).map(lambda found: {key: key.upper() for key in found})


@given(LIST, st.none() | st.frozensets(KEYS), LIST, st.frozensets(KEYS))
def test_a_plan_reaches_what_is_wanted_and_says_only_what_others_did(
    observed: dict[str, str], applied: frozenset[str] | None, wanted: dict[str, str], protected: frozenset[str]
) -> None:
    found = plan(observed, applied, wanted, protected)
    after = (set(observed.values()) | set(found.add)) - set(found.remove)
    assert after - {key.upper() for key in protected} == set(wanted.values()) - {key.upper() for key in protected}
    assert set(wanted.values()) <= after
    assert not {key.upper() for key in protected} & set(found.remove)
    if applied is not None and applied == observed.keys():
        assert not found.missing and not set(found.extra) - {key.upper() for key in protected}
    again = plan({key.lower(): key for key in after}, frozenset(wanted), wanted, protected)
    assert not again.add and not again.remove and not again.missing


def test_the_worst_state_of_a_department_is_known_for_every_state() -> None:
    assert set(_SEVERITY) == set(STATE_TITLES)
    assert all(before != after for before, after in pairwise(_SEVERITY))
