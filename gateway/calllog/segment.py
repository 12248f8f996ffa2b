"""A call-log segment: a pre-allocated, memory-mapped file that survives the death of its writer.

Layout (little endian), 128 bytes of header, then records::

    0   8  magic "MLCLOG01"
    8   8  number (microseconds at creation)      16  4  worker      20  4  pid
    24  8  bytes used after the header            32  8  calls started
    40  8  calls finished (records of kind call)  48  8  lines that found no room
    56  1  closed by its writer                   64 32  gateway name, zero padded

    record: u32 length, u32 CRC-32 of the payload, payload

The writer stores a record before it moves "bytes used", so a reader never sees half a line; the CRC guards
against a torn page after a host crash. The writer holds flock on the file: who can lock it knows that the writer
is gone, whatever became of its pid.
"""

import fcntl
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"MLCLOG01"
HEADER = 128
SUFFIX = ".seg"
_HEAD = struct.Struct("<8sQIIQQQQB7x32s32x")
_RECORD = struct.Struct("<II")
_USED, _STARTED, _LOST, _CLOSED = 24, 32, 48, 56
_U64 = struct.Struct("<Q")
_COUNTS = struct.Struct("<QQQ")  # bytes used, calls started, calls finished
MAX_RECORD = 16 * 1024


class BadSegment(ValueError):
    """The file is no call-log segment."""


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """What the header says; ``open_calls`` were started and never finished."""

    gateway: str
    worker: int
    number: int
    pid: int
    used: int
    started: int
    finished: int
    lost: int
    closed: bool

    @property
    def open_calls(self) -> int:
        """Calls of which the log holds no line: in flight, or aborted when the writer is dead."""
        return max(0, self.started - self.finished - self.lost)


class SegmentWriter:
    """Appends records. One writer a file; not thread-safe (the event loop owns it)."""

    __slots__ = ("_at", "_file", "_finished", "_lost", "_map", "_started", "path", "size")

    def __init__(self, folder: Path, gateway: str, worker: int, number: int, size: int) -> None:
        self.path = folder / f"{gateway}-{worker:03d}-{number}{SUFFIX}"
        self.size = size
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        # real blocks, not a sparse file: a full disk shows here and not as SIGBUS in the middle of a call
        os.posix_fallocate(self._file, 0, size)
        self._map = mmap.mmap(self._file, size)
        self._at, self._started, self._finished, self._lost = HEADER, 0, 0, 0
        self._map[:HEADER] = _HEAD.pack(
            MAGIC, number, worker, os.getpid(), 0, 0, 0, 0, 0, gateway.encode()[:32],
        )

    def start(self) -> None:
        """Count a call whose head was accepted."""
        self._started += 1
        _U64.pack_into(self._map, _STARTED, self._started)

    def carry(self, open_calls: int) -> None:
        """Take over calls that were started under the previous segment and will finish in this one."""
        self._started += open_calls
        _U64.pack_into(self._map, _STARTED, self._started)

    def append(self, payload: bytes, *, finishes: bool = True) -> bool:
        """Store one record; False when it does not fit (the caller rolls over)."""
        at, length = self._at, len(payload)
        end = at + 8 + length
        if end > self.size:
            return False
        self._map[at:end] = _RECORD.pack(length, zlib.crc32(payload)) + payload
        self._at = end
        if finishes:
            self._finished += 1
        _COUNTS.pack_into(self._map, _USED, end - HEADER, self._started, self._finished)
        return True

    def lose(self) -> None:
        """Count a line that could not be stored: a gap that the log itself reports."""
        self._lost += 1
        _U64.pack_into(self._map, _LOST, self._lost)

    @property
    def open_calls(self) -> int:
        """Calls started and not finished here."""
        return self._started - self._finished - self._lost

    def sync(self) -> None:
        """Ask the kernel to write the dirty pages; blocks without holding the interpreter (call it in a thread)."""
        os.fdatasync(self._file)

    def hand_over(self, successor: "SegmentWriter") -> None:
        """Let the open calls finish in another segment: counted there, and no longer here."""
        carried = self.open_calls
        successor.carry(carried)
        self._started -= carried
        _U64.pack_into(self._map, _STARTED, self._started)

    def close(self) -> None:
        """Mark closed, cut the unused tail, release the lock."""
        self._map[_CLOSED] = 1
        self._map.flush()
        self._map.close()
        os.ftruncate(self._file, self._at)
        os.fsync(self._file)
        os.close(self._file)


def read_info(path: Path) -> SegmentInfo:
    """Read a segment's header."""
    with path.open("rb") as file:
        head = file.read(HEADER)
    if len(head) < HEADER or head[:8] != MAGIC:
        raise BadSegment(str(path))
    _, number, worker, pid, used, started, finished, lost, closed, gateway = _HEAD.unpack(head)
    name = gateway.rstrip(b"\0").decode()
    return SegmentInfo(name, worker, number, pid, used, started, finished, lost, bool(closed))


def read_records(path: Path) -> Iterator[bytes]:
    """Yield the payloads in order; stop at the first record whose CRC is wrong (nothing after it is trusted)."""
    info = read_info(path)
    with path.open("rb") as file:
        file.seek(HEADER)
        data = file.read(info.used)
    at = 0
    while at + 8 <= len(data):
        length, crc = _RECORD.unpack_from(data, at)
        payload = data[at + 8:at + 8 + length]
        # a page that never reached the disk of a dead host is zeros: no length, and the CRC of nothing is 0 as well
        if not 0 < length <= MAX_RECORD or len(payload) != length or zlib.crc32(payload) != crc:
            return
        yield payload
        at += 8 + length


def try_own(path: Path) -> int | None:
    """Return a descriptor that locks the segment when its writer is gone, else None. The caller closes it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
