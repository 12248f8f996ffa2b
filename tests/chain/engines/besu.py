"""A fake Besu QBFT network: real blocks of a rehearsal chain behind Besu's methods, messages and error codes.

Besu itself cannot run on the build machines. What it says is taken from its documentation and RpcErrorType
(tests/chain/engines/fixtures/besu names each source).
"""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import eth_account
from coincurve import PrivateKey

from chain.ledger.embedded.provider import NodeProvider
from chain.ledger.engines import enode as enodes
from chain.ledger.web3_ledger import Web3Ledger

VERSION = "besu/v26.3.0/linux-x86_64/openjdk-java-21"
GENERAL, NOT_ENABLED, UNKNOWN_METHOD = -32000, -32604, -32601
NOT_AUTHORIZED, NONCE_TOO_LOW = -32007, -32001


class Refused(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.document = {"code": code, "message": message} | ({"data": data} if data is not None else {})


@dataclass
class FakeNode:
    """One node: its key, its votes, its own lists."""

    network: "FakeBesu"
    port: int
    key: PrivateKey = field(default_factory=PrivateKey)
    votes: dict[str, bool] = field(default_factory=dict)
    nodes: list[str] = field(default_factory=list)
    accounts: list[str] | None = None
    modules: tuple[str, ...] = ("ADMIN", "ETH", "NET", "PERM", "QBFT", "TXPOOL", "WEB3")
    url: str = ""

    @property
    def enode(self) -> str:
        return f"enode://{self.key.public_key.format(compressed=False)[1:].hex()}@127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return enodes.address(self.enode)

    def ledger(self) -> Web3Ledger:
        return Web3Ledger(self.url)

    def answer(self, method: str, params: list[Any]) -> Any:
        """Return a result; raises Refused."""
        module = method.split("_")[0].upper()
        if module in ("ADMIN", "PERM", "QBFT", "TXPOOL") and module not in self.modules:
            raise Refused(NOT_ENABLED, "Method not enabled")
        own: Callable[..., Any] | None = getattr(self, "_" + method, None)
        if own is not None:
            return own(*params)
        if module in ("ADMIN", "PERM", "QBFT", "TXPOOL", "DEBUG", "MULIAN"):
            raise Refused(UNKNOWN_METHOD, "Method not found")
        return _translated(self.network.provider.make_request(method, params))  # type: ignore[arg-type]

    def _web3_clientVersion(self) -> str:
        return VERSION

    def _rpc_modules(self) -> dict[str, str]:
        return {name.lower(): "1.0" for name in self.modules}

    def _net_enode(self) -> str:
        return self.enode

    def _admin_nodeInfo(self) -> dict[str, Any]:
        return {"enode": self.enode, "id": enodes.public_key(self.enode), "name": VERSION}

    def _admin_peers(self) -> list[dict[str, Any]]:
        return [{"enode": node.enode, "name": VERSION} for node in self.network.nodes if node is not self]

    def _eth_sendRawTransaction(self, raw: str) -> Any:
        sender = eth_account.Account.recover_transaction(raw).lower()
        if self.accounts is not None and sender not in self.accounts:
            raise Refused(NOT_AUTHORIZED, "Sender account not authorized to send transactions")
        made = self.network.provider.make_request("eth_sendRawTransaction", [raw])  # type: ignore[arg-type]
        return _translated(made)

    def _txpool_besuStatistics(self) -> dict[str, int]:
        return {"maxSize": 4096, "localCount": 0, "remoteCount": 0}

    def _qbft_getValidatorsByBlockNumber(self, block: str) -> list[str]:
        assert block.startswith("0x"), "blocks are named by hex numbers"
        return sorted(self.network.validators)

    def _qbft_getPendingVotes(self) -> dict[str, bool]:
        return self.votes

    def _qbft_proposeValidatorVote(self, address: str, add: bool) -> bool:
        self.votes[address.lower()] = add
        self.network.count()
        return True

    def _qbft_discardValidatorVote(self, address: str) -> bool:
        self.votes.pop(address.lower(), None)
        return True

    def _qbft_getSignerMetrics(self, first: str, last: str) -> list[dict[str, str]]:
        nobody = {"address": "0x" + "0" * 40, "proposedBlockCount": "0x1", "lastProposedBlockNumber": "0x0"}
        return [nobody] + [
            {"address": address, "proposedBlockCount": "0x1", "lastProposedBlockNumber": last}
            for address in sorted(self.network.validators)
        ]

    def _perm_getNodesAllowlist(self) -> list[str]:
        return self.nodes

    def _perm_addNodesToAllowlist(self, values: list[str]) -> str:
        _checked(values, "nodes", enodes.normalise)
        if any(value in self.nodes for value in values):
            raise Refused(GENERAL, "Cannot add an existing node to allowlist")
        self.nodes += values
        return "Success"

    def _perm_removeNodesFromAllowlist(self, values: list[str]) -> str:
        _checked(values, "nodes", enodes.normalise)
        if any(value not in self.nodes for value in values):
            raise Refused(GENERAL, "Cannot remove an absent node from allowlist")
        self.nodes = [value for value in self.nodes if value not in values]
        return "Success"

    def _perm_getAccountsAllowlist(self) -> list[str]:
        if self.accounts is None:
            raise Refused(GENERAL, "Account allowlist has not been enabled")
        return self.accounts

    def _perm_addAccountsToAllowlist(self, values: list[str]) -> str:
        _checked(values, "accounts", lambda value: bytes.fromhex(value[2:]))
        listed = self._perm_getAccountsAllowlist()
        if any(value in listed for value in values):
            raise Refused(GENERAL, "Cannot add an existing account to allowlist")
        self.accounts = listed + values
        return "Success"

    def _perm_removeAccountsFromAllowlist(self, values: list[str]) -> str:
        _checked(values, "accounts", lambda value: bytes.fromhex(value[2:]))
        listed = self._perm_getAccountsAllowlist()
        if any(value not in listed for value in values):
            raise Refused(GENERAL, "Cannot remove an absent account from allowlist")
        self.accounts = [value for value in listed if value not in values]
        return "Success"


class FakeBesu:
    """Nodes of one network over HTTP; a vote is counted as soon as more than half of the validators cast it."""

    def __init__(self, provider: NodeProvider, nodes: int, validators: int) -> None:
        self.provider = provider
        self.nodes = [FakeNode(self, 30303 + index) for index in range(nodes)]
        self.validators = {node.address for node in self.nodes[:validators]}
        for node in self.nodes:
            node.nodes = [other.enode for other in self.nodes]

    def count(self) -> None:
        """Carry out what more than half of the validators voted for."""
        voters = [node for node in self.nodes if node.address in self.validators]
        for address, add in {item for node in voters for item in node.votes.items()}:
            if 2 * sum(node.votes.get(address) is add for node in voters) > len(voters):
                (self.validators.add if add else self.validators.discard)(address)
                for node in self.nodes:
                    node.votes.pop(address, None)

    @contextlib.contextmanager
    def serve(self) -> Iterator["FakeBesu"]:
        """Serve every node on a port of its own."""
        with contextlib.ExitStack() as resources:
            for node in self.nodes:
                server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(node))
                node.url = f"http://127.0.0.1:{server.server_port}"
                threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
                resources.callback(server.server_close)
                resources.callback(server.shutdown)
            yield self


def _checked(values: list[str], kind: str, parse: Callable[[str], Any]) -> None:
    if not values:
        raise Refused(GENERAL, f"Request contains an empty list of {kind}")
    if len(set(values)) != len(values):
        raise Refused(GENERAL, f"Request contains duplicate {kind}")
    try:
        for value in values:
            parse(value)
    except ValueError as error:
        raise Refused(GENERAL, f"Request contains an invalid {kind[:-1]}") from error


def _translated(response: Any) -> Any:
    problem = response.get("error")
    if problem is None:
        return response.get("result")
    message = str(problem["message"])
    if problem["code"] == 3:
        raise Refused(GENERAL, "Execution reverted", problem.get("data"))
    if "nonce too low" in message:
        raise Refused(NONCE_TOO_LOW, "Nonce too low")
    if "already known" in message:
        raise Refused(GENERAL, "Known transaction")
    if problem["code"] == UNKNOWN_METHOD:
        raise Refused(UNKNOWN_METHOD, "Method not found")
    raise Refused(problem["code"], message)


def _handler(node: FakeNode) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            document: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
            try:
                document["result"] = node.answer(request["method"], request["params"])
            except Refused as refused:
                document["error"] = refused.document
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
