"""The search texts of new nodes, worked out before the transaction that writes them and kept in a file without a name.

They are most of the work of a large import, and SQLite lets nobody else write while it applies. A page holds the texts
of one page of staged rows by node; a check that ran again in between has given its nodes new ids, so what it staged
finds no texts here and is worked out in the transaction.
"""

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

import orjson

from catalog.imports import queries
from catalog.imports.progress import Progress
from catalog.nodes import service as nodes
from catalog.nodes.kinds import KINDS
from catalog.search import service as search
from kernel.db import Database

PAGE: Final = 2000
"""Rows that are in memory at once."""

_LENGTH: Final = 8


class Prepared:
    """The texts of one batch, page by page, on disk: a third of a million of them do not fit in memory."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by the with statement around us

    def __enter__(self) -> "Prepared":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def fill(self, database: Database, batch_id: uuid.UUID, total: int, progress: Progress) -> None:
        """Work out the texts of every node that the batch will make; reads one snapshot and locks nothing."""
        done = 0
        with database.read() as session:
            for page in queries.staged_pages(session, batch_id, PAGE, "create", "update"):
                texts = {}
                for row in page:
                    if row.action == "create" and row.kind in KINDS:
                        values = {**queries.given(row.data), "legacy_code": row.data.get("legacy")}
                        ready = search.prepare(session, values["name"], nodes.searched(values))
                        texts[row.node_id.hex] = (ready.head, ready.initials, ready.title, ready.body, ready.streams)
                done += len(page)
                progress(min(done, total), total, "准备检索文本")
                self._put(orjson.dumps(texts))

    def _put(self, data: bytes) -> None:
        self._file.write(len(data).to_bytes(_LENGTH, "big") + data)

    def __iter__(self) -> Iterator[dict[uuid.UUID, search.Ready]]:
        self._file.seek(0)
        while length := self._file.read(_LENGTH):
            held = orjson.loads(self._file.read(int.from_bytes(length, "big")))
            yield {
                uuid.UUID(hex=key): search.Ready(head, initials, title, body, tuple(streams) if streams else None)
                for key, (head, initials, title, body, streams) in held.items()
            }
