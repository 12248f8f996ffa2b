"""Assembling proof files from our own rows. Every field is bound by a hash or a signature; no free text."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chain.anchoring import queries
from chain.anchoring.errors import ANCHOR_NOT_FINAL
from chain.anchoring.models import AnchorBatch, AnchorCheckpoint, AnchorLeaf
from chain.anchoring.tree import Tree
from chain.witness import queries as witnesses
from kernel import canonical, clock


@dataclass(frozen=True)
class _Anchored:
    """What the proofs of one batch share."""

    size: int
    checkpoint: dict[str, Any]
    witnesses: list[dict[str, Any]]
    chain: dict[str, Any]


def file_name(leaf: AnchorLeaf) -> str:
    """Return the file name of a leaf's proof: stream, epoch from 2 on, index."""
    epoch = "" if leaf.epoch == 1 else f"-{leaf.epoch}"
    return f"{leaf.stream}{epoch}-{leaf.index:08d}.proof.json"


def checkpoint_fields(point: AnchorCheckpoint) -> dict[str, Any]:
    """Return a signed checkpoint as files carry it."""
    return {
        "origin": point.origin, "stream": point.stream, "size": point.size, "root": point.root.hex(),
        "time": clock.iso(point.time), "key": point.key.hex(), "signature": point.signature.hex(),
    }  # fmt: skip


def cosigned(session: Session, batch_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return the cosignatures of a batch's checkpoint as files carry them, in the order of keys."""
    return [
        {"key": found.key.hex(), "signature": found.row.signature.hex(), "time": clock.iso(found.row.time)}
        for found in witnesses.cosignatures(session, batch_id)
    ]


class Maker:
    """Makes proofs within one session; a batch and the tiles that many leaves share are read once.

    A proof rests on the first batch, from the leaf's own on, that as many witnesses have signed as the trust file
    asks for (else any witness, else the own one): its root covers the leaf as well. ``own``: always on the own batch.
    """

    def __init__(self, session: Session, *, own: bool = False) -> None:
        self._session, self._own = session, own
        self._batches: dict[uuid.UUID, _Anchored] = {}
        self._trees: dict[tuple[str, int], Tree] = {}

    def proof(self, leaf: AnchorLeaf) -> bytes:
        """Return the proof file of an anchored leaf; ``chain.anchor.not_final`` before."""
        return canonical.dumps(self.document(leaf)) + b"\n"

    def document(self, leaf: AnchorLeaf) -> dict[str, Any]:
        """Return the proof of an anchored leaf as a value: a row proof carries it within."""
        if leaf.batch_id is None or leaf.index is None or leaf.epoch is None:
            raise ANCHOR_NOT_FINAL()
        anchored = self._anchored(leaf.batch_id)
        path = self._tree(leaf.stream, leaf.epoch, anchored.size).inclusion(leaf.index, anchored.size)
        return {
            "format": "mulian-proof-2",
            "object": {"id": leaf.object_id, "type": leaf.object_type, "version": leaf.version},
            "record": leaf.record,
            "salt": leaf.salt.hex(),
            "index": leaf.index,
            "path": [node.hex() for node in path],
            "checkpoint": anchored.checkpoint,
            "witnesses": anchored.witnesses,
            "chain": anchored.chain,
        }

    def _anchored(self, batch_id: uuid.UUID) -> _Anchored:
        known = self._batches.get(batch_id)
        if known is None:
            known = self._batches[batch_id] = self._read(batch_id)
        return known

    def _read(self, batch_id: uuid.UUID) -> _Anchored:
        batch = self._session.get(AnchorBatch, batch_id)
        if batch is not None and not self._own:
            known = queries.trust(self._session)
            wanted = known.witness_quorum if known else 0
            signed = witnesses.first_cosigned(self._session, batch.stream, batch.epoch, batch.seq, wanted)
            batch = batch if signed is None else self._session.get_one(AnchorBatch, signed)
        point = queries.checkpoint(self._session, batch.id) if batch is not None else None
        if batch is None or batch.evidence is None or point is None:
            raise ANCHOR_NOT_FINAL()
        return _Anchored(point.size, checkpoint_fields(point), cosigned(self._session, batch.id), batch.evidence)

    def _tree(self, stream: str, epoch: int, size: int) -> Tree:
        tree = self._trees.get((stream, epoch))
        if tree is None or tree.size < size:
            tree = Tree(queries.SqlTiles(self._session, stream, epoch), size)
            self._trees[stream, epoch] = tree
        return tree

