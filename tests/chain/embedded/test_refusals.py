"""A sender that is not listed is refused at every door; what costs too much is refused before it costs anything."""

import json
import statistics
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from eth_utils import ValidationError
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from bench._chain import AnchorLoad, Sender
from chain.ledger.embedded import node as node_module
from chain.ledger.embedded import rules
from chain.ledger.embedded.provider import NodeProvider
from chain.ledger.embedded.rpc import dispatch
from chain.ledger.embedded.rpc.callers import operator_token
from chain.ledger.web3_ledger import Web3Ledger
from kernel.errors import MulianError
from kernel.home import Home
from tests.chain.embedded.process import ChainProcess


def post(url: str, document: Any) -> Any:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return httpx2.post(url, content=body, headers={"content-type": "application/json"}, timeout=30).json()


def request(method: str, *parameters: Any, number: int = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(parameters)}


class Socket:
    """A WebSocket client that keeps notifications apart."""

    def __init__(self, url: str, **options: Any) -> None:
        self.connection = connect(url.replace("http", "ws"), proxy=None, **options)
        self.notifications: list[dict[str, Any]] = []

    def ask(self, document: Any) -> Any:
        self.connection.send(document if isinstance(document, str | bytes) else json.dumps(document))
        while True:
            answer = json.loads(self.connection.recv(timeout=20))
            if isinstance(answer, dict) and "method" in answer:
                self.notifications.append(answer["params"])
                continue
            return answer

    def notified(self, subscription: str, count: int) -> list[Any]:
        limit = time.monotonic() + 20
        while True:
            found = [item["result"] for item in self.notifications if item["subscription"] == subscription]
            if len(found) >= count:
                return found
            assert time.monotonic() < limit
            self.notifications.append(json.loads(self.connection.recv(timeout=20))["params"])


def test_an_unlisted_sender_is_refused_over_http_websocket_and_in_a_batch(served: ChainProcess) -> None:
    chain_id = served.ledger().chain_id()
    token = operator_token(Home(Path(served.home)))
    assert token is not None
    operator = f"{served.url}/{token}"
    listed, other = Sender(chain_id), Sender(chain_id)
    accounts = Home(Path(served.home)).chain_dir / rules.ACCOUNTS_FILE
    assert post(served.url, request("perm_addAccountsToAllowlist", [other.signer.address]))["error"]["code"] == -32001
    rules.write_list(accounts, frozenset())
    try:
        assert post(operator, request("perm_reloadPermissionsFromFile"))["result"] == "Success"
        assert post(operator, request("perm_addAccountsToAllowlist", [listed.signer.address]))["result"] == "Success"
        raw = "0x" + other.send(None, b"\0").hex()
        refused = request("eth_sendRawTransaction", raw)
        taken = request("eth_sendRawTransaction", "0x" + listed.send(None, b"\0").hex(), number=2)
        assert post(served.url, refused)["error"]["code"] == -32007
        assert [answer.get("error", {}).get("code") for answer in post(served.url, [refused, taken])] == [-32007, None]
        socket = Socket(served.url)
        assert socket.ask(refused)["error"]["code"] == -32007
        assert socket.ask([refused])[0]["error"]["code"] == -32007
        socket.connection.close()
        assert served.ledger().nonce(other.signer.address, pending=True) == 0
    finally:
        rules.write_list(accounts, None)
        post(operator, request("perm_reloadPermissionsFromFile"))
    assert "result" in post(served.url, refused)


def test_an_unlisted_sender_is_refused_in_process(provider: NodeProvider, ledger: Web3Ledger) -> None:
    """Inside a block: test_engine's import of a foreign block."""
    listed, other = Sender(ledger.chain_id()), Sender(ledger.chain_id())
    members = frozenset({bytes.fromhex(listed.signer.address[2:])})
    provider.service.node.change_senders(lambda _: members)
    with pytest.raises(MulianError, match="allow-list"):
        ledger.send_raw(other.send(None, b"\0"))
    batch = provider.make_batch_request([("eth_sendRawTransaction", ["0x" + listed.send(None, b"\0").hex()])] * 1)
    assert "result" in batch[0] and ledger.height() == 1


def test_2_to_the_49_gas_is_refused_in_microseconds_before_the_signature_is_looked_at(
    provider: NodeProvider, ledger: Web3Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = provider.service.node
    raw = Sender(ledger.chain_id()).send(None, b"\0", gas=2**49)

    def never(transaction: object) -> bytes:
        raise AssertionError("the signature was recovered")

    monkeypatch.setattr(node_module, "recover_sender", never)
    spans = []
    for _ in range(200):
        started = time.perf_counter_ns()
        with pytest.raises(ValidationError, match="cap"):
            node.submit(raw)
        spans.append(time.perf_counter_ns() - started)
    # some 50 µs on an idle machine; a recovery alone would take 100 and more
    assert statistics.median(spans) < 1_000_000
    with pytest.raises(MulianError, match="cap"):
        ledger.send_raw(raw)


def test_subscriptions_tell_heads_logs_and_arrivals(served: ChainProcess) -> None:
    ledger = served.ledger()
    load = AnchorLoad(ledger.chain_id())
    socket = Socket(served.url)
    heads = socket.ask(request("eth_subscribe", "newHeads"))["result"]
    logs = socket.ask(request("eth_subscribe", "logs", {"address": load.address}))["result"]
    arrivals = socket.ask(request("eth_subscribe", "newPendingTransactions"))["result"]
    digests = [ledger.send_raw(raw) for raw in [*load.deployment(), *load.anchors(2)]]
    receipts = [ledger.wait_receipt(digest, timeout=20) for digest in digests]
    expected = [log for receipt in receipts for log in receipt.logs]
    found = socket.notified(logs, len(expected))
    assert [int(log["blockNumber"], 16) for log in found] == [log.block_number for log in expected]
    assert socket.notified(arrivals, 4)[:4] == digests
    numbers = [int(head["number"], 16) for head in socket.notified(heads, 1)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert socket.ask(request("eth_unsubscribe", logs))["result"] is True
    assert socket.ask(request("eth_unsubscribe", logs))["result"] is False
    assert "error" in socket.ask(request("eth_subscribe", "nothing"))
    # hostile input over the same connection
    for body in ("{", "[" * 100_000, "[]", b"\xff", json.dumps([request("eth_chainId")] * 1001)):
        assert "error" in socket.ask(body)
    assert len(socket.ask([request("eth_chainId"), request("eth_subscribe", "newHeads")])) == 2
    socket.connection.close()
    assert "error" in post(served.url, request("eth_subscribe", "newHeads")), "only where answers can follow"


def test_foreign_pages_hosts_and_tokens_get_no_websocket(served: ChainProcess) -> None:
    for options in (
        {"origin": "http://evil.example"}, {"additional_headers": {"Authorization": "Bearer wrong"}},
    ):
        with pytest.raises((InvalidStatus, ConnectionClosed)):
            Socket(served.url, **options).connection.recv(timeout=5)
    assert httpx2.post(
        served.url, content=b"{}", headers={"content-type": "application/json", "authorization": "Bearer wrong"},
    ).status_code == 401
    socket = Socket(served.url)
    with pytest.raises(ConnectionClosed):
        socket.connection.send("[" + " " * dispatch.MAX_BODY_BYTES + "]")
        socket.connection.recv(timeout=20)
    assert post(served.url, request("eth_chainId"))["result"]


def test_the_answers_of_a_batch_are_bounded(shared_provider: NodeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "MAX_BATCH_RESPONSE_BYTES", 5_000)
    body = json.dumps([request("eth_getBlockByNumber", "latest", number=number) for number in range(100)]).encode()
    answers = json.loads(dispatch.handle(shared_provider.service, body))
    assert [answer["id"] for answer in answers] == list(range(100))
    kinds = [answer.get("error", {}).get("code") for answer in answers]
    assert kinds[0] is None and kinds[-1] == -32003 and kinds == sorted(kinds, key=lambda kind: kind is not None)
