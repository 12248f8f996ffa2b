"""Where a scan looks: every file of a home and of named folders, inside archives, and PostgreSQL's columns.

Everything is streamed: a file of any size costs two chunks of memory.
"""

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select

from crypto.selfcheck.rules import Hit, Needle, Readable, search, search_bytes
from kernel.db import Base, Database

Progress = Callable[[int, int, str], None]
KINDS: dict[str, str] = {
    "database": "数据库文件", "wal": "数据库日志（WAL）", "columns": "数据库字段", "uploads": "上传与附件",
    "results": "报告与结果文件", "logs": "运行日志", "calls": "接口调用日志", "chain": "区块链数据",
    "temp": "运行临时文件", "keys": "密钥目录", "other": "数据目录其他文件", "extra": "另行指定的位置（转储、临时目录等）",
}
_FOLDERS = {"files": "uploads", "reports": "results", "logs": "logs", "calllog": "calls", "chain": "chain",
            "run": "temp", "keys": "keys", "demo": "results"}
MAX_EXPANDED = 4 * 1024**3  # of one archive: a bomb costs time, never memory


@dataclass
class Place:
    """What was looked at in one kind of place."""

    kind: str
    files: int = 0
    bytes: int = 0
    hits: int = 0


class Scan:
    """One scan: places, hits and what could not be read."""

    def __init__(self, wanted: Sequence[Needle]) -> None:
        self._wanted = wanted
        self.places: dict[str, Place] = {}
        self.hits: list[Hit] = []
        self.unreadable: list[str] = []

    def files(self, root: Path, extra: Sequence[Path], progress: Progress) -> None:
        """Look at every file of a home, then at the named files and folders."""
        own = [str(path.relative_to(root)) for path in _files(root)]
        listed = [(root / place, place, kind_of(place)) for place in own]
        listed += [(path, str(path), "extra") for one in extra for path in _files(one)]
        for number, (path, place, kind) in enumerate(listed):
            progress(number, len(listed), place)
            self._file(path, place, kind)

    def columns(self, database: Database) -> None:
        """Look at every text and binary column: a server's files are not ours to read."""
        at = self._place("columns")
        for place, value in _column_pages(database):
            at.files, at.bytes = at.files + 1, at.bytes + len(value)
            self._found(at, search_bytes(place, value, self._wanted))

    def _file(self, path: Path, place: str, kind: str) -> None:
        at = self._place(kind)
        try:
            with path.open("rb") as source:
                at.files, at.bytes = at.files + 1, at.bytes + path.stat().st_size
                self._found(at, search(place, source, self._wanted))
                source.seek(0)
                for number, member in enumerate(_members(source), start=1):
                    self._found(at, search(f"{place}!{number}", member, self._wanted))
        except FileNotFoundError:
            return  # a journal that was removed while we looked
        except (OSError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError):
            self.unreadable.append(place)

    def _found(self, at: Place, hits: "Iterator[Hit] | list[Hit]") -> None:
        before = len(self.hits)
        self.hits += hits
        at.hits += len(self.hits) - before

    def _place(self, kind: str) -> Place:
        return self.places.setdefault(kind, Place(kind))


def kind_of(place: str) -> str:
    """Return the kind of a path inside a home."""
    first, _, rest = place.partition("/")
    if not rest and first.startswith("mulian.db"):
        return "database" if first == "mulian.db" else "wal"
    return _FOLDERS.get(first, "other") if rest else "other"


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    return sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def _members(source: BinaryIO) -> Iterator[Readable]:
    """Yield what an archive holds, expanded while it is read: xlsx and docx are archives too.

    Without names: whoever uploaded the archive chose them, and a report must not repeat a person's number in one.
    """
    magic = source.read(4)
    source.seek(0)
    if magic[:2] == b"\x1f\x8b":
        yield _Bounded(gzip.GzipFile(fileobj=source))
    elif magic in (b"PK\x03\x04", b"PK\x05\x06"):
        with zipfile.ZipFile(source) as archive:
            for info in archive.infolist():
                with archive.open(info) as member:
                    yield _Bounded(member)


class _Bounded:
    """The first ``MAX_EXPANDED`` bytes of a stream; more than that is reported as unreadable."""

    def __init__(self, source: Readable) -> None:
        self._source, self._left = source, MAX_EXPANDED

    def read(self, size: int, /) -> bytes:
        """Read on; raise OSError beyond the bound."""
        data = self._source.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise OSError("expands beyond what is looked at")
        return data


def _column_pages(database: Database) -> Iterator[tuple[str, bytes]]:
    for table in Base.metadata.sorted_tables:
        with database.read() as session:  # of its own: a rotation of an index key waits for whoever began before it
            for column in table.columns:
                if getattr(column.type, "python_type", None) is int:
                    continue
                place = f"{table.name}.{column.name}"
                rows = session.execute(select(column).execution_options(yield_per=5_000)).partitions()
                for page in rows:
                    yield place, b"\0".join(_raw(row[0]) for row in page)


def _raw(value: Any) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return b"" if value is None else str(value).encode()
