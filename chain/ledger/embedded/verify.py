"""Re-execution: does the stored history give the stored hashes? Works beside the running chain, writes nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from eth_hash.auto import keccak
from eth_typing import BlockNumber
from eth_utils import ValidationError

from chain.ledger.embedded.engine import DATABASE_FILE, load_rules, open_class
from chain.ledger.embedded.store import KeyValueStore, connect


class CheckedStore(KeyValueStore):
    """Checks what it reads: a 32-byte key is the Keccak-256 of its value (trie nodes, code, headers)."""

    def _fetch(self, key: bytes) -> bytes | None:
        value = super()._fetch(key)
        if value is not None and len(key) == 32 and keccak(value) != key:
            raise ValidationError(f"the value stored under 0x{key.hex()} is not what hashes to it")
        return value


@dataclass(frozen=True)
class Verified:
    """What was re-executed: ``findings`` is empty when every block came out as stored."""

    first: int
    last: int
    transactions: int
    head_hash: str
    findings: tuple[str, ...]


def reexecute(
    folder: Path, *, last_blocks: int | None = 1, progress: Callable[[int, int], None] | None = None
) -> Verified:
    """Execute the newest ``last_blocks`` blocks again (None: all) from their parents' states.

    Each is checked as a foreign block would be: seal, header, transactions, and its hash after execution.
    """
    store = CheckedStore(connect(folder / DATABASE_FILE, read_only=True))
    try:
        _, bound = open_class(folder, load_rules(store))
        chain = bound(store)
        last = int(store.select("SELECT max(number) FROM block")[0][0])
        first = 1 if last_blocks is None else max(1, last + 1 - last_blocks)
        findings: list[str] = []
        transactions = 0
        for number in range(first, last + 1):
            # import writes into the overlay of this store, which is thrown away
            try:
                stored = chain.get_canonical_block_by_number(BlockNumber(number))
                transactions += len(stored.transactions)
                chain.import_block(stored)
            except Exception as error:  # damaged data fails in many ways, and each of them is a finding
                findings.append(f"block {number}: {type(error).__name__}: {error}"[:500])
            store.discard()
            if progress is not None:
                progress(number - first + 1, last + 1 - first)
        head = store.select("SELECT hash FROM block WHERE number = ?", (last,))[0][0]
        return Verified(first, last, transactions, "0x" + head.hex(), tuple(findings))
    finally:
        store.close()
