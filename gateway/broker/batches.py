"""Database work of the broker: one thread, and everything that waits for it goes in one transaction."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from kernel.db import Database

Wish = TypeVar("Wish")
Found = TypeVar("Found")
_log = logging.getLogger("gateway.broker")
_MOST = 500


class Batches(Generic[Wish, Found]):
    """``unit(session, wishes)`` returns one result a wish. ``done(None)``: the database did not answer."""

    def __init__(
        self, database: Database, thread: ThreadPoolExecutor, unit: Callable[[Session, Sequence[Wish]], list[Found]],
    ) -> None:
        self._database, self._thread, self._unit = database, thread, unit
        self._waiting: list[tuple[Wish, Callable[[Found | None], None]]] = []
        self._running = False

    def ask(self, wish: Wish, done: Callable[[Found | None], None]) -> None:
        """Queue a wish; ``done`` is called in the loop."""
        self._waiting.append((wish, done))
        if not self._running:
            self._running = True
            # the asks of one batch of frames go together
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        loop = asyncio.get_running_loop()

        def work() -> None:
            found: Sequence[Found | None] = [None] * len(batch)
            try:
                found = self._database.run(lambda session: self._unit(session, [wish for wish, _ in batch]))
            except Exception as error:  # whatever the database's trouble: no debit, no admission
                _log.warning("broker database: %s", type(error).__name__)
            loop.call_soon_threadsafe(self._finish, batch, found)

        self._thread.submit(work)

    def _finish(
        self, batch: list[tuple[Wish, Callable[[Found | None], None]]], found: Sequence[Found | None],
    ) -> None:
        for (_, done), result in zip(batch, found, strict=True):
            done(result)
        if self._waiting:
            self._start()
        else:
            self._running = False
