"""The mempool journal: what was acknowledged is on disk before the answer leaves.

A record is ``length (4, big-endian) ‖ crc32 (4) ‖ raw transaction``. Appends gather while an fsync runs and share
the next one (group commit). A torn tail is cut off at opening; nothing in it was acknowledged. Records of sealed
transactions stay until the file passes :data:`COMPACT_BYTES`: should the last block ever be lost with the disk
cache of a lying device, its transactions come back from here.
"""

import os
import struct
import threading
import zlib
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path

from kernel.files_atomic import sync_folder, write_atomic

COMPACT_BYTES = 16 * 1024 * 1024
_HEADER = struct.Struct(">II")


class Journal:
    """One writer thread; :meth:`append` may be called by any thread."""

    def __init__(self, path: Path) -> None:
        """Open or create the journal, cutting a torn tail; the records are in :attr:`recovered`, in order."""
        self.path = path
        created = not path.exists()
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if created:
            sync_folder(path.parent)
        self.recovered, self._end = _scan(os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0))
        os.ftruncate(self._descriptor, self._end)
        os.fsync(self._descriptor)
        self._waiting: list[tuple[bytes, Future[None]]] = []
        self._condition = threading.Condition()
        self._file_lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="chain-journal", daemon=True)
        self._thread.start()

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return self._end

    def append(self, raw: bytes) -> "Future[None]":
        """Queue one record; the future is done when it is on disk, or carries the OSError that prevented it."""
        future: Future[None] = Future()
        with self._condition:
            if self._closed:
                raise RuntimeError("the journal is closed")
            self._waiting.append((raw, future))
            self._condition.notify()
        return future

    def rewrite(self, raws: Iterable[bytes]) -> None:
        """Replace the contents atomically by ``raws``: what is still to be sealed."""
        data = b"".join(_record(raw) for raw in raws)
        with self._file_lock:
            write_atomic(self.path, data, mode=0o600)
            os.close(self._descriptor)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
            self._end = len(data)

    def close(self) -> None:
        """Write what is queued and close."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._thread.join()
        os.close(self._descriptor)

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._waiting and not self._closed:
                    self._condition.wait()
                batch, self._waiting = self._waiting, []
                if not batch and self._closed:
                    return
            try:
                self._write(b"".join(_record(raw) for raw, _ in batch))
            except OSError as error:
                for _, future in batch:
                    future.set_exception(error)
            else:
                for _, future in batch:
                    future.set_result(None)

    def _write(self, data: bytes) -> None:
        with self._file_lock:
            try:
                written = 0
                while written < len(data):
                    written += os.pwrite(self._descriptor, data[written:], self._end + written)
                os.fdatasync(self._descriptor)
            except OSError:
                os.ftruncate(self._descriptor, self._end)
                raise
            self._end += len(data)


def _record(raw: bytes) -> bytes:
    return _HEADER.pack(len(raw), zlib.crc32(raw)) + raw


def _scan(data: bytes) -> tuple[list[bytes], int]:
    records: list[bytes] = []
    position = 0
    while position + _HEADER.size <= len(data):
        length, checksum = _HEADER.unpack_from(data, position)
        raw = data[position + _HEADER.size: position + _HEADER.size + length]
        if len(raw) != length or zlib.crc32(raw) != checksum:
            break
        records.append(raw)
        position += _HEADER.size + length
    return records, position
