"""A database whose every commit first proves that its user still holds what it works under."""

import contextlib
from collections.abc import Callable, Iterator

from sqlalchemy import event
from sqlalchemy.orm import Session

from kernel.db import Database


class FencedDatabase(Database):
    """Shares the engine of ``inner``; ``guard(session)`` runs as the last statement of every write unit.

    Bodies of jobs get this one, so that forgetting the assertion is not possible.
    """

    def __init__(self, inner: Database, guard: Callable[[Session], None]) -> None:
        self.__dict__.update(vars(inner))
        self._guard = guard

    @contextlib.contextmanager
    def session(self, *, write: bool) -> Iterator[Session]:
        """Open a session; a write session asserts the guard before it commits."""
        with super().session(write=write) as session:
            session.info["runtime"] = self.runtime
            if write:
                event.listen(session, "before_commit", self._check)
            yield session

    def _check(self, session: Session) -> None:
        if not session.in_nested_transaction():
            session.flush()
            self._guard(session)
