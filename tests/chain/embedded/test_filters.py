"""Filters and the cursors behind subscriptions: each thing once, in portions, never more than the limits."""

import pytest

from bench._chain import AnchorLoad, Sender
from chain.ledger.embedded.provider import NodeProvider
from chain.ledger.embedded.rpc import dispatch, filters
from chain.ledger.embedded.rpc.errors import RpcError
from chain.ledger.embedded.rpc.subscriptions import MAX_SUBSCRIPTIONS, Session, subscribe, unsubscribe
from chain.ledger.web3_ledger import Web3Ledger
from kernel.errors import MulianError


def anchored(ledger: Web3Ledger, load: AnchorLoad, count: int) -> None:
    for raw in load.anchors(count):
        ledger.send_raw(raw)


def test_each_filter_hands_over_what_is_new_once(ledger: Web3Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    load = AnchorLoad(ledger.chain_id())
    for raw in load.deployment():
        ledger.send_raw(raw)
    logs = ledger.request("eth_newFilter", {"address": load.address, "toBlock": "latest"})
    until = ledger.request("eth_newFilter", {"address": load.address, "toBlock": hex(ledger.height() + 2)})
    other = ledger.request("eth_newFilter", {"address": "0x" + "11" * 20})
    blocks, pending = ledger.request("eth_newBlockFilter"), ledger.request("eth_newPendingTransactionFilter")
    names = (logs, blocks, pending)
    assert [ledger.request("eth_getFilterChanges", name) for name in names] == [[], [], []]
    first = ledger.height() + 1
    anchored(ledger, load, 3)
    found = ledger.request("eth_getFilterChanges", logs)
    assert [int(log["blockNumber"], 16) for log in found] == [first, first + 1, first + 2]
    assert found == ledger.request("eth_getLogs", {"address": load.address, "fromBlock": hex(first)})
    assert found == ledger.request("eth_getFilterLogs", ledger.request("eth_newFilter", {"fromBlock": hex(first)}))
    assert len(ledger.request("eth_getFilterChanges", until)) == 2
    hashes = ledger.request("eth_getFilterChanges", blocks)
    sealed = [ledger.block(number) for number in range(first, first + 3)]
    assert hashes == [block.hash for block in sealed if block is not None] and len(hashes) == 3
    transactions = ledger.request("eth_getFilterChanges", pending)
    assert transactions == [log["transactionHash"] for log in found]
    assert [ledger.request("eth_getFilterChanges", name) for name in (*names, other)] == [[], [], [], []]
    # what one look does not hold comes with the next, and a portion ends where a block ends
    monkeypatch.setattr(filters, "PORTION", 2)
    anchored(ledger, load, 3)
    assert [len(ledger.request("eth_getFilterChanges", logs)) for _ in range(3)] == [2, 1, 0]
    assert [len(ledger.request("eth_getFilterChanges", blocks)) for _ in range(3)] == [2, 1, 0]
    assert ledger.request("eth_uninstallFilter", logs) is True and ledger.request("eth_uninstallFilter", logs) is False
    with pytest.raises(MulianError, match="filter not found"):
        ledger.request("eth_getFilterChanges", logs)
    with pytest.raises(MulianError, match="filter not found"):
        ledger.request("eth_getFilterLogs", blocks)


def test_filters_are_few_and_are_forgotten(ledger: Web3Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "MAX_FILTERS", 3)
    names = [ledger.request("eth_newBlockFilter") for _ in range(3)]
    with pytest.raises(MulianError, match="at most 3"):
        ledger.request("eth_newBlockFilter")
    now = filters.time.monotonic() + filters.LIFETIME_SECONDS + 1
    monkeypatch.setattr(filters.time, "monotonic", lambda: now)
    with pytest.raises(MulianError, match="filter not found"):
        ledger.request("eth_getFilterChanges", names[0])
    assert ledger.request("eth_newBlockFilter"), "the others went with their time"


@pytest.mark.parametrize("criteria", [
    [], {"address": "0x12"}, {"topics": "0x"}, {"topics": [["0x12"]]}, {"topics": [None] * 5}, {"address": {}},
])
def test_malformed_criteria_are_refused_at_once(shared_provider: NodeProvider, criteria: object) -> None:
    answer = dispatch.perform(shared_provider.service, "eth_newFilter", [criteria])
    assert answer["error"]["code"] == -32602


def test_a_subscription_speaks_after_its_answer(provider: NodeProvider, ledger: Web3Ledger) -> None:
    service, session = provider.service, Session()
    heads = subscribe(session, service, "newHeads")
    sender = Sender(ledger.chain_id())
    ledger.send_raw(sender.send(None, b"\0"))
    assert session.take(service) == [], "the id was not answered yet"
    session.activate()
    notification, = session.take(service)
    assert notification["params"]["subscription"] == heads
    assert notification["params"]["result"]["hash"] == ledger.request("eth_getBlockByNumber", "0x1", False)["hash"]
    assert session.take(service) == []
    assert unsubscribe(session, service, heads) is True and unsubscribe(session, service, heads) is False
    for _ in range(MAX_SUBSCRIPTIONS):
        subscribe(session, service, "newPendingTransactions", True)
    with pytest.raises(RpcError, match="at most"):
        subscribe(session, service, "newHeads")
    for kind, option in (("syncing", None), (1, None), ("logs", []), ("newPendingTransactions", "yes")):
        with pytest.raises(RpcError):
            subscribe(Session(), service, kind, option)
