"""What the methods work on, and what they may return besides a value."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from eth.abc import BlockHeaderAPI

from chain.ledger.embedded.node import Node
from chain.ledger.embedded.rpc import codec
from chain.ledger.embedded.rpc.errors import SERVER_ERROR, RpcError
from chain.ledger.embedded.rpc.filters import FilterStore
from chain.ledger.embedded.view import View

CLIENT_VERSION = "mulian-poa/1 (py-evm 0.12.1b1, cancun)"
# (kind, request, block number, state overrides) -> result; kinds: see execution.KINDS
Execute = Callable[[str, dict[str, Any], int, dict[str, Any] | None], Any]


@dataclass(frozen=True)
class Later:
    """A result that may leave only when ``done`` is: the journal's fsync."""

    result: Any
    done: "Future[None]"


@dataclass
class Service:
    """The node, its committed view, who runs what costs EVM time, and the filters of all callers."""

    node: Node
    view: View
    log_view: View
    execute: Execute
    filters: FilterStore = field(default_factory=FilterStore)

    def number(self, tag: Any) -> int:
        """Resolve a block tag or number; pending, safe and finalized are the head (there is one sealer)."""
        head = self.view.head().block_number
        if tag in (None, "latest", "pending", "safe", "finalized"):
            return head
        if tag == "earliest":
            return 0
        if isinstance(tag, dict):
            return self._by_object(tag)
        number = codec.quantity(tag)
        if number > head:
            raise RpcError(SERVER_ERROR, "header not found")
        return number

    def _by_object(self, tag: dict[str, Any]) -> int:
        if "blockNumber" in tag:
            return self.number(tag["blockNumber"])
        try:
            return self.view.number_of(codec.data(tag.get("blockHash"), 32))
        except KeyError as error:
            raise RpcError(SERVER_ERROR, "header for hash not found") from error

    def header(self, tag: Any) -> BlockHeaderAPI:
        """Return the header of a tag."""
        return self.view.header(self.number(tag))
