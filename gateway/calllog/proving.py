"""Proof files of calls. Apart from ``anchored``, because reading the log loads DuckDB."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.anchoring import rows as rowtree
from chain.anchoring.errors import ANCHOR_NOT_FOUND
from chain.anchoring.tree import HASH_SIZE, TILE_WIDTH, Tree
from gateway.calllog import reader
from gateway.calllog.anchored import MAGIC, OBJECT, STREAM, VERSION, object_id
from gateway.calllog.models import ShippedSegment
from gateway.calllog.record import COLUMNS, row_json
from kernel import clock
from kernel.runtime import Runtime, runtime_of


def call_proof(session: Session, *, request_id: str, at: int) -> bytes:
    """Return the proof file of a call (``at``: microseconds, as the log shows it).

    Raises ``chain.anchor.not_found`` for a call that is in no shipped segment, or in one shipped before segments were
    anchored, and ``chain.anchor.not_final``.
    """
    runtime, moment = runtime_of(session), clock.from_micros(at)
    chosen = (ShippedSegment.first_at <= moment, ShippedSegment.last_at >= moment)
    for row in session.scalars(select(ShippedSegment).where(*chosen).order_by(ShippedSegment.number)):
        file = runtime.home.calllog_dir / row.file
        index = reader.place_of(file, request_id)
        if index is not None:
            return _proof(session, runtime, row, file, index)
    raise ANCHOR_NOT_FOUND()


def _proof(session: Session, runtime: Runtime, row: ShippedSegment, file: Path, index: int) -> bytes:
    name = object_id(row.gateway, row.worker, row.number)
    hasher = rowtree.RowHasher(runtime.box, OBJECT, name, VERSION)
    tiles = _Tiles(file, hasher, row.rows)
    path = Tree(tiles, row.rows).inclusion(index)
    [call] = reader.slice_of(file, index, 1)
    return rowtree.proof(
        session, stream=STREAM, object_type=OBJECT, object_id=name, version=VERSION, index=index,
        row={column: getattr(call, column) for column in COLUMNS}, salt=hasher.salt(index), path=path,
    )


class _Tiles:
    """Level 0 from the rows of the file, all above from what lies beside it."""

    def __init__(self, file: Path, hasher: rowtree.RowHasher, rows: int) -> None:
        self._file, self._hasher, self._rows = file, hasher, rows
        beside = file.with_suffix(".rows")
        if not beside.is_file():
            raise ANCHOR_NOT_FOUND()
        self._upper = beside.read_bytes().removeprefix(MAGIC)

    def read(self, level: int, index: int) -> bytes:
        """Return the hashes of a tile."""
        if level == 0:
            start = index * TILE_WIDTH
            rows = reader.slice_of(self._file, start, TILE_WIDTH)
            calls = [[getattr(row, name) for row in rows] for name in COLUMNS]
            return b"".join(self._hasher.leaves(row_json(calls), start))
        before = sum(self._rows // TILE_WIDTH**lower for lower in range(1, level))
        count = self._rows // TILE_WIDTH**level
        start, end = index * TILE_WIDTH, min((index + 1) * TILE_WIDTH, count)
        return self._upper[(before + start) * HASH_SIZE : (before + end) * HASH_SIZE]

    def write(self, level: int, index: int, hashes: bytes) -> None:
        """A shipped segment never grows."""
        raise NotImplementedError("a shipped segment never grows")
