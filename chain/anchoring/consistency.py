"""Consistency proofs: the tree of one size continues that of a smaller one (RFC 6962 section 2.1.2)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chain.anchoring import proofs, queries, rules
from chain.anchoring.errors import ANCHOR_NOT_FOUND, CHECKPOINT_UNKNOWN, CONSISTENCY_RANGE
from chain.anchoring.tree import Tree
from chain.witness import queries as checkpoints
from kernel import canonical


@dataclass(frozen=True)
class Consistency:
    """Both roots and the path between them, by the stream's name on the chain."""

    stream: str
    old: int
    size: int
    old_root: bytes
    root: bytes
    path: list[bytes]


def between(session: Session, *, stream: str, old: int, size: int) -> Consistency:
    """Return the proof between any two sizes, 1 ≤ old ≤ size ≤ final records.

    Raises ``chain.anchor.not_found`` for an unknown stream and ``chain.consistency.range``.
    """
    name = rules.stream_of(stream)
    if name is None or queries.stream(session, name[0]) is None:
        raise ANCHOR_NOT_FOUND()
    last = queries.last_final(session, *name)
    known = last.from_index + last.leaves if last else 0
    if not 1 <= old <= size <= known:
        raise CONSISTENCY_RANGE(stream=stream, old=old, size=size, known=known)
    tree = Tree(queries.SqlTiles(session, *name), size)
    return Consistency(stream, old, size, tree.root(old), tree.root(), tree.consistency(old))


def file(session: Session, *, stream: str, old: int, size: int) -> bytes:
    """Return a consistency file from any size to that of a checkpoint: canonical JSON and a newline.

    Raises ``chain.checkpoint.unknown`` where no batch ended at ``size``: only a checkpoint is signed.
    """
    point = checkpoints.checkpoint_at(session, stream, size)
    if point is None:
        raise CHECKPOINT_UNKNOWN(stream=stream, size=size)
    found = between(session, stream=stream, old=old, size=size)
    document: dict[str, Any] = {
        "format": "mulian-consistency-1", "old": {"size": old, "root": found.old_root.hex()},
        "checkpoint": proofs.checkpoint_fields(point), "path": [node.hex() for node in found.path],
        "witnesses": proofs.cosigned(session, point.batch_id),
    }  # fmt: skip
    return canonical.dumps(document) + b"\n"
