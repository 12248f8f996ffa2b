"""The fence grows whatever happens, and at most one holder has time left."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kernel.leases.rules import Held, take

START = datetime(2026, 11, 21, tzinfo=UTC)
MOVES = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 40), st.booleans()), max_size=60)


@given(MOVES)
def test_fence_only_grows_and_nobody_is_pushed_out_early(moves: list[tuple[str, int, bool]]) -> None:
    now, current = START, None
    for who, seconds, dead in moves:
        now += timedelta(seconds=seconds)
        before: Held | None = current
        got = take(current, name="x", holder=who, ttl=20, now=now, dead=dead)
        if before is not None and before.expires_at > now and not dead:
            assert got is None
            continue
        assert got is not None
        assert got.fence == (before.fence if before else 0) + 1
        assert got.expires_at == now + timedelta(seconds=20)
        current = got
