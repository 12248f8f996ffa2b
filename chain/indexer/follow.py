"""The follower: from the chain's head to the tables, exactly once.

A round reads blocks outside any transaction and writes a chunk in one: rows, rollups and cursor, ended by the fence of
the lease ``chain.index``. Before a chunk is written its first block must name the cursor's as its parent; where it
does not, the last block that both histories have is looked for and everything above it is taken back. Whoever dies
between two transactions, or within one, leaves tables that are whole and a cursor that says how far.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from chain.indexer import abis, queries, rules, store
from chain.indexer.decoder import Decoder, Known
from chain.indexer.errors import INDEX_OTHER_CHAIN
from chain.indexer.rows import rows
from chain.indexer.source import RawBlock, Source
from chain.ledger.access import ledger_of
from kernel import clock
from kernel.leases import holder
from kernel.leases import service as leases
from kernel.leases.rules import Held
from kernel.runtime import Runtime

LEASE = "chain.index"
LEASE_SECONDS = 30.0
CHUNK_BLOCKS, CHUNK_TRANSACTIONS, CHUNK_BYTES = 500, 2_000, 4 * 1024 * 1024
ABI_SECONDS = 30.0  # an idle round looks for changed ABIs this often
_EXTRA = "chain.indexer"
Progress = Callable[[int, int], None]


@dataclass
class Followed:
    """What a call did. ``behind``: blocks of the node that are not indexed yet; ``busy``: another process is at it."""

    blocks: int = 0
    taken_back: int = 0
    redecoded: int = 0
    height: int = -1
    behind: int = 0
    busy: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return the figures for a job row or JSON output."""
        return vars(self).copy()


@dataclass
class _Kept:
    """What a process remembers between rounds: the head that was indexed, when the tables and ABIs were looked at,
    and the decoder of their digests."""

    head: tuple[int, str] | None = None
    looked_at: float = -ABI_SECONDS
    digests: tuple[tuple[str, str], ...] = ()
    decoder: Decoder = field(default_factory=lambda: Decoder(()))
    source: Source | None = None


def follow(
    runtime: Runtime, *, source: Source | None = None, seconds: float = 20.0, progress: Progress | None = None
) -> Followed:
    """Bring the tables up to the chain's head, for at most ``seconds``. Not to be called inside a unit of work.

    Raises the ledger's errors, and ``chain.index.other_chain`` where the node has another block 0 than the tables.
    """
    kept: _Kept = runtime.extras.setdefault(_EXTRA, _Kept())
    reader = source or _source(runtime, kept)
    head = reader.head()
    if head == kept.head and time.monotonic() < kept.looked_at + ABI_SECONDS:
        return Followed(height=head[0])  # what another process does to the tables is seen when ABIs are looked at
    with runtime.database.read() as session:
        place = queries.place(session)
        due = place is None or not _known(session, place, head) or _abis_due(session, kept)
    if not due:
        kept.head = head if place == head else None
        return Followed(height=head[0])
    kept.head = None
    held = runtime.database.run(lambda session: leases.acquire(session, LEASE, holder.mine(), LEASE_SECONDS))
    if held is None:
        return Followed(height=place[0] if place else -1, behind=head[0] - (place[0] if place else -1), busy=True)
    try:
        return _Round(runtime, reader, held, kept, time.monotonic() + seconds, progress).run()
    finally:
        runtime.database.run(lambda session: leases.release(session, held))


def forget(runtime: Runtime) -> None:
    """Drop what this process remembers, after the tables were changed by other hands than the follower's."""
    runtime.extras.pop(_EXTRA, None)


def _known(session: Session, place: tuple[int, str], head: tuple[int, str]) -> bool:
    """Tell whether the node's head is ours, or a block of ours: a node that lags is no fork."""
    return head == place or (head[0] < place[0] and queries.block_hash(session, head[0]) == head[1])


def _source(runtime: Runtime, kept: _Kept) -> Source:
    """One source a process and ledger: it remembers what its engine serves."""
    ledger = ledger_of(runtime)
    if kept.source is None or kept.source.ledger is not ledger:
        kept.source = Source(ledger)
    return kept.source


def _abis_due(session: Session, kept: _Kept) -> bool:
    """Tell, from time to time, whether contracts are known by other ABIs than the rows were decoded by."""
    if time.monotonic() < kept.looked_at + ABI_SECONDS:
        return False
    kept.looked_at = time.monotonic()
    if queries.redecode_due(session) is not None:
        return True
    cursor = queries.cursor(session)
    if cursor is None:
        return True
    held = {address: row.digest for address, row in queries.contracts(session).items()}
    return held != {one.address: abis.digest(one) for one in abis.known(session, cursor.chain_id)}


class _Round:
    """One call, while the lease is held."""

    def __init__(
        self, runtime: Runtime, source: Source, held: Held, kept: _Kept, deadline: float, progress: Progress | None
    ) -> None:
        self._database, self._source, self._held, self._kept = runtime.database, source, held, kept
        self._deadline, self._progress = deadline, progress
        self._done = Followed()
        self._renew_at = time.monotonic() + LEASE_SECONDS / 3

    def run(self) -> Followed:
        """Work until nothing is due or time is over."""
        chain_id = self._source.chain_id()
        decoder = self._decoder(chain_id)
        while True:
            if time.monotonic() >= self._renew_at:
                self._held = self._database.run(lambda session: leases.renew(session, self._held))
                self._renew_at = time.monotonic() + LEASE_SECONDS / 3
            moved = self._step(chain_id, decoder) or self._redecode(decoder)
            if not moved or time.monotonic() >= self._deadline:
                return self._done

    def _write(self, unit: Callable[[Session], Any]) -> Any:
        """Run a unit of work that begins with our lease: it locks the lease's row, and a lost one is heard of first."""

        def fenced(session: Session) -> Any:
            leases.assert_fence(session, self._held)
            return unit(session)

        return self._database.run(fenced)

    def _decoder(self, chain_id: int) -> Decoder:
        """Note which ABIs are known now, and return their decoder."""
        with self._database.read() as session:
            known = abis.known(session, chain_id)
        digests = tuple((one.address, abis.digest(one)) for one in known)
        self._kept.looked_at = time.monotonic()
        if digests != self._kept.digests:
            self._kept.decoder, self._kept.digests = Decoder(known), digests
        self._note(known)
        return self._kept.decoder

    def _note(self, known: list[Known]) -> None:
        with self._database.read() as session:
            held = {address: row.digest for address, row in queries.contracts(session).items()}
        if held != {one.address: abis.digest(one) for one in known}:
            self._write(lambda session: store.note_contracts(session, known))

    def _step(self, chain_id: int, decoder: Decoder) -> bool:
        """Write one chunk, or take blocks back; False where the tables have all that the node has."""
        with self._database.read() as session:
            cursor = queries.cursor(session)
        if cursor is None:
            return self._begin(chain_id, decoder)
        if cursor.chain_id != chain_id:
            raise INDEX_OTHER_CHAIN(expected=cursor.genesis_hash, found=self._source.hash_of(0))
        number, head = self._source.head()
        self._done.height, self._done.behind = cursor.height, max(0, number - cursor.height)
        if number <= cursor.height:
            return self._compare(cursor.height, cursor.genesis_hash, number, head)
        chunk = self._chunk(cursor.height + 1, number)
        if not chunk:
            return False  # the head went back between two questions: the next round sees more
        if chunk[0].parent_hash != cursor.block_hash:
            self._walk_back(cursor.height, cursor.genesis_hash)
            return True
        self._append(cursor.block_hash, chunk, cursor.block_at, decoder)
        if self._progress is not None:
            self._progress(self._done.height, number)
        return True

    def _begin(self, chain_id: int, decoder: Decoder) -> bool:
        genesis = self._source.block(0)
        if genesis is None:
            return False
        made = rows([genesis], None, decoder)

        def unit(session: Session) -> None:
            if queries.cursor(session) is None:
                store.begin(session, chain_id, made)

        self._write(unit)
        self._done.blocks, self._done.height = 1, 0
        return True

    def _chunk(self, first: int, last: int) -> list[RawBlock]:
        """Read consecutive blocks from ``first`` on, each the parent of the next, up to the limits of a chunk."""
        found: list[RawBlock] = []
        transactions = size = 0
        for number in range(first, min(last, first + CHUNK_BLOCKS - 1) + 1):
            block = self._source.block(number)
            if block is None or (found and block.parent_hash != found[-1].hash):
                break
            found.append(block)
            transactions += len(block.transactions)
            size += block.size
            if transactions >= CHUNK_TRANSACTIONS or size >= CHUNK_BYTES or time.monotonic() >= self._deadline:
                break
        return found

    def _append(self, after: str, chunk: list[RawBlock], before_at: Any, decoder: Decoder) -> None:
        made = rows(chunk, clock.to_micros(before_at) // 1_000_000, decoder)

        def unit(session: Session) -> bool:
            cursor = queries.cursor(session)
            if cursor is None or cursor.block_hash != after:
                return False
            store.append(session, cursor, made)
            return True

        if self._write(unit):
            self._done.blocks += len(chunk)
            self._done.height = chunk[-1].number
            self._done.behind = max(0, self._done.behind - len(chunk))

    def _compare(self, height: int, genesis: str, number: int, head: str) -> bool:
        """The node's head is not above ours: the same history (it lags, or nothing is new), or another one."""
        with self._database.read() as session:
            ours = queries.block_hash(session, number)
        if ours == head:
            return False
        self._walk_back(height, genesis)
        return True

    def _walk_back(self, height: int, genesis: str) -> None:
        with self._database.read() as session:
            shared = rules.ancestor(
                height, lambda number: queries.block_hash(session, number) == self._source.hash_of(number)
            )
        if shared < 0:
            raise INDEX_OTHER_CHAIN(expected=genesis, found=self._source.hash_of(0))

        def unit(session: Session) -> int:
            cursor = queries.cursor(session)
            if cursor is None or cursor.height <= shared:
                return 0
            depth = cursor.height - shared
            store.walk_back(session, cursor, shared)
            return depth

        self._done.taken_back += self._write(unit)

    def _redecode(self, decoder: Decoder) -> bool:
        with self._database.read() as session:
            if queries.redecode_due(session) is None:
                return False

        def unit(session: Session) -> bool:
            cursor = queries.cursor(session)
            return cursor is not None and store.redecode(session, cursor, decoder)

        moved: bool = self._write(unit)
        self._done.redecoded += moved
        return moved
