"""Waiting transactions: a queue by nonce for every sender, in order of arrival across senders."""

import heapq
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from eth.abc import SignedTransactionAPI

MAX_TRANSACTIONS = 65_536
MAX_PER_SENDER = 8_192
MAX_BYTES = 256 * 1024 * 1024
MAX_NONCE_GAP = 1_024
# a replacement offers at least so much more, in both fee fields, as geth asks; where the price is 0 nothing can be
# outbid with 0, so what was acknowledged first stays
PRICE_BUMP_PERCENT = 10
# how many arrivals a pending-transaction filter can look back on
RECENT_ARRIVALS = 16_384


class PoolError(Exception):
    """A transaction that the pool does not take; the text goes to the sender (geth's words where it has some)."""


@dataclass(frozen=True)
class Entry:
    """One waiting transaction with its order of arrival, its raw bytes and the entry that it outbid."""

    transaction: SignedTransactionAPI
    raw: bytes
    hash: bytes
    sender: bytes
    arrival: int
    outbid: "Entry | None" = None


class Mempool:
    """Thread-safe. ``state_nonce(sender)`` gives the nonce of the head state."""

    def __init__(self, state_nonce: Callable[[bytes], int]) -> None:
        self._state_nonce = state_nonce
        self._by_hash: dict[bytes, Entry] = {}
        self._queues: dict[bytes, dict[int, Entry]] = {}
        # where the search for the first missing nonce goes on, so that adding stays O(1) for a long queue
        self._frontier: dict[bytes, int] = {}
        self._bytes = 0
        self._arrivals = 0
        self._recent: deque[tuple[int, bytes]] = deque(maxlen=RECENT_ARRIVALS)
        self.lock = threading.RLock()

    def add(self, transaction: SignedTransactionAPI, raw: bytes) -> Entry:
        """Take a checked transaction; raise :class:`PoolError` when it is known, too old, too far or too much.

        One of the same sender and nonce is replaced when it is outbid; :attr:`Entry.outbid` is then set.
        """
        sender, digest = bytes(transaction.sender), bytes(transaction.hash)
        with self.lock:
            if digest in self._by_hash:
                raise PoolError("already known")
            self._check_room(sender, raw)
            queue = self._queues.get(sender, {})
            outbid = self._check_nonce(sender, transaction, queue)
            entry = Entry(transaction, raw, digest, sender, self._arrivals, outbid)
            if outbid is not None:
                self.remove([outbid.hash])
            self._recent.append((self._arrivals, digest))
            self._arrivals += 1
            self._insert(entry)
            return entry

    def _insert(self, entry: Entry) -> None:
        self._queues.setdefault(entry.sender, {})[entry.transaction.nonce] = entry
        self._by_hash[entry.hash] = entry
        self._bytes += len(entry.raw)

    def take_back(self, entry: Entry) -> None:
        """Undo an addition that did not reach the disk: what it had outbid waits again."""
        with self.lock:
            if self._by_hash.get(entry.hash) is not entry:
                return
            self.remove([entry.hash])
            if entry.outbid is not None:
                self._insert(entry.outbid)

    def _check_room(self, sender: bytes, raw: bytes) -> None:
        if len(self._by_hash) >= MAX_TRANSACTIONS or self._bytes + len(raw) > MAX_BYTES:
            raise PoolError("txpool is full")
        if len(self._queues.get(sender, ())) >= MAX_PER_SENDER:
            raise PoolError("too many waiting transactions of this sender")

    def _check_nonce(
        self, sender: bytes, transaction: SignedTransactionAPI, queue: dict[int, Entry]
    ) -> Entry | None:
        nonce = transaction.nonce
        current = self._state_nonce(sender)
        if nonce < current:
            raise PoolError(f"nonce too low: next nonce {current}, tx nonce {nonce}")
        waiting = queue.get(nonce)
        if waiting is not None and not _outbids(transaction, waiting.transaction):
            raise PoolError("replacement transaction underpriced")
        if nonce > self._following(sender, current) + MAX_NONCE_GAP:
            raise PoolError("nonce too far in the future")
        return waiting

    def _following(self, sender: bytes, current: int) -> int:
        queue = self._queues.get(sender, {})
        nonce = max(current, self._frontier.get(sender, current))
        while nonce in queue:
            nonce += 1
        self._frontier[sender] = nonce
        return nonce

    def next_nonce(self, sender: bytes) -> int:
        """Return the nonce after the sender's gapless waiting transactions."""
        with self.lock:
            if sender not in self._queues:
                return self._state_nonce(sender)
            return self._following(sender, self._state_nonce(sender))

    def get(self, digest: bytes) -> Entry | None:
        """Return the waiting transaction of a hash."""
        return self._by_hash.get(digest)

    def remove(self, digests: list[bytes]) -> None:
        """Forget transactions that were sealed or dropped; unknown hashes are ignored."""
        with self.lock:
            for digest in digests:
                entry = self._by_hash.pop(digest, None)
                if entry is None:
                    continue
                self._bytes -= len(entry.raw)
                queue = self._queues[entry.sender]
                nonce = entry.transaction.nonce
                del queue[nonce]
                self._frontier[entry.sender] = min(nonce, self._frontier.get(entry.sender, nonce))
                if not queue:
                    del self._queues[entry.sender]
                    self._frontier.pop(entry.sender, None)

    def take_stale(self, senders: Iterable[bytes]) -> list[Entry]:
        """Remove and return what lies below the state's nonce of these senders: another one took its place."""
        with self.lock:
            stale = [
                entry for sender in set(senders) for nonce, entry in self._queues.get(sender, {}).items()
                if nonce < self._state_nonce(sender)
            ]
            self.remove([entry.hash for entry in stale])
            return stale

    def take_refused(self, refused: Callable[[bytes, bool], bool]) -> list[Entry]:
        """Remove and return everything for which ``refused(sender, creates a contract)``."""
        with self.lock:
            kinds = {(entry.sender, not entry.transaction.to) for entry in self._by_hash.values()}
            away = {kind for kind in kinds if refused(*kind)}
            found = [entry for entry in self._by_hash.values() if (entry.sender, not entry.transaction.to) in away]
            self.remove([entry.hash for entry in found])
            return found

    def arrivals_since(self, arrival: int) -> tuple[int, list[bytes]]:
        """Return (next arrival, hashes that arrived from ``arrival`` on), as far back as they are kept."""
        with self.lock:
            return self._arrivals, [digest for number, digest in self._recent if number >= arrival]

    def executable(self) -> Iterator[Entry]:
        """Yield what can be sealed now: by arrival, each sender's nonces without gaps."""
        with self.lock:
            queues = {sender: dict(queue) for sender, queue in self._queues.items()}
            following = {sender: self._state_nonce(sender) for sender in queues}
        heap = [
            (queue[following[sender]].arrival, sender) for sender, queue in queues.items() if following[sender] in queue
        ]
        heapq.heapify(heap)
        while heap:
            _, sender = heapq.heappop(heap)
            yield queues[sender][following[sender]]
            following[sender] += 1
            if following[sender] in queues[sender]:
                heapq.heappush(heap, (queues[sender][following[sender]].arrival, sender))

    def has_executable(self) -> bool:
        """Return whether a block could hold anything now."""
        with self.lock:
            return any(self._state_nonce(sender) in queue for sender, queue in self._queues.items())

    def counts(self) -> tuple[int, int]:
        """Return (executable, waiting for an earlier nonce)."""
        with self.lock:
            ready = 0
            for sender in self._queues:
                current = self._state_nonce(sender)
                ready += self._following(sender, current) - current
            return ready, len(self._by_hash) - ready

    def entries(self) -> list[Entry]:
        """Return every waiting transaction in order of arrival."""
        with self.lock:
            return sorted(self._by_hash.values(), key=lambda entry: entry.arrival)


def _outbids(offered: SignedTransactionAPI, waiting: SignedTransactionAPI) -> bool:
    return all(
        new > old and new * 100 >= old * (100 + PRICE_BUMP_PERCENT)
        for new, old in (
            (offered.max_fee_per_gas, waiting.max_fee_per_gas),
            (offered.max_priority_fee_per_gas, waiting.max_priority_fee_per_gas),
        )
    )
