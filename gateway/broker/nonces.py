"""The nonce table and its journal. A nonce is kept until timestamp + 330 s and never forgotten before.

Journal: one file a minute of expiry, 24-byte records (digest, timestamp). Written before the answer, without
fsync: the page cache survives the death of this process; after a host crash (another boot id) every timestamp up to
start + 30 s is refused instead. A lost journal is another broker's start: see ``ownership``.
"""

import os
import struct
from collections import defaultdict
from pathlib import Path

from kernel import ids
from kernel.files_atomic import write_atomic

KEEP_SECONDS = 330
FLOOR_SECONDS = 30
_RECORD = struct.Struct("<16sQ")
_BOOT_FILE, _ID_FILE = "boot", "id"


def boot_id() -> str:
    """Return the identity of this start of the host."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def identity(folder: Path) -> str:
    """Return the name of the broker whose journal lies in ``folder``, made on first use.

    It is lost together with the journal, and a copy of the folder (a restored or cloned home, whose journal may lack
    nonces) gets another one: that broker owns nothing yet.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark, place = folder / _ID_FILE, str(folder.stat().st_ino)
    known, _, where = mark.read_text().partition(" ") if mark.exists() else ("", "", "")
    if where == place:
        return known
    made = ids.new().hex
    write_atomic(mark, f"{made} {place}".encode(), 0o600)
    return made


class NonceTable:
    """Nonces of the last minutes. ``floor``: timestamps (s) up to it are refused."""

    def __init__(self, folder: Path, *, capacity: int = 2_000_000) -> None:
        self._folder = folder
        self._capacity = capacity
        self._seen: set[bytes] = set()
        self._by_minute: dict[int, list[bytes]] = defaultdict(list)
        self._files: dict[int, int] = {}
        self._pending: dict[int, list[bytes]] = defaultdict(list)
        self.floor = 0

    @classmethod
    def open(cls, folder: Path, now: float, *, boot: str, capacity: int = 2_000_000) -> "NonceTable":
        """Load the journal; set the floor when it cannot be complete."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        table = cls(folder, capacity=capacity)
        mark = folder / _BOOT_FILE
        known = mark.read_text() if mark.exists() else None
        if known is not None and known != boot:
            table.floor = int(now) + FLOOR_SECONDS
        for path in folder.glob("*.nonces"):
            table._load(path, now)
        write_atomic(mark, boot.encode(), 0o600)
        return table

    def _load(self, path: Path, now: float) -> None:
        minute = int(path.stem)
        if (minute + 1) * 60 < now:
            path.unlink()
            return
        data = path.read_bytes()
        whole = len(data) - len(data) % _RECORD.size
        if whole != len(data):  # a torn tail was never answered
            os.truncate(path, whole)
        for digest, _ in _RECORD.iter_unpack(data[:whole]):
            self._seen.add(digest)
            self._by_minute[minute].append(digest)

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, digest: bytes, timestamp: int, *, floor: int = 0) -> str:
        """Return "" for a new nonce, else "replay", "full" or "floor". Call :meth:`commit` before answering.

        ``floor``: of the application, when another broker answered for it before.
        """
        if timestamp <= self.floor or timestamp <= floor:
            return "floor"
        if digest in self._seen:
            return "replay"
        if len(self._seen) >= self._capacity:
            return "full"
        self._seen.add(digest)
        minute = (timestamp + KEEP_SECONDS) // 60
        self._by_minute[minute].append(digest)
        self._pending[minute].append(_RECORD.pack(digest, timestamp))
        return ""

    def commit(self) -> None:
        """Append what was added to the journal: one write a file. OSError means nothing may be answered."""
        for minute, records in self._pending.items():
            data = b"".join(records)
            if os.write(self._file(minute), data) != len(data):
                raise OSError("short write to the nonce journal")
        self._pending.clear()

    def _file(self, minute: int) -> int:
        descriptor = self._files.get(minute)
        if descriptor is None:
            path = self._folder / f"{minute}.nonces"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._files[minute] = descriptor
        return descriptor

    def expire(self, now: float) -> None:
        """Forget the minutes that lie wholly in the past."""
        for minute in [minute for minute in self._by_minute if (minute + 1) * 60 < now]:
            self._seen.difference_update(self._by_minute.pop(minute))
            descriptor = self._files.pop(minute, None)
            if descriptor is not None:
                os.close(descriptor)
            (self._folder / f"{minute}.nonces").unlink(missing_ok=True)

    def close(self) -> None:
        """Close the journal's files."""
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()
