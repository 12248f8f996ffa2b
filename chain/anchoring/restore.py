"""After a restore: heads are compared before anything is signed.

Chain ahead (our rows are older): the batches that only the chain knows become ``lost`` rows, their indexes stay
used, and the stream goes on as a new epoch whose first leaf commits to the old head. Database ahead (the chain is
older) and diverged: the stream halts until an operator has decided (``resume``).
"""

from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from chain.anchoring import queries, rules, service, tallies
from chain.anchoring.errors import ANCHOR_HALTED
from chain.anchoring.models import AnchorBatch, AnchorLeaf, AnchorStream
from chain.anchoring.port import AnchorLedger, Record
from chain.anchoring.rules import Comparison, Head
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor, require, system_actor
from kernel.leases import service as leases
from kernel.leases.rules import Held
from kernel.runtime import Runtime

_log = structlog.get_logger(__name__)


def check(runtime: Runtime, ledger: AnchorLedger, held: Held, name: str) -> None:
    """Compare the stream's heads; continue, open a new epoch, or raise ``chain.anchor.halted``."""
    with runtime.database.read() as session:
        stream = queries.stream(session, name)
        assert stream is not None
        final = _head(queries.last_final(session, name, stream.epoch))
        batch = queries.prepared(session, name)
    if stream.state != "open":
        raise ANCHOR_HALTED(stream=name, reason=stream.reason)
    stream_id = rules.stream_id(rules.chain_name(name, stream.epoch))
    chain = ledger.head_of(stream_id)
    found = rules.compare(final, _head(batch) if batch else None, chain)
    if found in (Comparison.IN_STEP, Comparison.PENDING_MINED):
        return
    if batch is not None and batch.seq < chain.seq and ledger.records(stream_id, batch.seq,
        batch.seq)[0].head == batch.head:
        return  # another copy of our rows sent it and went on: first it is confirmed, then we compare again
    _log.error("anchor.heads_differ", stream=name, found=found.value, ours=final.seq, chain=chain.seq)
    if found is not Comparison.CHAIN_AHEAD:
        halt(runtime, held, name, found.value)
        raise ANCHOR_HALTED(stream=name, reason=found.value)
    lost = ledger.records(stream_id, final.seq + 1, chain.seq)
    if lost and lost[0].from_index != final.size:
        halt(runtime, held, name, Comparison.DIVERGED.value)
        raise ANCHOR_HALTED(stream=name, reason=Comparison.DIVERGED.value)
    nonce = ledger.nonce(stream.address)

    def unit(session: Session) -> None:
        row = _open_row(session, name)
        _note_lost(session, row, final.head, lost)
        _new_epoch(session, row, chain, nonce, system_actor("anchor"), found.value)
        leases.assert_fence(session, held)

    runtime.database.run(unit)
    ledger.authorise(rules.stream_id(rules.chain_name(name, stream.epoch + 1)), stream.address)


def halt(runtime: Runtime, held: Held, name: str, reason: str) -> None:
    """Stop sealing a stream until an operator has decided."""

    def unit(session: Session) -> None:
        row = _open_row(session, name)
        row.state, row.reason, row.changed_at = "halted", reason, clock.now()
        _audit(session, system_actor("anchor"), "chain.anchor.halt", row, {"reason": reason})
        leases.assert_fence(session, held)

    runtime.database.run(unit)


def resume(session: Session, actor: Actor, *, stream: str, chain: Head, nonce: int) -> AnchorStream:
    """An operator's decision for a halted stream: go on as a new epoch from the chain's head.

    Batches that the chain no longer has become ``void`` and their leaves wait again, so that every committed record
    is anchored on the chain as it is now.
    """
    require(actor, "chain.anchor.operate")
    row = _open_row(session, stream)
    if row.state != "halted":
        raise ANCHOR_HALTED(stream=stream, reason="not_halted")
    gone = session.scalars(
        queries.batches(stream, "final").where(AnchorBatch.epoch == row.epoch, AnchorBatch.seq > chain.seq)
    )
    for batch in list(gone):
        tallies.take_back(session, batch)
        _void(session, batch)
    _new_epoch(session, row, chain, nonce, actor, row.reason or "")
    row.state, row.reason = "open", None
    return row


def _open_row(session: Session, name: str) -> AnchorStream:
    row = queries.stream(session, name)
    assert row is not None
    return row


def _head(batch: AnchorBatch | None) -> Head:
    if batch is None:
        return rules.EMPTY_HEAD
    return Head(batch.seq, batch.from_index + batch.leaves, batch.head, batch.root)


def _note_lost(session: Session, stream: AnchorStream, prev_head: bytes, lost: list[Record]) -> None:
    for entry in lost:
        session.add(
            AnchorBatch(
                id=ids.new(), stream=stream.name, epoch=stream.epoch, seq=entry.seq, from_index=entry.from_index,
                leaves=entry.leaves, root=entry.root, prev_head=prev_head, head=entry.head, state="lost",
                created_at=clock.now(), block_number=entry.block_number,
            )
        )  # fmt: skip
        prev_head = entry.head


def _new_epoch(
    session: Session, stream: AnchorStream, chain: Head, nonce: int, actor: Actor, why: str
) -> None:
    pending = queries.prepared(session, stream.name)
    if pending is not None:
        _void(session, pending)
    old = {
        "stream": rules.chain_name(stream.name, stream.epoch), "seq": chain.seq, "size": chain.size,
        "head": chain.head.hex(), "root": chain.root.hex(),
    }  # fmt: skip
    stream.epoch, stream.size, stream.seq, stream.head = stream.epoch + 1, 0, 0, rules.NO_HEAD
    stream.nonce, stream.changed_at = nonce, clock.now()
    audit_id = _audit(session, actor, "chain.anchor.epoch", stream, {"epoch": stream.epoch, "why": why, "old": old})
    service.append_leaf(
        session, stream=stream.name, record={"format": "mulian-epoch-1", "previous": old},
        object_type=queries.EPOCH_OBJECT,
        object_id=stream.name, version=stream.epoch, audit_id=audit_id,
    )  # fmt: skip


def _void(session: Session, batch: AnchorBatch) -> None:
    """Free the leaves of a batch that is not on the chain."""
    batch.state = "void"
    freed = {"epoch": None, "index": None, "batch_id": None}
    session.execute(update(AnchorLeaf).where(AnchorLeaf.batch_id == batch.id).values(freed))
    session.flush()


def _audit(session: Session, actor: Actor, action: str, stream: AnchorStream, detail: dict[str, Any]) -> Any:
    return record(session, actor, action=action, object_type="anchor_stream", object_id=stream.name, detail=detail)
