"""Reading the committed chain: any thread, any process, beside the sealer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import rlp
from eth.abc import BlockAPI, BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI, StateAPI
from eth.db.account import AccountDB
from eth.exceptions import HeaderNotFound, TransactionNotFound
from eth.vm.chain_context import ChainContext
from eth.vm.forks.cancun.blocks import CancunBlockHeader
from eth_typing import Address, Hash32
from lru import LRU
from trie import HexaryTrie

from chain.ledger.embedded.engine import DATABASE_FILE, open_class
from chain.ledger.embedded.rules import AccountRules, Storage
from chain.ledger.embedded.store import KeyValueStore, connect
from chain.ledger.embedded.watching import RecordingState, TracingState


class View:
    """A read-only view of ``chain.db``; each call sees the last committed block or a later one."""

    def __init__(self, folder: Path) -> None:
        """Open the chain in ``folder``, which must exist."""
        self.store = KeyValueStore(connect(folder / DATABASE_FILE, read_only=True))
        self.genesis, bound = open_class(folder, AccountRules())
        self.chain = bound(self.store)
        self.vm_class = bound.vm_configuration[0][1]
        self._recording = self.vm_class.configure(__name__="RecordingVM", _state_class=RecordingState)
        self._tracing = self.vm_class.configure(__name__="TracingVM", _state_class=TracingState)
        self._headers: Any = LRU(1024)
        self._blocks: Any = LRU(64)
        self._receipts: Any = LRU(64)

    def head(self) -> BlockHeaderAPI:
        """Return the head's header."""
        number: int = self.store.select("SELECT max(number) FROM block")[0][0]
        return self.header(number)

    def header(self, number: int) -> BlockHeaderAPI:
        """Return a header by number; raise KeyError."""
        header: BlockHeaderAPI | None = self._headers.get(number)
        if header is None:
            rows = self.store.select("SELECT hash FROM block WHERE number = ?", (number,))
            if not rows:
                raise KeyError(number)
            header = rlp.decode(self.store[rows[0][0]], sedes=CancunBlockHeader)
            self._headers[number] = header
        return header

    def number_of(self, block_hash: bytes) -> int:
        """Return the number of a block hash; raise KeyError."""
        rows = self.store.select("SELECT number FROM block WHERE hash = ?", (block_hash,))
        if not rows:
            raise KeyError(block_hash)
        return int(rows[0][0])

    def size_of(self, number: int) -> int:
        """Return the RLP length of a block in bytes."""
        return int(self.store.select("SELECT size FROM block WHERE number = ?", (number,))[0][0])

    def block(self, number: int) -> BlockAPI:
        """Return a whole block; raise KeyError."""
        block: BlockAPI | None = self._blocks.get(number)
        if block is None:
            block = self.chain.get_block_by_header(self.header(number))
            self._blocks[number] = block
        return block

    def receipts(self, number: int) -> tuple[ReceiptAPI, ...]:
        """Return the receipts of a block in order."""
        receipts: tuple[ReceiptAPI, ...] | None = self._receipts.get(number)
        if receipts is None:
            builder = self.vm_class.get_receipt_builder()
            receipts = self.chain.chaindb.get_receipts(self.header(number), builder)
            self._receipts[number] = receipts
        return receipts

    def locate(self, transaction_hash: bytes) -> tuple[int, int]:
        """Return (block number, index) of a sealed transaction; raise KeyError."""
        try:
            number, index = self.chain.chaindb.get_transaction_index(Hash32(transaction_hash))
        except (TransactionNotFound, HeaderNotFound) as error:
            raise KeyError(transaction_hash) from error
        return int(number), int(index)

    def transaction(self, number: int, index: int) -> SignedTransactionAPI:
        """Return one transaction of a block; raise KeyError."""
        transactions = self.block(number).transactions
        if index >= len(transactions):
            raise KeyError(index)
        return transactions[index]

    def account(self, header: BlockHeaderAPI) -> AccountDB:
        """Return the accounts at ``header``'s state."""
        return AccountDB(self.store, header.state_root)

    def storage_at(self, header: BlockHeaderAPI) -> Storage:
        """Return a reader of storage words at ``header``'s state."""
        accounts = self.account(header)
        return lambda address, slot: accounts.get_storage(Address(address), slot)

    def storage_root(self, header: BlockHeaderAPI, address: bytes) -> bytes:
        """Return the root of a contract's storage at ``header``'s state."""
        # py-evm has no public getter of the four fields
        return bytes(self.account(header)._get_account(Address(address)).storage_root)

    def state_on(self, header: BlockHeaderAPI) -> StateAPI:
        """Return a scratch state that executes as if in ``header``'s block, on ``header``'s state."""
        return self._state(self.vm_class, header, header)

    def recording_state_on(self, header: BlockHeaderAPI) -> RecordingState:
        """Return a scratch state as :meth:`state_on` does, which notes the accounts and slots that it touches."""
        return cast(RecordingState, self._state(self._recording, header, header))

    def tracing_state_on(self, header: BlockHeaderAPI) -> StateAPI:
        """Return a scratch state as :meth:`state_on` does, whose computations note what made their children."""
        return self._state(self._tracing, header, header)

    def tracing_state_before(self, number: int) -> StateAPI:
        """Return the state in which block ``number``'s transactions were executed; raise KeyError."""
        return self._state(self._tracing, self.header(number), self.header(number - 1))

    def _state(self, vm_class: Any, header: BlockHeaderAPI, on: BlockHeaderAPI) -> StateAPI:
        state: StateAPI = vm_class.build_state(
            self.store, header.copy(state_root=on.state_root), ChainContext(self.genesis.chain_id),
            self._ancestors(header.block_number),
        )
        return state

    def _ancestors(self, number: int) -> Iterator[Hash32]:
        for earlier in range(number - 1, max(-1, number - 257), -1):
            yield Hash32(self.header(earlier).hash)

    def proof(self, root: bytes, key: bytes) -> tuple[bytes, ...]:
        """Return the RLP of the trie nodes from ``root`` towards the hashed ``key``."""
        nodes = HexaryTrie(self.store, root).get_proof(key)  # type: ignore[no-untyped-call]
        return tuple(rlp.encode(node) for node in nodes)

    def close(self) -> None:
        """Close the connection."""
        self.store.close()
