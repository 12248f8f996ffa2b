"""The face of an engine: validators and their votes, peers, allow-lists, what waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

Key = Literal["embedded", "clique", "qbft", "foreign"]
# where a list binds: nowhere, at the platform's own RPC, at every node that has it, or in every block
Enforcement = Literal["none", "rpc", "node", "block"]


@dataclass(frozen=True)
class Capabilities:
    """What an engine can be asked for.

    ``node_list`` and ``account_list`` say where a list binds; ``*_api`` whether it is read and changed over RPC.
    ``heartbeat``: blocks are due also when nothing waits.
    """

    key: Key
    votes: bool = False
    peers: bool = False
    pool: bool = False
    heartbeat: bool = False
    node_list: Enforcement = "none"
    node_api: bool = False
    account_list: Enforcement = "none"
    account_api: bool = False

    @property
    def safe_validators(self) -> int:
        """The least number of validators of which one may stop (Clique), or stop or lie (QBFT, n = 3f + 1)."""
        return {"clique": 3, "qbft": 4}.get(self.key, 1)

    def quorum(self, validators: int) -> int:
        """How many of so many validators must run for blocks to be sealed.

        Clique: floor(n/2)+1 (EIP-225, SIGNER_LIMIT); QBFT: ceil(2n/3).
        """
        if self.key == "clique":
            return validators // 2 + 1
        if self.key == "qbft":
            return -(-2 * validators // 3)
        return min(validators, 1)


@dataclass(frozen=True)
class Identity:
    """Who a node is: its enode (None without a peer-to-peer side) and the address it seals with, None without one."""

    enode: str | None
    signer: str | None


@dataclass(frozen=True)
class Activity:
    """What a validator sealed lately; ``last_block`` None where the engine does not say."""

    address: str
    sealed: int
    last_block: int | None


@dataclass(frozen=True)
class Pool:
    """Waiting transactions: executable ones, and those behind a gap of nonces (None: not told apart)."""

    pending: int
    queued: int | None


class Engine(Protocol):
    """One node of a network, by what its engine can do. All raise the ledger's errors, and
    ``chain.engine.unsupported`` for an operation that :class:`Capabilities` rules out."""

    capabilities: Capabilities

    def validators(self) -> frozenset[str]:
        """Return the validators that seal the head block."""

    def proposals(self) -> dict[str, bool]:
        """Return this node's open votes: address → True to add, False to remove."""

    def propose(self, address: str, *, add: bool) -> None:
        """Let this node vote from its next block on."""

    def discard(self, address: str) -> None:
        """Take this node's vote back."""

    def activity(self) -> tuple[Activity, ...]:
        """Return what each validator sealed lately (geth: 64 blocks, Besu: 100)."""

    def identity(self) -> Identity:
        """Return who the node is."""

    def peers(self) -> frozenset[str]:
        """Return the enodes of connected peers; the address of one that called in is the one it called from."""

    def connect(self, enode: str) -> None:
        """Keep a connection to a node."""

    def disconnect(self, enode: str) -> None:
        """Drop a node, and do not call it again."""

    def node_key(self, enode: str) -> str:
        """Return what makes two enodes the same node for this engine."""

    def node_list(self) -> frozenset[str]:
        """Return the enodes that may connect."""

    def change_nodes(self, add: Iterable[str], remove: Iterable[str]) -> None:
        """Change the list of nodes."""

    def account_list(self) -> frozenset[str]:
        """Return the addresses that may send."""

    def change_accounts(self, add: Iterable[str], remove: Iterable[str]) -> None:
        """Change the list of accounts."""

    def pool(self) -> Pool:
        """Return how much waits."""
