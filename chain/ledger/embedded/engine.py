"""Building, sealing and committing blocks: the one writer of ``chain.db``.

Differences from py-evm's ``MiningChain.mine_all`` that keep every hash identical: the sender of a transaction is
recovered once (at admission), the tries of transactions and receipts are built once, and the committed block is
not read back.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import coincurve
import rlp
from eth.abc import BlockAPI, BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI, VirtualMachineAPI
from eth.vm.interrupt import EVMMissingData

from chain.ledger.embedded import genesis as genesis_module
from chain.ledger.embedded import params, seal
from chain.ledger.embedded.genesis import Genesis
from chain.ledger.embedded.rules import AccountRules, RuleVersion, Senders, decode_senders
from chain.ledger.embedded.store import BlockRows, BlockStore, KeyValueStore, LogRow
from chain.ledger.embedded.vm import MulianChain, chain_class, check_header
from chain.ledger.errors import GENESIS_MISMATCH

DATABASE_FILE = "chain.db"
# faults of this machine, not of a transaction: the block is given up, nothing is dropped
_FATAL = (EVMMissingData, sqlite3.Error, OSError, MemoryError)


@dataclass
class Packed:
    """What one packing round took, and what it found that no block can take."""

    transactions: list[SignedTransactionAPI] = field(default_factory=list)
    receipts: list[ReceiptAPI] = field(default_factory=list)
    dropped: list[tuple[bytes, bytes, str]] = field(default_factory=list)
    failed: int = 0


@dataclass(frozen=True)
class Sealed:
    """A committed block."""

    header: BlockHeaderAPI
    transaction_hashes: tuple[bytes, ...]
    senders: frozenset[bytes]
    dropped: tuple[tuple[bytes, bytes, str], ...]


class Engine:
    """One open chain. Not safe for two threads: the node's sealer thread owns it."""

    def __init__(self, folder: Path, key: coincurve.PrivateKey, genesis: Genesis | None = None) -> None:
        """Open or create the chain in ``folder``; raise ``chain.genesis.mismatch`` for foreign files."""
        folder.mkdir(parents=True, exist_ok=True)
        sealer = genesis_module.address_of_key(key)
        self.folder = folder
        self.genesis = genesis_module.load_or_create(folder, sealer, genesis)
        if self.genesis.sealer != sealer:
            raise GENESIS_MISMATCH(path=str(folder / genesis_module.GENESIS_FILE))
        self.store = BlockStore(folder / DATABASE_FILE)
        self._key = key
        self.rules = load_rules(self.store)
        self._class = chain_class(self.genesis.chain_id, sealer, self.rules)
        genesis_module.ensure_stored(
            self.store, self.genesis, self._class, folder / genesis_module.GENESIS_FILE
        )
        self.chain = self._class(self.store)
        self.head: BlockHeaderAPI = self.chain.get_canonical_head()

    @property
    def chain_id(self) -> int:
        """The chain id of the genesis."""
        return self.genesis.chain_id

    def set_allow_list(self, senders: Senders) -> bool:
        """Put an allow-list in force from the next block on; return False when it already is."""
        following = self.head.block_number + 1
        if self.rules.senders_at(following) == senders:
            return False
        version = RuleVersion(following, senders)
        self.store.add_rule_version(following, version.encode())
        self.rules.add(version)
        return True

    def seal_block(
        self, transactions: Iterable[SignedTransactionAPI], timestamp: int, cpu_budget: float | None = None
    ) -> Sealed:
        """Execute, seal and commit one block durably.

        ``timestamp`` is Unix seconds and later than the head's. ``cpu_budget`` is seconds of this thread's CPU
        after which no further transaction is started (at least one runs); the rest stays with the caller.
        """
        try:
            vm, header = self._open_block(timestamp)
            packed, header = self._pack(vm, header, transactions, cpu_budget)
            block = self._finish(vm, header, packed)
            self.chain.chaindb.persist_block(block)
            self.store.commit_block(_rows(block, packed))
        except BaseException:
            self.store.discard()
            self.chain = self._class(self.store)
            raise
        self.head = block.header
        return Sealed(
            block.header, tuple(bytes(item.hash) for item in packed.transactions),
            frozenset(bytes(item.sender) for item in packed.transactions), tuple(packed.dropped),
        )

    def _open_block(self, timestamp: int) -> tuple[VirtualMachineAPI, BlockHeaderAPI]:
        header = self.chain.create_header_from_parent(
            self.head,
            coinbase=self.genesis.sealer,
            timestamp=timestamp,
            gas_limit=params.BLOCK_GAS_LIMIT,
            extra_data=params.VANITY + b"\0" * params.SEAL_BYTES,
            mix_hash=params.MIX_HASH,
            parent_beacon_block_root=params.PARENT_BEACON_BLOCK_ROOT,
        )
        return self.chain.get_vm(header), header

    def _pack(
        self,
        vm: VirtualMachineAPI,
        header: BlockHeaderAPI,
        transactions: Iterable[SignedTransactionAPI],
        cpu_budget: float | None,
    ) -> tuple[Packed, BlockHeaderAPI]:
        packed = Packed()
        spent: Callable[[], float] = time.thread_time
        started = spent()
        blocked: set[bytes] = set()
        for transaction in transactions:
            if cpu_budget is not None and packed.transactions and spent() - started > cpu_budget:
                break
            sender = bytes(transaction.sender)
            if sender in blocked:
                continue
            try:
                receipt = _apply(vm, header, transaction)
            except _Refused as error:
                packed.dropped.append((bytes(transaction.hash), sender, error.reason))
                blocked.add(sender)  # its later nonces cannot run in this block
                continue
            header = vm.add_receipt_to_header(header, receipt)
            packed.transactions.append(transaction)
            packed.receipts.append(receipt)
            packed.failed += receipt.state_root == b""
        return packed, header

    def _finish(self, vm: VirtualMachineAPI, header: BlockHeaderAPI, packed: Packed) -> BlockAPI:
        filled = vm.set_block_transactions_and_withdrawals(
            vm.get_block(), header, tuple(packed.transactions), tuple(packed.receipts)
        )
        block = vm.finalize_block(filled).block
        block = block.copy(header=seal.sign(block.header, self._key))
        vm.validate_header(block.header, self.head)
        check_header(block.header)
        return block

    def close(self) -> None:
        """Close the database."""
        self.store.close()


class _Refused(Exception):
    """A transaction that no block can take; the state is as before it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Poisoned(Exception):
    """A transaction after which not even the state could be put back: the block is given up because of it."""

    def __init__(self, dropped: tuple[bytes, bytes, str]) -> None:
        super().__init__(dropped[2])
        self.dropped = dropped


def _apply(vm: VirtualMachineAPI, header: BlockHeaderAPI, transaction: SignedTransactionAPI) -> ReceiptAPI:
    """Do what ``VM.apply_transaction`` does, in an order that can be taken back.

    py-evm locks the journals inside it, after which a snapshot from before is gone: one invalid transaction in
    the middle of a block would make the whole block fail, and with it every later one.
    """
    vm.state.lock_changes()
    snapshot = vm.state.snapshot()
    try:
        vm.validate_transaction_against_header(header, transaction)
        receipt = vm.make_receipt(header, transaction, vm.state.apply_transaction(transaction), vm.state)
        vm.validate_receipt(receipt)
    except _FATAL:
        raise
    except Exception as error:
        # ValidationError, or an EVM bug that this input found: one transaction must not halt the chain
        reason = f"{type(error).__name__}: {error}"[:500]
        try:
            vm.state.revert(snapshot)
        except Exception as broken:
            raise Poisoned((bytes(transaction.hash), bytes(transaction.sender), reason)) from broken
        raise _Refused(reason) from error
    vm.state.commit(snapshot)
    return receipt


def load_rules(store: KeyValueStore) -> AccountRules:
    """Read the allow-list versions of a store."""
    rows = store.select("SELECT from_block, senders FROM rule_version")
    return AccountRules(RuleVersion(number, decode_senders(text)) for number, text in rows)


def open_class(folder: Path, rules: AccountRules) -> tuple[Genesis, type[MulianChain]]:
    """Return genesis and chain class of a chain folder for reading."""
    genesis = genesis_module.read_genesis(folder / genesis_module.GENESIS_FILE)
    return genesis, chain_class(genesis.chain_id, genesis.sealer, rules)


def _rows(block: BlockAPI, packed: Packed) -> BlockRows:
    logs: list[LogRow] = []
    for index, (transaction, receipt) in enumerate(zip(packed.transactions, packed.receipts, strict=True)):
        for log in receipt.logs:
            logs.append(LogRow(
                number=block.number, log_index=len(logs), tx_index=index, tx_hash=bytes(transaction.hash),
                address=bytes(log.address), topics=tuple(topic.to_bytes(32, "big") for topic in log.topics),
                data=bytes(log.data),
            ))
    return BlockRows(
        number=block.number, hash=bytes(block.hash), timestamp=block.header.timestamp,
        tx_count=len(packed.transactions), failed=packed.failed, gas_used=block.header.gas_used,
        size=len(rlp.encode(block)), logs=logs, dropped=packed.dropped,
    )
