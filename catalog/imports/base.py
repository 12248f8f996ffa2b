"""What a workbook said when it was exported: the base of the cell-level merge.

Every export leaves one file under ``files/exports``: a line of facts, then one line for each row with its node, code,
revision and values. The workbook carries the file's id, so a workbook that comes back weeks later, sorted, with
columns moved or codes changed meanwhile, is compared with what its officer had on the desk.
"""

import gzip
import re
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import orjson

from kernel import clock

MARK: Final = "导出编号"
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
KEPT_DAYS: Final = 400


class Base:
    """The rows of one export by node; empty where the workbook was not exported here or its base is gone.

    They lie in a private temporary database (SQLite keeps it in memory while it is small), because an export of
    300,000 rows must not need a gigabyte to be compared with.
    """

    def __init__(self) -> None:
        self.found = False
        self._store: sqlite3.Connection | None = None

    def row(self, node_id: uuid.UUID) -> Mapping[str, Any] | None:
        """The values of a node at the export."""
        held = self._one("SELECT held FROM base WHERE node = ?", node_id.bytes)
        return None if held is None else dict(orjson.loads(held))

    def node(self, kind: str, code: str) -> uuid.UUID | None:
        """The node that bore a code at the export."""
        held = self._one("SELECT node FROM base WHERE code = ? AND kind = ?", code, kind)
        return None if held is None else uuid.UUID(bytes=held)

    def _one(self, query: str, *values: Any) -> Any:
        if self._store is None:
            return None
        found = self._store.execute(query, values).fetchone()
        return found[0] if found else None

    def close(self) -> None:
        """Forget the rows."""
        if self._store is not None:
            self._store.close()

    @classmethod
    def read(cls, path: Path | None) -> "Base":
        """Read a file; a missing or damaged one gives an empty base."""
        base = cls()
        if path is None or not path.is_file():
            return base
        store = sqlite3.connect("", check_same_thread=False)
        store.execute("CREATE TABLE base (node BLOB PRIMARY KEY, kind TEXT, code TEXT, held BLOB) WITHOUT ROWID")
        try:
            store.executemany("INSERT INTO base VALUES (?, ?, ?, ?)", _lines(path))
        except (OSError, EOFError, ValueError, StopIteration, sqlite3.Error):
            store.close()
            return base
        store.execute("CREATE INDEX base_code ON base (code)")
        base.found, base._store = True, store
        return base


def _lines(path: Path) -> Iterator[tuple[bytes, str, str, bytes]]:
    with gzip.open(path, "rb") as file:
        file.readline()
        for line in file:
            kind, node_id, code, values = orjson.loads(line)
            yield uuid.UUID(node_id).bytes, kind, code, orjson.dumps(values)


def path_of(folder: Path, export_id: uuid.UUID) -> Path:
    """Where the base of an export is kept."""
    return folder / f"{export_id}.base.gz"


class Writer:
    """Writes a base row by row."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, kind: str, row: Mapping[str, Any], fields: Iterable[str]) -> None:
        """Keep the values of one exported row."""
        values = {name: _plain(row.get(name)) for name in fields}
        line = orjson.dumps([kind, str(row["id"]), row["code"], values])
        self._file.write(line + b"\n")


@contextmanager
def writing(folder: Path, export_id: uuid.UUID) -> Iterator[Writer]:
    """A new base; it appears under its name only when it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    path, draft = path_of(folder, export_id), folder / f"{export_id}.draft"
    try:
        with gzip.open(draft, "wb", compresslevel=3) as file:
            file.write(orjson.dumps({"version": 1, "at": clock.iso(clock.now())}) + b"\n")
            yield Writer(file)  # type: ignore[arg-type]
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def export_id_in(rows: Iterable[list[Any]]) -> uuid.UUID | None:
    """The export id in the first rows of a guide sheet."""
    for cells in rows:
        text = " ".join(str(cell) for cell in cells if cell)
        found = _ID.search(text) if MARK in text else None
        if found:
            return uuid.UUID(found.group())
    return None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.iso(value)
    return str(value) if isinstance(value, uuid.UUID) else value
