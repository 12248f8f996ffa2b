"""Reading and computing beside writing: a chunk is made ready while the database is busy with the one before it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Made = TypeVar("Made")
Item = TypeVar("Item")
Result = TypeVar("Result")


class Overlap(Generic[Made]):
    """One thread beside the caller's; what was made for a place that nobody asks for is dropped."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rotation")
        self._begun: tuple[object, Future[Made]] | None = None

    def begin(self, place: object, make: Callable[[], Made]) -> None:
        """Start to make what is wanted at ``place`` next."""
        self._begun = place, self._thread.submit(make)

    def take(self, place: object, make: Callable[[], Made]) -> Made:
        """Return what was begun for ``place``, with its error if it failed; else make it now."""
        begun, self._begun = self._begun, None
        return begun[1].result() if begun and begun[0] == place else make()

    def each(self, items: Iterable[Item], work: Callable[[Item], Result]) -> Iterator[Result]:
        """Work on every item in order, in the thread, while the caller's thread fetches the next."""
        pending: Future[Result] | None = None
        for item in items:
            if pending is not None:
                yield pending.result()
            pending = self._thread.submit(work, item)
        if pending is not None:
            yield pending.result()

    def close(self) -> None:
        """Wait for what is being made and end the thread: whoever forks afterwards has none."""
        self._thread.shutdown(cancel_futures=True)
