"""What a witness remembers: one append-only file a stream, a canonical line for each checkpoint before it is signed.

The line is on the disk before the signature exists, so that a witness that dies in between signs the same checkpoint
when it is asked again, and never another one of that size. A line torn by a crash is cut off: nothing was signed.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from chain.witness.rules import Checkpoint, read_checkpoint
from kernel import canonical, clock
from kernel.files_atomic import sync_folder, write_atomic

KEPT_CONFLICTS = 100
_TAIL = 8192  # bytes; a line has less than one thousand


class Store:
    """The files below a witness's home; whoever writes holds ``lock``."""

    def __init__(self, root: Path) -> None:
        self._seen, self._conflicts, self._lock = root / "seen", root / "conflicts", root / "lock"

    def prepare(self) -> None:
        """Make the folders."""
        for folder in (self._seen, self._conflicts):
            folder.mkdir(mode=0o700, exist_ok=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Wait for the exclusive lock: several processes of one witness never decide at the same time."""
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def streams(self) -> list[str]:
        """Return the streams that were seen, by their names on the chain."""
        return sorted(path.stem.replace("@", "/") for path in self._seen.glob("*.log"))

    def last(self, stream: str) -> Checkpoint | None:
        """Return the checkpoint stored last for a stream."""
        path = self._file(stream)
        if not path.exists():
            return None
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            whole = file.read().rpartition(b"\n")[0]
        return _checkpoint(whole.rpartition(b"\n")[2]) if whole else None

    def root_at(self, stream: str, size: int) -> bytes | None:
        """Return the root that was stored at a size, None where that size was never seen."""
        path = self._file(stream)
        if not path.exists():
            return None
        mark = b'"size":%d,' % size
        with path.open("rb") as file:
            for line in file:
                if mark in line and line.endswith(b"\n") and (found := _checkpoint(line[:-1])).size == size:
                    return found.root
        return None

    def append(self, point: Checkpoint) -> None:
        """Store a checkpoint durably."""
        path = self._file(point.stream)
        fresh = not path.exists()
        line = canonical.dumps({"checkpoint": point.as_json(), "seen": clock.iso(clock.now())}) + b"\n"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            end = _whole(descriptor)
            os.ftruncate(descriptor, end)
            os.pwrite(descriptor, line, end)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if fresh:
            sync_folder(path.parent)

    def keep_conflict(self, request: bytes, known: Checkpoint) -> None:
        """Keep what was refused beside what was known: two signed checkpoints that no single tree can have."""
        if self.conflicts() >= KEPT_CONFLICTS:
            return
        name = f"{known.stream.replace('/', '@')}-{clock.now_micros()}.json"
        refused = canonical.loads(request.rstrip(b"\n"))
        data = {"format": "mulian-witness-conflict-1", "known": known.as_json(), "refused": refused}
        write_atomic(self._conflicts / name, canonical.dumps(data) + b"\n", 0o600)

    def conflicts(self) -> int:
        """Return how many refusals are kept as evidence."""
        return sum(1 for _ in self._conflicts.glob("*.json"))

    def _file(self, stream: str) -> Path:
        return self._seen / f"{stream.replace('/', '@')}.log"


def _checkpoint(line: bytes) -> Checkpoint:
    return read_checkpoint(canonical.loads(line)["checkpoint"])


def _whole(descriptor: int) -> int:
    """Where the last whole line of a file ends."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _TAIL)
    return start + os.pread(descriptor, _TAIL, start).rfind(b"\n") + 1
