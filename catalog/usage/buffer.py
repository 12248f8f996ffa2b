"""Counting reads without writing at each: a process adds up in memory and writes once in half a minute.

A process that is killed loses what it counted since; a number of views is not evidence of anything.
"""

import threading
import uuid
import weakref
from collections import Counter
from typing import Final, Literal

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from catalog.usage import service
from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from kernel.runtime import runtime_of

What = Literal["views", "downloads"]
SECONDS: Final = 30.0
_log = structlog.get_logger(__name__)
_buffers: "weakref.WeakKeyDictionary[Database, Buffer]" = weakref.WeakKeyDictionary()
_making = threading.Lock()


class Buffer:
    """What one process counted for one database since it last wrote."""

    def __init__(self, database: Database) -> None:
        self._database = weakref.ref(database)
        self._counts: Counter[service.Key] = Counter()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def note(self, entry_id: uuid.UUID, what: What) -> None:
        """Count one; the first after a write starts the clock of the next."""
        day = clock.business_day(clock.now()).isoformat()
        with self._lock:
            self._counts[entry_id, day, what] += 1
            if self._timer is None:
                self._timer = threading.Timer(SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Write what was counted; where that fails it is kept for the next time."""
        with self._lock:
            counts, self._counts, self._timer = self._counts, Counter(), None
        database = self._database()
        if not counts or database is None:
            return
        try:
            database.run(lambda session: service.add(session, counts))
        except (MulianError, SQLAlchemyError) as error:
            _log.warning("usage.not_written", entries=len(counts), error=type(error).__name__)
            with self._lock:
                self._counts.update(counts)


def buffer_of(database: Database) -> Buffer:
    """The buffer of this process for a database."""
    with _making:
        found = _buffers.get(database)
        if found is None:
            found = _buffers[database] = Buffer(database)
        return found


def note(session: Session, entry_id: uuid.UUID, what: What) -> None:
    """Count a view or a download of an entry; nothing is written now."""
    buffer_of(runtime_of(session).database).note(entry_id, what)


def flush_all() -> None:
    """Write everything that was counted: before the process ends."""
    for buffer in list(_buffers.values()):
        buffer.flush()
