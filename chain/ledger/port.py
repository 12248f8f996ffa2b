"""What the platform needs from a ledger, whatever engine is behind it. Speaks bytes and ints, never web3 types."""

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Log:
    """One event log: ``topics`` of 32 bytes, the event's signature first."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    tx_hash: str
    tx_index: int
    log_index: int


@dataclass(frozen=True)
class Receipt:
    """The result of a sealed transaction. Hashes and addresses are 0x and lower-case hex."""

    tx_hash: str
    succeeded: bool
    block_number: int
    block_hash: str
    tx_index: int
    gas_used: int
    contract_address: str | None
    logs: tuple[Log, ...]


@dataclass(frozen=True)
class Block:
    """A block without its transactions' contents. ``timestamp`` is Unix seconds, ``size`` bytes."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    gas_used: int
    size: int
    sealer: str
    tx_hashes: tuple[str, ...]


class Ledger(Protocol):
    """A network behind one URL.

    Everything raises ``chain.ledger.unreachable`` when the node does not answer, ``chain.ledger.refused`` when
    it answers with an error, and :meth:`call` ``chain.ledger.reverted`` when the contract says no.
    """

    url: str

    def chain_id(self) -> int:
        """Return the chain id."""

    def client_version(self) -> str:
        """Return what the node calls itself."""

    def genesis_hash(self) -> str:
        """Return the hash of block 0."""

    def height(self) -> int:
        """Return the number of the head block."""

    def block(self, number: int) -> Block | None:
        """Return a block, None beyond the head."""

    def header_rlp(self, number: int) -> bytes:
        """Return the RLP of a header, checked against its hash."""

    def receipts_raw(self, number: int) -> tuple[bytes, ...]:
        """Return the consensus encoding of every receipt of a block, checked against its receipts root."""

    def transaction(self, tx_hash: str) -> dict[str, Any] | None:
        """Return a transaction as the node shows it (hex fields), waiting ones included; None if unknown."""

    def send_raw(self, raw: bytes) -> str:
        """Hand over a signed transaction and return its hash; one the node already has or has sealed is no error."""

    def receipt(self, tx_hash: str) -> Receipt | None:
        """Return the receipt, None while the transaction is not sealed."""

    def wait_receipt(self, tx_hash: str, timeout: float = 30.0) -> Receipt:
        """Wait for the receipt; raise ``chain.ledger.timeout``."""

    def nonce(self, address: str, *, pending: bool = False) -> int:
        """Return the next nonce by the head state, or counting waiting transactions too."""

    def call(self, to: str, data: bytes, *, sender: str | None = None, block: int | None = None) -> bytes:
        """Run a message call and return its output."""

    def estimate_gas(self, to: str | None, data: bytes, *, sender: str) -> int:
        """Return a gas limit that suffices."""

    def code(self, address: str) -> bytes:
        """Return the runtime code, empty where there is none."""

    def storage(self, address: str, slot: int, *, block: int | None = None) -> bytes:
        """Return the 32 bytes of a storage slot."""

    def logs(self, first: int, last: int, *, address: str | None = None, topics: tuple[bytes | None, ...] = ()
             ) -> list[Log]:
        """Return the logs of blocks first..last."""

    def request(self, method: str, *params: Any) -> Any:
        """Call any RPC method and return its result."""
