"""Fuzzing of the framing core: no hang, no crash, no cross-talk, and the pieces in which bytes arrive do not matter.

``make prove`` fuzzes for ten minutes, ``make test`` for two seconds, each half for clients and half for upstreams.
"""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import hypothesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.fuzz import (
    ANSWER,
    CONTINUE,
    CUTS,
    POISON,
    REFUSED,
    Caller,
    Reply,
    converse,
    exchange,
    read_by_h11,
    replies,
    streams,
)


@contextmanager
def no_hang(seconds: float = 10.0):
    """Fail when what runs inside spends this much CPU time."""

    def stop(number: int, frame: Any) -> None:
        raise AssertionError("hang")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def for_seconds(seconds: float, check: Callable[..., None], *strategies: st.SearchStrategy[Any]) -> None:
    """Run a property with ever new seeds until the time is over."""
    rounds, end = 0, time.monotonic() + seconds
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    sized = settings(max_examples=30, database=None, deadline=None, suppress_health_check=quiet, derandomize=False)
    while time.monotonic() < end or not rounds:
        sized(hypothesis.seed(rounds)(given(*strategies)(check)))()
        rounds += 1


def _check_client(stream: bytes, cuts: list[int]) -> None:
    with no_hang():
        whole, whole_wire = converse(stream, [len(stream) or 1])
        pieces, pieces_wire = converse(stream, cuts)
    assert pieces.handled == whole.handled, "the pieces in which bytes arrive changed what was read"
    assert [refusal.status for refusal in pieces.refusals] == [refusal.status for refusal in whole.refusals]
    assert pieces_wire.out.replace(CONTINUE, b"") == whole_wire.out.replace(CONTINUE, b"")
    assert len(whole.refusals) <= 1
    expected = ANSWER * len(whole.handled) + REFUSED * len(whole.refusals)
    assert whole_wire.out.replace(CONTINUE, b"") == expected, "nothing is served behind a refusal"
    assert whole_wire.closed or not whole.refusals
    assert read_by_h11(stream, len(whole.handled)) == whole.handled, "another parser reads other requests"


def test_clients_whatever_they_send(scale) -> None:
    for_seconds(scale.of(1, 300), _check_client, streams(), CUTS)


def _check_upstream(plan: list[Reply]) -> None:
    callers = [Caller(b"%c" % (65 + number)) for number in range(len(plan))]
    with no_hang():
        used = asyncio.run(exchange(plan, callers))
    faulted: set[int] = set()
    for (connection, number), reply in zip(used, plan, strict=True):
        caller = callers[number]
        assert id(connection) not in faulted, "a connection was used again after a doubt"
        assert len(caller.ends) == 1, caller.ends
        assert POISON[-6:] not in caller.body
        if reply.whole is not None:
            assert (caller.ends, caller.body) == (["completed"], reply.whole), reply
        if caller.ends != ["completed"] or reply.data.endswith(POISON) or reply.close:
            faulted.add(id(connection))
        others = {other.tag for other in callers} - {caller.tag}
        assert reply.whole is None or not any(tag in caller.body for tag in others), "cross-talk"


def test_upstreams_whatever_they_answer(scale) -> None:
    plans = st.integers(1, 4).flatmap(lambda count: st.tuples(*[replies(b"%c" % (65 + one)) for one in range(count)]))
    for_seconds(scale.of(1, 300), _check_upstream, plans.map(list))
