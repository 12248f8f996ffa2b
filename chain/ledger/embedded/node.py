"""The running chain: admission, journal, mempool and the thread that seals.

Blocks are sealed when there is something to seal, at most one a ``period``; with nothing waiting, one empty block
every ``idle`` seconds shows that the sealer is alive, so that "idle" and "halted" differ for a watcher, and bounds
the time between two sealed clock readings. Empty blocks every second would grow the chain by 20 GB a year and say
nothing more.
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from eth.abc import SignedTransactionAPI
from eth_typing import Address
from eth_utils import ValidationError

from chain.ledger.embedded import genesis as genesis_module
from chain.ledger.embedded import params
from chain.ledger.embedded.engine import Engine, Poisoned, Sealed
from chain.ledger.embedded.genesis import Genesis
from chain.ledger.embedded.journal import COMPACT_BYTES, Journal
from chain.ledger.embedded.mempool import Entry, Mempool, PoolError
from chain.ledger.embedded.rules import ACCOUNTS_FILE, NotListed, Registry, Senders, read_list, refusal, write_list
from chain.ledger.embedded.view import View
from chain.ledger.embedded.vm import check_limits, check_signature, recover_sender
from kernel import clock
from kernel.home import Home

JOURNAL_FILE = "mempool.journal"
SEALER_KEY_FILE = "chain-sealer.key"
CLOCK_ALARM_SECONDS = 5
RULES_SECONDS = 5.0
SEALER_STACK_BYTES = 256 * 1024 * 1024
_log = logging.getLogger("mulian.chain")


@dataclass(frozen=True)
class Options:
    """``period`` and ``idle`` are seconds (idle 0: no empty blocks). ``rehearsal`` seals at once and lets chain
    time run ahead of the clock: for trying contracts, never for records."""

    period: int = 1
    idle: int = 600
    rehearsal: bool = False


class Node:
    """Use as a context manager: opening takes the lock ``chain`` of the home and replays the journal."""

    def __init__(self, home: Home, options: Options = Options(), genesis: Genesis | None = None) -> None:
        if options.period < 1:
            # timestamps are whole seconds and must grow: faster blocks would drive chain time into the future
            raise ValueError("the block period is at least 1 second")
        self.home = home
        self.options = options
        self._genesis = genesis
        self._resources = contextlib.ExitStack()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._nonces: dict[bytes, int] = {}
        self._sealing_failure: str | None = None
        self._rules_failure: str | None = None
        # called after a block is committed and after a transaction is journaled; must be quick and never raise
        self.listeners: set[Callable[[], None]] = set()
        # (hash, sender, reason) of acknowledged transactions that left the pool unsealed, until they are recorded
        self._fates: deque[tuple[bytes, bytes, str]] = deque()
        self.clock_back_seconds = 0

    @property
    def failure(self) -> str | None:
        """What keeps the node from sealing, None when nothing does."""
        return self._rules_failure or self._sealing_failure

    def __enter__(self) -> "Node":
        try:
            self._open()
        except BaseException:
            self._resources.close()
            raise
        return self

    def _open(self) -> None:
        self._resources.enter_context(self.home.lock("chain"))
        folder = self.home.chain_dir
        key = genesis_module.load_sealer_key(
            self.home.service_keys_dir / SEALER_KEY_FILE, create=not (folder / genesis_module.GENESIS_FILE).exists()
        )
        self.engine = Engine(folder, key, self._genesis)
        self._resources.callback(self.engine.close)
        self._accounts = folder / ACCOUNTS_FILE
        self._accounts_lock = threading.Lock()
        # what was read last: (inode, time), since two writes can share a time; None for no file
        self._accounts_seen: tuple[int, int] | None = (0, 0)
        self._registry_root = b""
        self.view = View(folder)
        self._resources.callback(self.view.close)
        self.pool = Mempool(self.state_nonce)
        self._reload_accounts()
        self.journal = Journal(folder / JOURNAL_FILE)
        self._resources.callback(self.journal.close)
        self._replay(self.journal.recovered)
        # nested EVM calls pass through C, whose stack a default thread has too little of
        previous = threading.stack_size(SEALER_STACK_BYTES)
        self._thread = threading.Thread(target=self._seal_loop, name="chain-sealer", daemon=True)
        self._thread.start()
        threading.stack_size(previous)

    def __exit__(self, *_: object) -> None:
        """Finish the block being sealed and close; what still waits is in the journal."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._record_fates()
        self._resources.close()

    def submit(self, raw: bytes) -> tuple[bytes, "Future[None]"]:
        """Admit a raw transaction: return (hash, future done when it is on disk).

        Raises PoolError or ValidationError with the reason for what is refused.
        """
        transaction = self._admit(raw)
        with self.pool.lock:
            # under one lock, so that the journal keeps the pool's order
            entry = self.pool.add(transaction, raw)
            try:
                future = self.journal.append(raw)
            except RuntimeError as error:
                self.pool.remove([entry.hash])
                raise PoolError("the node is shutting down") from error
        future.add_done_callback(lambda done: self._journaled(entry, done))
        return entry.hash, future

    def _journaled(self, entry: Entry, done: "Future[None]") -> None:
        if done.exception() is not None:
            self.pool.take_back(entry)
            return
        self._note_outbid(entry)
        with self._wake:
            self._wake.notify_all()
        self._tell()

    def _tell(self) -> None:
        for listener in tuple(self.listeners):
            listener()

    def _admit(self, raw: bytes) -> SignedTransactionAPI:
        if len(raw) > params.TRANSACTION_MAX_BYTES:
            raise PoolError(f"oversized data: transaction size {len(raw)}, limit {params.TRANSACTION_MAX_BYTES}")
        transaction = decode_transaction(raw, self.view)
        check_limits(transaction, self.engine.chain_id)
        if transaction.gas < transaction.intrinsic_gas:
            raise PoolError(f"intrinsic gas too low: gas {transaction.gas}, minimum {transaction.intrinsic_gas}")
        check_signature(transaction)
        sender = recover_sender(transaction)
        head = self.engine.head
        self.engine.rules.check(
            sender, head.block_number + 1, creates=not transaction.to,
            storage=lambda address, slot: self.view.storage_at(head)(address, slot),
        )
        cost = transaction.value + transaction.gas * transaction.max_fee_per_gas
        if cost and self.view.account(self.view.head()).get_balance(transaction.sender) < cost:
            raise PoolError("insufficient funds for gas * price + value")
        return transaction

    def _replay(self, raws: list[bytes]) -> None:
        for raw in raws:
            # sealed ones are refused as "nonce too low", which is how a restart forgets them
            with contextlib.suppress(PoolError, ValidationError):
                try:
                    entry = self.pool.add(self._admit(raw), raw)
                except NotListed as error:
                    self._forget_unlisted(raw, str(error))
                else:
                    self._note_outbid(entry)

    def _forget_unlisted(self, raw: bytes, reason: str) -> None:
        transaction = decode_transaction(raw, self.view)
        if transaction.nonce >= self.state_nonce(bytes(transaction.sender)):
            self._fates.append((bytes(transaction.hash), bytes(transaction.sender), reason))

    def _note_outbid(self, entry: Entry) -> None:
        if entry.outbid is not None:
            self._fates.append((entry.outbid.hash, entry.sender, f"replaced by 0x{entry.hash.hex()}"))

    def state_nonce(self, sender: bytes) -> int:
        """Return the sender's nonce in the head state."""
        nonce = self._nonces.get(sender)
        if nonce is None:
            account = self.view.account(self.engine.head)
            nonce = self._nonces[sender] = int(account.get_nonce(Address(sender)))
        return nonce

    def _seal_loop(self) -> None:
        while True:
            with self._wake:
                if self._stopping:
                    return
                delay = self._delay()
                if delay > 0:
                    self._wake.wait(delay)
            if not self._rules_in_force():
                time.sleep(1)
                continue
            if delay > 0:
                continue
            try:
                self.seal_once()
                self._sealing_failure = None
            except Exception as error:
                # the block was discarded whole; the node stays up to be read and says what is wrong
                self._sealing_failure = f"{type(error).__name__}: {error}"
                _log.exception("sealing failed")
                time.sleep(1)

    def _rules_in_force(self) -> bool:
        """Follow ``accounts.json``; an unreadable one stops sealing until it is corrected."""
        try:
            self._reload_accounts()
        except (ValueError, OSError) as error:
            if self._rules_failure is None:
                _log.exception("the allow-list could not be read")
            self._rules_failure = f"{ACCOUNTS_FILE}: {error}"
            return False
        self._rules_failure = None
        return True

    def _delay(self) -> float:
        """Return the seconds until a block is due, 0 when it is."""
        now = clock.now().timestamp()
        head = self.engine.head.timestamp
        self.clock_back_seconds = max(0, head - int(now)) if head - now > CLOCK_ALARM_SECONDS else 0
        if self.pool.has_executable():
            if self.options.rehearsal:
                return 0.0
            # chain time stands still while the clock is behind it
            return max(0.0, min(head + self.options.period - now, 1.0))
        if self.options.idle:
            return max(0.0, min(head + self.options.idle - now, 1.0))
        return 1.0

    def _reload_accounts(self) -> None:
        """Put a changed ``accounts.json`` in force from the next block on; raise ValueError for an invalid one."""
        found = self._accounts.stat() if self._accounts.exists() else None
        seen = None if found is None else (found.st_ino, found.st_mtime_ns)
        if seen == self._accounts_seen:
            return
        senders = read_list(self._accounts)
        if isinstance(senders, Registry) and not senders.count(self.view.storage_at(self.engine.head)):
            raise ValueError(f"there is no NodeRegistry with accounts at 0x{senders.address.hex()}")
        self.engine.set_allow_list(senders)
        self._accounts_seen = seen
        self._drop_refused(senders)

    def _drop_refused(self, senders: Senders) -> None:
        """Take what waits of senders that may no longer send out of the pool."""
        storage = self.view.storage_at(self.engine.head)
        refused = self.pool.take_refused(
            lambda sender, creates: refusal(senders, sender, creates=creates, storage=storage) is not None
        )
        for entry in refused:
            self._fates.append((entry.hash, entry.sender, f"sender 0x{entry.sender.hex()} left the allow-list"))
        self._record_fates()

    def _follow_registry(self) -> None:
        """After a block that changed the registry that keeps the list, drop what it no longer lets in."""
        senders = self.engine.rules.senders_at(self.engine.head.block_number + 1)
        if not isinstance(senders, Registry):
            return
        root = self.view.storage_root(self.engine.head, senders.address)
        if root != self._registry_root:
            self._registry_root = root
            self._drop_refused(senders)

    def _record_fates(self) -> None:
        fates = [self._fates.popleft() for _ in range(len(self._fates))]
        if fates:
            self.engine.store.record_dropped(fates, self.engine.head.block_number + 1)

    def change_senders(self, change: Callable[[frozenset[bytes] | None], frozenset[bytes] | None]) -> None:
        """Rewrite ``accounts.json`` by ``change(current)`` and wait until it is in force; raise TimeoutError, and
        ValueError where a registry keeps the list."""
        with self._accounts_lock:
            before = read_list(self._accounts)
            if isinstance(before, Registry):
                raise ValueError(f"it is kept by the registry 0x{before.address.hex()}")
            wanted = change(before)
            if wanted != before:
                write_list(self._accounts, wanted)
            self._await_senders(wanted)

    def reload_senders(self) -> None:
        """Wait until ``accounts.json`` is in force as it is now; raise TimeoutError."""
        with self._accounts_lock:
            self._await_senders(read_list(self._accounts))

    def _await_senders(self, wanted: Senders) -> None:
        limit = time.monotonic() + RULES_SECONDS
        while self.engine.rules.senders_at(self.engine.head.block_number + 1) != wanted:
            with self._wake:
                self._wake.notify_all()
            if time.monotonic() > limit:
                raise TimeoutError("the allow-list is not in force yet")
            time.sleep(0.005)

    def seal_once(self) -> Sealed:
        """Seal one block from what is executable; called by the sealer thread."""
        self._record_fates()
        timestamp = int(clock.now().timestamp())
        if self.options.rehearsal:
            timestamp = max(timestamp, self.engine.head.timestamp + 1)
        try:
            sealed = self.engine.seal_block(self._candidates(), timestamp, cpu_budget=self.options.period / 2)
        except Poisoned as error:
            self.engine.store.record_dropped([error.dropped], self.engine.head.block_number + 1)
            self.pool.remove([error.dropped[0]])
            raise
        with self.pool.lock:
            self._nonces.clear()
            self.pool.remove([*sealed.transaction_hashes, *(drop[0] for drop in sealed.dropped)])
            for entry in self.pool.take_stale(sealed.senders):
                self._fates.append((entry.hash, entry.sender, "another transaction with its nonce was sealed"))
        self._follow_registry()
        for digest, _, reason in sealed.dropped:
            _log.warning("transaction 0x%s was dropped: %s", digest.hex(), reason)
        if self.journal.size > COMPACT_BYTES:
            with self.pool.lock:
                self.journal.rewrite([entry.raw for entry in self.pool.entries()])
        self._tell()
        return sealed

    def _candidates(self) -> Iterator[SignedTransactionAPI]:
        for entry in self.pool.executable():
            yield entry.transaction

    def flush(self, timeout: float = 30.0) -> None:
        """Wait until nothing executable waits; raise TimeoutError."""
        limit = time.monotonic() + timeout
        while self.pool.has_executable():
            if time.monotonic() > limit:
                raise TimeoutError("transactions are still waiting")
            time.sleep(0.005)


def decode_transaction(raw: bytes, view: View) -> SignedTransactionAPI:
    """Decode a raw transaction strictly; raise ValidationError for anything that does not re-encode to itself."""
    builder = view.vm_class.get_transaction_builder()
    try:
        transaction: SignedTransactionAPI = builder.decode(raw)
        same = transaction.encode() == raw
    except Exception as error:  # the decoders raise some ten kinds for hostile bytes
        raise ValidationError(f"rlp: {type(error).__name__}: {error}"[:300]) from error
    if not same:
        raise ValidationError("rlp: the transaction is not in canonical form")
    return transaction

