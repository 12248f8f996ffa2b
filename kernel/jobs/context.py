"""What a body gets: the runtime under its fence, progress, log, cancel."""

import dataclasses
import threading
import uuid
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from kernel import clock
from kernel.db import Database
from kernel.identity.actor import Actor, system_actor
from kernel.jobs.errors import CANCELLED, LOST
from kernel.jobs.rules import percent
from kernel.leases.fenced import FencedDatabase
from kernel.runtime import Runtime


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a job is; ``total`` 0 means not known yet."""

    done: int = 0
    total: int = 0
    message: str = ""

    @property
    def percent(self) -> int:
        """Whole percent, rounded down."""
        return percent(self.done, self.total)


class JobContext:
    """Handed to ``body(ctx, params)``.

    ``database`` (and ``runtime.database``) commits only while this worker holds the job, so a paused worker that
    wakes up writes nothing. ``actor`` acts for the person who queued the job; the right was checked then.
    Progress and log lines are kept in memory and written by the heartbeat once a second, never inside the
    body's own transaction.
    """

    def __init__(
        self, runtime: Runtime, guard: Callable[[Session], None], *, name: str, actor: Actor | None = None,
        job_id: uuid.UUID | None = None, slot: datetime | None = None,
    ) -> None:
        self.database: Database = FencedDatabase(runtime.database, guard)
        self.runtime = dataclasses.replace(runtime, database=self.database)
        self.actor = actor or system_actor(name)
        self.job_id = job_id
        self.slot = slot
        self.cancelled = threading.Event()
        self.lost = threading.Event()
        self._name = name
        self._lock = threading.Lock()
        self._progress = Progress()
        self._lines: list[tuple[datetime, str, str]] = []

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Say how far the work is; cheap enough for every row."""
        with self._lock:
            self._progress = Progress(done, total, message or self._progress.message)

    def log(self, text: str, level: str = "info") -> None:
        """Add a line to the job's log (no secrets, no clear personal values)."""
        with self._lock:
            self._lines.append((clock.now(), level, text))

    def check_cancelled(self) -> None:
        """Raise where somebody cancelled the job or another worker took it over; call it between units."""
        if self.lost.is_set():
            raise LOST(job=self._name)
        if self.cancelled.is_set():
            raise CANCELLED()

    def snapshot(self) -> Progress:
        """The latest progress."""
        with self._lock:
            return self._progress

    def drain_log(self) -> list[tuple[datetime, str, str]]:
        """Take the log lines that are not written yet."""
        with self._lock:
            lines, self._lines = self._lines, []
            return lines

    def put_back(self, lines: list[tuple[datetime, str, str]]) -> None:
        """Return lines that could not be written."""
        with self._lock:
            self._lines = lines + self._lines
