"""The chain as an input: anchored versions checked against authenticated roots, minutes of blocks, its state.

链库一致 is never our own word: for each batch the block evidence is verified (seal, receipt, registry, signed
checkpoint), and the tree over leaves recomputed from records and salts must have that root. Where it has not,
every leaf of the batch is verified alone, so that the blame falls on the right ones.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from analytics.inputs.frozen import Source, empty, table
from chain import facts
from chain.anchoring import queries, rules, service
from chain.anchoring.models import AnchorBatch, AnchorLeaf
from chain.anchoring.proofs import Maker
from chain.anchoring.tree import MemoryTiles, Tree, leaf_hash
from chain.anchoring.verify_proof import Trust, Verifier
from chain.explorer import service as explorer
from chain.ledger.access import ledger_of
from kernel import clock
from kernel.errors import MulianError
from kernel.runtime import runtime_of

STREAM = "catalog"
_MICROS = 1_000_000


def anchors(session: Session, only: uuid.UUID | None) -> Source:
    """Return every version of the catalog stream that is final on the chain in this snapshot."""
    query = select(AnchorLeaf, AnchorBatch).join(AnchorBatch, AnchorBatch.id == AnchorLeaf.batch_id)
    query = query.where(AnchorLeaf.stream == STREAM, AnchorBatch.state == "final")
    rows = [(row[0], row[1]) for row in session.execute(query.order_by(AnchorLeaf.epoch, AnchorLeaf.index))]
    good = _consistent(session, rows)
    found = [
        {
            "department_id": str(leaf.department_id or ""), "kind": leaf.object_type, "node_id": leaf.object_id,
            "version": leaf.version, "entry_hash": leaf.record.get("entry_hash"), "leaf_index": leaf.index,
            "block": batch.block_number, "anchored_at": clock.to_micros(batch.block_time) if batch.block_time else None,
            "consistent": leaf.id in good,
        }
        for leaf, batch in rows
        if only is None or leaf.department_id == only
    ]
    predicate = "目录存证流中已定局的叶" + ("" if only is None else "，限本部门") + "；逐批以区块证据核对树根"
    last = rows[-1][1] if rows else None
    snapshot = {} if last is None else {"block": last.block_number, "block_hash": last.block_hash, "leaves": len(rows)}
    return Source("anchors", table("anchors", found), predicate, snapshot)


def minutes(session: Session, start: datetime, end: datetime) -> Source:
    """Return the minutes of [start, end) that hold blocks; a chain that is away gives an input that says so.

    ``end`` is the period's: chain time may run some seconds ahead of the clock, and later minutes hold nothing.
    """
    try:
        buckets = facts.minutes(session, start, end)
    except MulianError as error:
        return empty("minutes", f"冻结时未能读取区块链（{error.code}）")
    found = [
        {
            "minute": bucket.start * _MICROS, "first_block": bucket.first_block, "last_block": bucket.last_block,
            "blocks": bucket.blocks, "transactions": bucket.transactions, "failed": bucket.failed,
        }
        for bucket in buckets
    ]
    return Source("minutes", table("minutes", found), "季度内有区块的分钟", {})


def state(session: Session) -> Source:
    """Return what the chain is: engine, head, number of sealers in the trust file."""
    known = queries.trust(session)
    if known is None:
        return empty("chain_state", "尚未与区块链建立联系")
    sealers = {address for entry in known.sealers if entry.get("to") is None for address in entry["addresses"]}
    row: dict[str, Any] = {
        "chain_id": known.chain_id, "engine": "", "head": None, "head_hash": None, "sealers": len(sealers),
    }
    try:
        ledger = ledger_of(runtime_of(session))
        head = explorer.block(ledger, ledger.height())
        row |= {"engine": ledger.client_version(), "head": head.number, "head_hash": head.hash}
    except MulianError as error:
        return Source("chain_state", table("chain_state", [row]), f"信任文件；节点未能读取（{error.code}）", {})
    return Source("chain_state", table("chain_state", [row]), "信任文件与链头", {"block": head.number, "hash": head.hash})


def _consistent(session: Session, rows: Sequence[tuple[AnchorLeaf, AnchorBatch]]) -> set[uuid.UUID]:
    """Return the ids of leaves that lie under a root proven by the chain."""
    if not rows:
        return set()
    trust = Trust(service.trust(session))
    trust.quorum = 0  # whether chain and database agree is one question, how many witnesses have signed by now another
    verifier, maker = Verifier(trust), Maker(session, own=True)
    good: set[uuid.UUID] = set()
    for _, epoch in groupby(rows, key=lambda row: row[0].epoch):
        good |= _epoch(verifier, maker, [leaf for leaf, _ in epoch])
    return good


def _epoch(verifier: Verifier, maker: Maker, leaves: Sequence[AnchorLeaf]) -> set[uuid.UUID]:
    tree, whole = Tree(MemoryTiles()), [leaf.index for leaf in leaves] == list(range(len(leaves)))
    good: set[uuid.UUID] = set()
    for _, group in groupby(leaves, key=lambda leaf: leaf.batch_id):
        batch = list(group)
        tree.append([_hash(leaf) for leaf in batch])
        result = verifier.verify(maker.proof(batch[-1]))
        if whole and result.status == "authenticated" and result.facts["root"] == tree.root().hex():
            good |= {leaf.id for leaf in batch}
        else:
            good |= {leaf.id for leaf in batch if verifier.verify(maker.proof(leaf)).status == "authenticated"}
    return good


def _hash(leaf: AnchorLeaf) -> bytes:
    return leaf_hash(rules.leaf_bytes(leaf.record, leaf.object_type, leaf.object_id, leaf.version, leaf.salt))
