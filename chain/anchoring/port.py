"""What anchoring needs from a ledger, whatever the engine."""

from dataclasses import dataclass
from typing import Any, Protocol

from chain.anchoring.rules import Head


@dataclass(frozen=True)
class Identity:
    """Which chain this is. Hashes and addresses are 0x and lower-case hex.

    ``sealers``: ranges ``{"from": int, "to": int | None, "engine": str, "addresses": [...]}`` as they are at
    ``height``; the engines are those that ``verify_proof`` can check.
    """

    chain_id: int
    genesis_hash: str
    registry: str
    sealers: tuple[dict[str, Any], ...]
    height: int = 0


@dataclass(frozen=True)
class AnchorCall:
    """The arguments of ``AnchorRegistry.anchor``; ``stream``, ``prev_head`` and ``root`` are 32 bytes."""

    stream: bytes
    seq: int
    prev_head: bytes
    root: bytes
    from_index: int
    leaves: int


@dataclass(frozen=True)
class Record:
    """One record of a stream as the registry keeps it."""

    seq: int
    head: bytes
    root: bytes
    from_index: int
    leaves: int
    block_number: int


@dataclass(frozen=True)
class Mined:
    """A transaction at finality depth: whether it succeeded, and the evidence a proof carries."""

    succeeded: bool
    block_number: int
    block_hash: str
    block_time: int
    evidence: dict[str, Any]


class AnchorLedger(Protocol):
    """Everything raises ``chain.ledger.unreachable`` when the node does not answer."""

    def identity(self) -> Identity:
        """Return which chain and registry this is."""

    def new_account(self) -> tuple[bytes, str]:
        """Make a key: (32 secret bytes, address)."""

    def authorise(self, stream: bytes, address: str) -> None:
        """Give an account the right to write a stream; doing it again changes nothing."""

    def head_of(self, stream: bytes) -> Head:
        """Return the stream's head on the chain."""

    def records(self, stream: bytes, first: int, last: int) -> list[Record]:
        """Return the registry's records first..last of a stream."""

    def nonce(self, address: str) -> int:
        """Return the number of the account's transactions in the head block."""

    def sign(self, key: bytes, nonce: int, call: AnchorCall) -> tuple[bytes, str]:
        """Return (raw transaction, its hash); the same arguments give the same bytes. No network."""

    def send(self, raw: bytes) -> None:
        """Hand over a raw transaction; one that the node already has or has sealed is no error."""

    def mined(self, tx_hash: str) -> Mined | None:
        """Return the transaction once it is at finality depth, None before."""
