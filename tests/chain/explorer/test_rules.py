"""Figures of a window, and the judgement of a node, as pure decisions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.explorer.rules import Bucket, gather, rates
from chain.nodes.rules import STALL_PERIODS, STALL_SLACK_SECONDS, judge

pytestmark = pytest.mark.pure


def bucket(start: int, transactions: int, blocks: int = 1, failed: int = 0) -> Bucket:
    return Bucket(start, blocks, transactions, failed, 0, start, start + blocks - 1)


def test_rates_of_a_window() -> None:
    found = rates([bucket(0, 120, 2, 1), bucket(60, 30, 1)], 600)
    assert (found.transactions, found.blocks, found.failed) == (150, 3, 1)
    assert found.mean_tps_milli == 250 and found.peak_tps_milli == 2000
    assert found.block_interval_ms == 200_000
    empty = rates([], 600)
    assert (empty.mean_tps_milli, empty.peak_tps_milli, empty.block_interval_ms) == (0, 0, None)
    assert rates([bucket(0, 5)], 0).mean_tps_milli == 0


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 50), st.integers(0, 10**9)), max_size=40))
def test_gathering_keeps_every_block_once(blocks: list[tuple[int, int, int]]) -> None:
    numbered = [(number, *block) for number, block in enumerate(blocks)]
    found = gather(numbered, 60)
    assert sum(item.blocks for item in found) == len(blocks)
    assert sum(item.transactions for item in found) == sum(block[1] for block in blocks)
    assert [item.start for item in found] == sorted({block[0] // 60 * 60 for block in blocks})


@pytest.mark.parametrize(("expected", "pending", "age", "failure", "back"), [
    ("ok", 3, 2, None, 0),
    ("ok", 0, 5, None, 0),
    ("idle", 0, 3_600, None, 0),
    ("idle", None, 3_600, None, 0),
    ("ok", 1, STALL_PERIODS + STALL_SLACK_SECONDS, None, 0),
    ("stalled", 1, STALL_PERIODS + STALL_SLACK_SECONDS + 1, None, 0),
    ("stalled", 0, 1, "OSError: disk full", 0),
    ("clock", 5, 0, None, 30),
])
def test_idle_and_halted_are_told_apart(
    expected: str, pending: int | None, age: int, failure: str | None, back: int
) -> None:
    assert judge(pending=pending, head_age=age, period=1, failure=failure, clock_back=back) == expected
