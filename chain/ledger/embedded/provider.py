"""The node as a web3 provider in this process: rehearsals and tests speak the same RPC without a socket."""

import contextlib
from collections.abc import Iterator
from typing import Any

from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from chain.ledger.embedded import execution
from chain.ledger.embedded.node import Node
from chain.ledger.embedded.rpc import dispatch
from chain.ledger.embedded.rpc.methods import Service
from chain.ledger.embedded.view import View


class NodeProvider(BaseProvider):
    """``rehearse``: each submission is sealed before it is answered, as test chains do."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer one RPC call."""
        response = dispatch.perform(self.service, method, list(params or []))
        if method == "eth_sendRawTransaction" and self.service.node.options.rehearsal:
            self.service.node.flush()
        return response  # type: ignore[return-value]

    def is_connected(self, show_traceback: bool = False) -> bool:
        """Return True: the node is in this process."""
        return True


@contextlib.contextmanager
def in_process(node: Node) -> Iterator[NodeProvider]:
    """Yield a provider over an open node; calls run in this thread, bounded by the gas cap alone."""
    log_view = View(node.home.chain_dir)

    def execute(kind: str, request: dict[str, Any], number: int, overrides: dict[str, Any] | None) -> str:
        function = execution.call if kind == "call" else execution.estimate
        return function(node.view, request, number, overrides)

    try:
        yield NodeProvider(Service(node, node.view, log_view, execute))
    finally:
        log_view.close()
