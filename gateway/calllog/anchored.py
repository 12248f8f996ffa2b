"""The stream "calllog": a leaf for each shipped segment, and the row tree beside it, so that one call can be proven.

The leaf's record is the segment's manifest. Beside ``X.parquet`` lies ``X.rows``: the tree's hashes from level 1 up
(one for 256 rows); those of level 0 are computed again from the rows when a proof is asked for.
"""

from pathlib import Path

from sqlalchemy.orm import Session

from chain.anchoring import rows as rowtree
from chain.anchoring.service import append_leaf
from chain.anchoring.tree import TILE_WIDTH, MemoryTiles, Tree
from gateway.calllog import record
from gateway.calllog.models import ShippedSegment
from kernel.files_atomic import write_atomic
from kernel.runtime import Runtime

STREAM, OBJECT, VERSION = "calllog", "calllog_segment", 1
MAGIC = b"MLROWS1\n"


def object_id(gateway: str, worker: int, number: int) -> str:
    """Name a segment as a leaf's object."""
    return f"{gateway}-{worker:03d}-{number}"


def write_tree(runtime: Runtime, parquet: Path, name: str, calls: record.Columns) -> bytes:
    """Write the row tree beside a segment, in the order of its rows, and return the root."""
    hasher = rowtree.RowHasher(runtime.box, OBJECT, name, VERSION)
    tiles = MemoryTiles()
    tree = Tree(tiles)
    tree.append(hasher.leaves(record.row_json(calls)))
    data, count, level = MAGIC, len(calls[0]) // TILE_WIDTH, 1
    while count:
        data += b"".join(tiles.read(level, at) for at in range(-(-count // TILE_WIDTH)))
        count, level = count // TILE_WIDTH, level + 1
    write_atomic(parquet.with_suffix(".rows"), data, 0o600)
    return tree.root()


def append(session: Session, row: ShippedSegment, row_root: bytes) -> None:
    """Append the segment's manifest to the stream, in the transaction that registers it."""
    append_leaf(
        session, stream=STREAM, object_type=OBJECT, object_id=object_id(row.gateway, row.worker, row.number),
        version=VERSION,
        record={
            "format": "mulian-calllog-1", "gateway": row.gateway, "worker": row.worker, "number": row.number,
            "file": row.file, "sm3": row.sm3, "rows": row.rows, "aborted": row.aborted, "lost": row.lost,
            "first_at": row.first_at, "last_at": row.last_at, "row_root": row_root.hex(),
        },
    )
