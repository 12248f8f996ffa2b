"""Assembling proof files from our own rows. Every field is bound by a hash or a signature; no free text."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chain.anchoring import queries
from chain.anchoring.models import AnchorBatch, AnchorLeaf
from chain.anchoring.tree import Tree
from chain.errors import ANCHOR_NOT_FINAL
from kernel import canonical, clock


@dataclass(frozen=True)
class _Anchored:
    """What the proofs of one batch share."""

    size: int
    checkpoint: dict[str, Any]
    chain: dict[str, Any]


def file_name(leaf: AnchorLeaf) -> str:
    """Return the file name of a leaf's proof: stream, epoch from 2 on, index."""
    epoch = "" if leaf.epoch == 1 else f"-{leaf.epoch}"
    return f"{leaf.stream}{epoch}-{leaf.index:08d}.proof.json"


class Maker:
    """Makes proofs within one session; a batch and the tiles that many leaves share are read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._batches: dict[uuid.UUID, _Anchored] = {}
        self._trees: dict[tuple[str, int], Tree] = {}

    def proof(self, leaf: AnchorLeaf) -> bytes:
        """Return the proof file of an anchored leaf; ``chain.anchor.not_final`` before."""
        if leaf.batch_id is None or leaf.index is None or leaf.epoch is None:
            raise ANCHOR_NOT_FINAL()
        anchored = self._anchored(leaf.batch_id)
        path = self._tree(leaf.stream, leaf.epoch, anchored.size).inclusion(leaf.index, anchored.size)
        proof = {
            "format": "mulian-proof-1",
            "object": {"id": leaf.object_id, "type": leaf.object_type, "version": leaf.version},
            "record": leaf.record,
            "salt": leaf.salt.hex(),
            "index": leaf.index,
            "path": [node.hex() for node in path],
            "checkpoint": anchored.checkpoint,
            "chain": anchored.chain,
        }
        return canonical.dumps(proof) + b"\n"

    def _anchored(self, batch_id: uuid.UUID) -> _Anchored:
        known = self._batches.get(batch_id)
        if known is None:
            known = self._batches[batch_id] = self._read(batch_id)
        return known

    def _read(self, batch_id: uuid.UUID) -> _Anchored:
        batch = self._session.get(AnchorBatch, batch_id)
        point = queries.checkpoint(self._session, batch_id)
        if batch is None or batch.evidence is None or point is None:
            raise ANCHOR_NOT_FINAL()
        checkpoint = {
            "origin": point.origin, "stream": point.stream, "size": point.size, "root": point.root.hex(),
            "time": clock.iso(point.time), "key": point.key.hex(), "signature": point.signature.hex(),
        }  # fmt: skip
        return _Anchored(point.size, checkpoint, batch.evidence)

    def _tree(self, stream: str, epoch: int, size: int) -> Tree:
        tree = self._trees.get((stream, epoch))
        if tree is None or tree.size < size:
            tree = Tree(queries.SqlTiles(self._session, stream, epoch), size)
            self._trees[stream, epoch] = tree
        return tree

