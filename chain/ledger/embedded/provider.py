"""The node as a web3 provider in this process: rehearsals and tests speak the same RPC without a socket."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from chain.ledger.embedded import kinds
from chain.ledger.embedded.node import Node
from chain.ledger.embedded.rpc import dispatch
from chain.ledger.embedded.rpc.service import Service
from chain.ledger.embedded.view import View


class NodeProvider(JSONBaseProvider):
    """``rehearse``: each submission is sealed before it is answered, as test chains do."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer one RPC call."""
        response: RPCResponse = json.loads(dispatch.handle(self.service, self.encode_rpc_request(method, params)))
        if method == "eth_sendRawTransaction" and self.service.node.options.rehearsal:
            self.service.node.flush()
        return response

    def make_batch_request(self, requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse] | RPCResponse:
        """Answer a JSON-RPC batch; in a rehearsal its submissions are sealed before it is answered."""
        answers: list[RPCResponse] | RPCResponse = json.loads(
            dispatch.handle(self.service, self.encode_batch_rpc_request(requests))
        )
        if self.service.node.options.rehearsal:
            self.service.node.flush()
        return answers

    def is_connected(self, show_traceback: bool = False) -> bool:
        """Return True: the node is in this process."""
        return True


@contextlib.contextmanager
def in_process(node: Node) -> Iterator[NodeProvider]:
    """Yield a provider over an open node; calls run in this thread, bounded by the gas cap alone."""
    log_view = View(node.home.chain_dir)

    def execute(kind: str, request: dict[str, Any], number: int, overrides: dict[str, Any] | None) -> Any:
        return kinds.KINDS[kind](node.view, request, number, overrides)

    try:
        yield NodeProvider(Service(node, node.view, log_view, execute))
    finally:
        log_view.close()
