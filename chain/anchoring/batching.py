"""Batches: exactly once from waiting leaves to final roots.

Order of things, each step one transaction that ends with the fence of the stream's lease:

1. ``prepare``: indexes, tiles, root and the raw signed transaction are committed. Nothing was sent before.
2. ``send``: those bytes, again and again, until the node shows them at finality depth. The registry accepts them
   once, because they name seq and previous head, and the account's nonce is used up.
3. ``confirm``: evidence and the signed checkpoint are committed.

A process may die between or within any two: the next one reads the rows and goes on with the same bytes.
Before a stream is touched, its head here is compared with the chain's (``restore``).
"""

import time
import uuid
from dataclasses import dataclass, field

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from chain.anchoring import evidence, queries, restore, rules, signing, streams, tallies
from chain.anchoring.errors import ANCHOR_EVIDENCE, ANCHOR_HALTED
from chain.anchoring.events import BatchFinal
from chain.anchoring.models import AnchorBatch, AnchorLeaf, AnchorStream
from chain.anchoring.port import AnchorCall, AnchorLedger, Mined
from chain.anchoring.tree import Tree
from kernel import clock, ids
from kernel.errors import MulianError
from kernel.events import publish
from kernel.leases import holder
from kernel.leases import service as leases
from kernel.leases.rules import Held
from kernel.runtime import Runtime

LEASE_SECONDS = 20.0
POLL_SECONDS = (0.005, 0.2)  # first and longest pause between two questions for the receipt
SEND_AGAIN_SECONDS = 5.0
OTHERS_SECONDS = 0.1  # pause before asking again for a lease that another process holds
_log = structlog.get_logger(__name__)


@dataclass
class Flushed:
    """What one call did: leaves and batches that became final; leaves that are not final; streams with an error."""

    leaves: int = 0
    batches: int = 0
    waiting: int = 0
    errors: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return the figures for a job row or JSON output."""
        return {"leaves": self.leaves, "batches": self.batches, "waiting": self.waiting, "errors": self.errors}


def flush(runtime: Runtime, *, ledger: AnchorLedger | None = None, wait_seconds: float = 60.0) -> Flushed:
    """Anchor what waits, until everything is final or ``wait_seconds`` are over.

    A stream that another process is flushing is waited for. A stream whose heads do not fit, or whose node does not
    answer, is reported in ``errors`` and does not hold back the others. Not to be called inside a unit of work.
    """
    done = Flushed()
    deadline = time.monotonic() + wait_seconds
    while names := _with_work(runtime, done):
        for name in names:
            try:
                _Flusher(runtime, ledger or streams.open_ledger(runtime), name, deadline, done).run()
            except MulianError as error:
                _log.warning("anchor.stream_failed", stream=name, code=error.code)
                done.errors[name] = str(error)
        if time.monotonic() >= deadline:
            break
        time.sleep(OTHERS_SECONDS if _with_work(runtime, done) else 0)
    with runtime.database.read() as session:
        done.waiting = queries.unfinished_count(session)
    return done


def _with_work(runtime: Runtime, done: Flushed) -> list[str]:
    with runtime.database.read() as session:
        return [name for name in queries.streams_with_work(session) if name not in done.errors]


class _Flusher:
    """One stream, while its lease is held."""

    def __init__(
        self, runtime: Runtime, ledger: AnchorLedger, name: str, deadline: float, done: Flushed
    ) -> None:
        self._runtime, self._database, self._ledger = runtime, runtime.database, ledger
        self._name, self._deadline, self._done = name, deadline, done
        self._held: Held | None = None

    def run(self) -> None:
        """Take the lease, compare heads, then batch after batch."""
        lease = f"anchor.{self._name}"
        held = self._database.run(lambda session: leases.acquire(session, lease, holder.mine(), LEASE_SECONDS))
        if held is None:
            return
        self._held = held
        try:
            self._origin = streams.prepare(self._runtime, self._ledger, held, self._name)
            while time.monotonic() < self._deadline:
                restore.check(self._runtime, self._ledger, held, self._name)
                batch = self._database.run(self._prepare)
                if batch is None or not self._finish(batch):
                    break
        finally:
            self._database.run(lambda session: leases.release(session, held))

    def _lease(self, session: Session) -> Held:
        assert self._held is not None
        leases.assert_fence(session, self._held)
        return self._held

    def _renew(self) -> None:
        held = self._held
        assert held is not None
        self._held = self._database.run(lambda session: leases.renew(session, held))

    def _prepare(self, session: Session) -> AnchorBatch | None:
        """Return the batch on its way, else make one of the waiting leaves; None when there are none."""
        stream = queries.stream(session, self._name)
        assert stream is not None
        if stream.state != "open":
            raise ANCHOR_HALTED(stream=self._name, reason=stream.reason)
        batch = queries.prepared(session, self._name)
        if batch is None:
            waiting = self._waiting(session, stream)
            if not waiting:
                return None
            batch = self._build(session, stream, waiting)
        session.flush()
        self._lease(session)
        return batch

    def _waiting(self, session: Session, stream: AnchorStream) -> dict[uuid.UUID, bytes]:
        """Leaves of the next batch and their hashes; the one that commits to the epoch before comes first."""
        found = {row[0]: row[1] for row in queries.waiting(session, self._name, rules.BATCH_LIMIT)}
        first = queries.epoch_leaf(session, self._name, stream.epoch) if stream.size == 0 else None
        if first is None:
            return found
        return {first: session.get_one(AnchorLeaf, first).leaf_hash} | found

    def _build(self, session: Session, stream: AnchorStream, waiting: dict[uuid.UUID, bytes]) -> AnchorBatch:
        tree = Tree(queries.SqlTiles(session, stream.name, stream.epoch), stream.size)
        tree.append(waiting.values())
        chain_id = rules.stream_id(rules.chain_name(stream.name, stream.epoch))
        call = AnchorCall(chain_id, stream.seq + 1, stream.head, tree.root(), stream.size, len(waiting))
        key = self._runtime.box.open(streams.key_purpose(stream.name), stream.key_sealed)
        raw, tx_hash = self._ledger.sign(key, stream.nonce, call)
        batch = AnchorBatch(
            id=ids.new(), stream=stream.name, epoch=stream.epoch, seq=call.seq, from_index=call.from_index,
            leaves=call.leaves, root=call.root, prev_head=call.prev_head,
            head=rules.next_head(call.prev_head, chain_id, call.seq, call.root, call.from_index, call.leaves),
            nonce=stream.nonce, raw=raw, tx_hash=tx_hash, state="prepared", created_at=clock.now(),
        )  # fmt: skip
        session.add(batch)
        session.flush([batch])
        values = [
            {"id": leaf_id, "epoch": stream.epoch, "index": stream.size + at, "batch_id": batch.id}
            for at, leaf_id in enumerate(waiting)
        ]
        session.execute(update(AnchorLeaf), values)
        stream.size, stream.seq, stream.head = tree.size, batch.seq, batch.head
        stream.nonce, stream.changed_at = stream.nonce + 1, clock.now()
        return batch

    def _finish(self, batch: AnchorBatch) -> bool:
        """Send the batch's bytes until they are final, then keep the evidence; False when time is over."""
        assert batch.raw is not None and batch.tx_hash is not None
        send_at = time.monotonic()
        renew_at = send_at + LEASE_SECONDS / 4
        pause, longest = POLL_SECONDS
        mined = self._ledger.mined(batch.tx_hash)
        while mined is None:
            now = time.monotonic()
            if now >= self._deadline:
                return False
            if now >= renew_at:
                self._renew()
                renew_at = now + LEASE_SECONDS / 4
            if now >= send_at:
                self._ledger.send(batch.raw)
                send_at = now + SEND_AGAIN_SECONDS
            time.sleep(pause)
            pause = min(pause * 2, longest)
            mined = self._ledger.mined(batch.tx_hash)
        self._confirm(batch, mined)
        return True

    def _confirm(self, batch: AnchorBatch, mined: Mined) -> None:
        if not mined.succeeded:
            assert self._held is not None
            restore.halt(self._runtime, self._held, self._name, "reverted")
            raise ANCHOR_HALTED(stream=self._name, reason="reverted")
        wrong = evidence.mismatch(batch, mined, self._origin)
        if wrong is not None:
            raise ANCHOR_EVIDENCE(tx_hash=batch.tx_hash, reason=wrong)
        self._database.run(lambda session: self._keep(session, batch.id, mined))
        self._done.leaves += batch.leaves
        self._done.batches += 1

    def _keep(self, session: Session, batch_id: uuid.UUID, mined: Mined) -> None:
        self._lease(session)  # first: it locks the lease's row, and a holder that lost it hears that by name
        row = session.get_one(AnchorBatch, batch_id)
        row.state, row.final_at = "final", clock.now()
        row.block_number, row.block_hash = mined.block_number, mined.block_hash
        row.block_time = clock.from_micros(mined.block_time * 1_000_000)
        row.evidence = mined.evidence
        session.flush()
        session.add(signing.checkpoint(self._runtime, self._origin, row, clock.now()))
        tallies.add(session, row)
        publish(session, BatchFinal(row.stream, row.id, row.leaves))

