"""A worker's call log: the current segment, rolled over when it is full or old; a spare is made in a thread."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.calllog.segment import SegmentWriter
from kernel import clock

SEGMENT_BYTES = 16 * 1024 * 1024
ROLL_SECONDS = 300.0
ACTIVE = "active"


def active_folder(calllog_dir: Path) -> Path:
    """Return the folder of segments that were not shipped yet."""
    return calllog_dir / ACTIVE


class CallLog:
    """Appends lines; owned by the event loop. ``append`` returns False when the disk has no room for a segment."""

    def __init__(self, calllog_dir: Path, gateway: str, worker: int, *, size: int = SEGMENT_BYTES) -> None:
        self._folder = active_folder(calllog_dir)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._gateway, self._worker, self._size = gateway, worker, size
        self._thread = ThreadPoolExecutor(1, "calllog")
        self._spare: SegmentWriter | None = None
        self._lock = threading.Lock()
        self._last_number = 0
        self._segment = self._create()
        self._since = clock.now_micros()
        self._written = 0
        self._committing: list[Callable[[bool], None]] = []
        self._thread.submit(self._make_spare)

    def _create(self) -> SegmentWriter:
        with self._lock:
            self._last_number = max(self._last_number + 1, clock.now_micros())
            number = self._last_number
        return SegmentWriter(self._folder, self._gateway, self._worker, number, self._size)

    def _make_spare(self) -> None:
        with contextlib.suppress(OSError):
            self._spare = self._create()

    def start(self) -> None:
        """Count a call."""
        self._segment.start()

    def append(self, line: bytes, *, finishes: bool = True) -> bool:
        """Store a line; roll over when the segment is full."""
        self._written += 1
        if self._segment.append(line, finishes=finishes):
            return True
        return self._roll() and self._segment.append(line, finishes=finishes)

    def _roll(self) -> bool:
        spare, self._spare = self._spare, None
        if spare is None:
            try:
                spare = self._create()
            except OSError:
                self._segment.lose()
                return False
        # at once, not when the thread closes the old one: a worker killed between the two would count them twice
        old, self._segment = self._segment, spare
        old.hand_over(spare)
        self._since = clock.now_micros()
        self._thread.submit(old.close)
        self._thread.submit(self._make_spare)
        return True

    def tick(self) -> None:
        """Once a second: push dirty pages towards the disk, and roll an old segment so that it can be shipped."""
        if self._written:
            if clock.now_micros() - self._since > ROLL_SECONDS * 1e6:
                self._roll()
                self._written = 0
            else:
                self._thread.submit(self._sync, self._segment)

    def commit(self, done: Callable[[bool], None]) -> None:
        """Call ``done`` in the loop once every line appended so far is on the disk; all that wait share one fsync."""
        self._committing.append(done)
        if len(self._committing) == 1:
            asyncio.get_running_loop().call_soon(self._start_commit)

    def _start_commit(self) -> None:
        # a segment that was rolled away before is closed, with its own fsync, earlier in the same thread
        waiting, segment, loop = self._committing[:], self._segment, asyncio.get_running_loop()

        def work() -> None:
            stored = True
            try:
                segment.sync()
            except (OSError, ValueError):
                stored = False
            loop.call_soon_threadsafe(self._finish_commit, waiting, stored)

        self._thread.submit(work)

    def _finish_commit(self, waiting: list[Callable[[bool], None]], stored: bool) -> None:
        del self._committing[:len(waiting)]
        if self._committing:
            self._start_commit()
        for done in waiting:
            done(stored)

    def _sync(self, segment: SegmentWriter) -> None:
        with contextlib.suppress(OSError, ValueError):
            segment.sync()

    def close(self) -> None:
        """Close the segment; an unused spare goes away."""
        self._thread.shutdown(wait=True)
        self._segment.close()
        if self._spare is not None:
            self._spare.close()
            self._spare.path.unlink(missing_ok=True)
