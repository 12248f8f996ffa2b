"""Figures of anchoring for the analysis: counts per department, and whether chain and database agree."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chain.anchoring import queries, rules, streams
from chain.anchoring.models import AnchorBatch, AnchorLeaf
from chain.anchoring.port import AnchorLedger
from chain.anchoring.tree import Tree, TreeError, leaf_hash, root_from_path
from kernel.runtime import Runtime

LISTED = 100
Records = Callable[[Session, str, Sequence[tuple[str, int]]], dict[tuple[str, int], dict[str, Any]]]


@dataclass(frozen=True)
class AnchoredCount:
    """Records of one department and stream written in a period: all, and those final on the chain."""

    department_id: uuid.UUID | None
    stream: str
    appended: int
    anchored: int


@dataclass
class Agreement:
    """链库一致率: leaves recomputed from the database that lead to the root read back from the chain."""

    checked: int = 0
    agreeing: int = 0
    by_department: dict[uuid.UUID | None, tuple[int, int]] = field(default_factory=dict)
    differing: list[tuple[str, str, int]] = field(default_factory=list)

    def add(self, leaf: AnchorLeaf, agrees: bool) -> None:
        """Count one leaf; the first hundred that differ are named (object type, id, version)."""
        checked, agreeing = self.by_department.get(leaf.department_id, (0, 0))
        self.by_department[leaf.department_id] = (checked + 1, agreeing + agrees)
        self.checked += 1
        self.agreeing += agrees
        if not agrees and len(self.differing) < LISTED:
            self.differing.append((leaf.object_type, leaf.object_id, leaf.version))


def anchored_counts(session: Session, start: datetime, end: datetime) -> list[AnchoredCount]:
    """Return counts per department and stream of records written in [start, end), ordered."""
    found: dict[tuple[uuid.UUID | None, str], tuple[int, int]] = {}
    for department, stream, state, count in queries.anchored_counts(session, start, end):
        appended, anchored = found.get((department, stream), (0, 0))
        found[department, stream] = (appended + count, anchored + (count if state == "final" else 0))
    ordered = sorted(found.items(), key=lambda item: (str(item[0][0]), item[0][1]))
    return [AnchoredCount(*key, *counts) for key, counts in ordered]


def agreement(
    runtime: Runtime,
    start: datetime,
    end: datetime,
    *,
    records: Records | None = None,
    ledger: AnchorLedger | None = None,
) -> Agreement:
    """Compare database and chain for the batches that became final in [start, end).

    Each leaf is computed anew, by default from the record kept with it; ``records(session, object_type, [(id,
    version), …])`` gives the records as the owning package has them now. Its path must lead to the root that the
    registry holds, read from the node: our own copy of the root plays no part.
    """
    reached = ledger or streams.open_ledger(runtime)
    result = Agreement()
    with runtime.database.read() as session:
        for batch in queries.final_between(session, start, end):
            name = rules.stream_id(rules.chain_name(batch.stream, batch.epoch))
            on_chain = reached.records(name, batch.seq, batch.seq)[0]
            _compare(session, batch, on_chain.root, on_chain.from_index + on_chain.leaves, records, result)
    return result


def _compare(
    session: Session, batch: AnchorBatch, root: bytes, size: int, records: Records | None, result: Agreement
) -> None:
    leaves = queries.leaves_in(session, batch.id)
    current = _current(session, leaves, records)
    tree = Tree(queries.SqlTiles(session, batch.stream, batch.epoch), batch.from_index + batch.leaves)
    for leaf in leaves:
        record = current.get((leaf.object_type, leaf.object_id, leaf.version))
        result.add(leaf, record is not None and _leads_to(tree, leaf, record, size, root))


def _leads_to(tree: Tree, leaf: AnchorLeaf, record: dict[str, Any], size: int, root: bytes) -> bool:
    data = rules.leaf_bytes(record, leaf.object_type, leaf.object_id, leaf.version, leaf.salt)
    try:
        path = tree.inclusion(leaf.index or 0, size)
        return root_from_path(leaf_hash(data), leaf.index or 0, size, path) == root
    except TreeError:
        return False


def _current(
    session: Session, leaves: list[AnchorLeaf], records: Records | None
) -> dict[tuple[str, str, int], dict[str, Any]]:
    kept = {(leaf.object_type, leaf.object_id, leaf.version): leaf.record for leaf in leaves}
    if records is None:
        return kept
    by_type: dict[str, list[tuple[str, int]]] = {}
    for object_type, object_id, version in kept:
        by_type.setdefault(object_type, []).append((object_id, version))
    return {
        (object_type, *key): record
        for object_type, keys in by_type.items()
        for key, record in records(session, object_type, keys).items()
    }
