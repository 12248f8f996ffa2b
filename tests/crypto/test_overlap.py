"""Work beside work: in order, once, and with its errors."""

import threading
from collections.abc import Iterator

import pytest

from crypto.rotation.overlap import Overlap


@pytest.fixture
def beside() -> Iterator[Overlap[str]]:
    overlap = Overlap[str]()
    yield overlap
    overlap.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("rotation")]


def failing() -> str:
    raise RuntimeError("unreadable")


@pytest.mark.pure
def test_what_was_begun_is_taken_once_and_only_for_its_place(beside: Overlap[str]) -> None:
    beside.begin(("pass", 1), lambda: threading.current_thread().name)
    assert beside.take(("pass", 1), lambda: "now").startswith("rotation")
    assert beside.take(("pass", 1), lambda: "now") == "now"
    beside.begin(("pass", 1), lambda: "stale")
    assert beside.take(("pass", 2), lambda: "now") == "now"
    assert beside.take(("pass", 1), lambda: "again") == "again"


@pytest.mark.pure
def test_errors_reach_whoever_takes_and_nobody_else(beside: Overlap[str]) -> None:
    beside.begin(1, failing)
    with pytest.raises(RuntimeError, match="unreadable"):
        beside.take(1, lambda: "now")
    beside.begin(1, failing)
    assert beside.take(2, lambda: "now") == "now"


@pytest.mark.pure
def test_items_are_worked_on_in_order_while_the_next_is_fetched(beside: Overlap[str]) -> None:
    begun, seen = threading.Event(), list[int]()

    def items() -> Iterator[int]:
        yield 0
        assert begun.wait(10)  # the first is under way before the second is asked for
        yield from range(1, 5)

    def work(item: int) -> int:
        begun.set()
        seen.append(item)
        return item * item

    assert list(beside.each(items(), work)) == [0, 1, 4, 9, 16] and seen == [*range(5)]
    assert list(beside.each([], work)) == []
    with pytest.raises(ZeroDivisionError):
        list(beside.each([1, 0, 2], lambda item: 1 // item))
