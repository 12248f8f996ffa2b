"""The explorer over HTTP on a real chain, node samples, facts, and a foreign engine."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bench._chain import AnchorLoad, Sender
from chain import facts
from chain.explorer import service as explorer
from chain.indexer import follow
from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from chain.nodes import sampling
from kernel import clock
from kernel.runtime import Runtime


@pytest.fixture
def busy(runtime: Runtime) -> Iterator[Web3Ledger]:
    """A rehearsal chain with 5 anchor transactions and one that failed."""
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        ledger = Web3Ledger("in-process", provider)
        use_ledger(runtime, ledger)
        load = AnchorLoad(ledger.chain_id())
        for raw in [*load.deployment(), *load.anchors(3)]:
            ledger.send_raw(raw)
        ledger.send_raw(Sender(ledger.chain_id()).send(load.address, b"\1\2\3\4", gas=100_000))
        yield ledger


@pytest.mark.requirement("S4-18", "S4-17")
def test_node_metrics_height_transactions_and_rates_over_http(live_server: Any, busy: Web3Ledger) -> None:
    signed = live_server.signed_in("operator")
    found = signed.get("/chain/overview").json()
    assert found["height"] == busy.height() == 6 and found["transactions"] == 6 and found["failed"] == 1
    assert found["tps_peak"] > 0 and found["tps_mean"] > 0 and found["block_interval"] > 0
    assert found["label_en"].startswith("operator-sealed") and "单方封块" in found["label_zh"]
    assert (found["pending"], found["failure"]) == (0, None)
    points = signed.get("/chain/metrics", params={"seconds": 1}).json()["items"]
    assert sum(point["transactions"] for point in points) <= 6
    assert signed.get("/chain/metrics", params={"start": "2026-01-01T00:00:00"}).status_code == 422
    wide = signed.get("/chain/metrics", params={"start": "2020-01-01T00:00:00Z", "seconds": 1})
    assert wide.status_code == 422 and wide.json()["code"] == "chain.metrics.range"


def test_blocks_and_transactions_over_http(live_server: Any, busy: Web3Ledger) -> None:
    signed = live_server.signed_in("supervisor")
    first = signed.get("/chain/blocks", params={"size": 4}).json()
    assert [item["number"] for item in first["items"]] == [6, 5, 4, 3] and first["total"] == 7
    rest = signed.get("/chain/blocks", params={"size": 4, "before": first["next_before"]}).json()
    assert [item["number"] for item in rest["items"]] == [2, 1, 0] and rest["next_before"] is None
    block = signed.get("/chain/blocks/6").json()
    assert block["transactions"] == 1 and block["hash"] == busy.block(6).hash
    failed = signed.get(f"/chain/transactions/{block['tx_hashes'][0]}").json()
    assert failed["status"] == "failed" and failed["block_number"] == 6 and failed["input_bytes"] == 4
    created = signed.get(f"/chain/transactions/{busy.block(1).tx_hashes[0]}").json()
    assert created["status"] == "success" and created["contract_address"]
    assert signed.get("/chain/blocks/7").json()["code"] == "chain.block.not_found"
    assert signed.get("/chain/transactions/0x" + "ab" * 32).json()["code"] == "chain.transaction.not_found"
    assert signed.get("/chain/transactions/zz").status_code == 422


def test_who_may_look(live_server: Any, busy: Web3Ledger) -> None:
    assert live_server.client().get("/api/v1/chain/overview").status_code == 401
    outsider = live_server.signed_in("consumer_contact")
    for path in ("/chain/overview", "/chain/blocks", "/chain/nodes", "/chain/contracts"):
        assert outsider.get(path).status_code == 403
    leader = live_server.signed_in("leader")
    assert leader.get("/chain/overview").status_code == 200 and leader.get("/chain/nodes").status_code == 403


def own_state(runtime: Runtime) -> str:
    """Look at every node and return the state of the platform's own."""
    return next(iter(sampling.sample(runtime).values())).state


def test_an_unreachable_node_is_said_so(live_server: Any, runtime: Runtime) -> None:
    use_ledger(runtime, Web3Ledger("http://127.0.0.1:9"))
    answer = live_server.signed_in("operator").get("/chain/overview")
    assert answer.status_code == 503 and answer.json()["code"] == "chain.ledger.unreachable"
    assert own_state(runtime) == "down"


def test_samples_become_history(live_server: Any, runtime: Runtime, busy: Web3Ledger) -> None:
    assert own_state(runtime) in {"ok", "idle"}
    own_state(runtime)
    signed = live_server.signed_in("operator")
    listed = signed.get("/chain/nodes").json()
    assert listed["total"] == 1 and listed["items"][0]["latest"]["height"] == 6
    history = signed.get(f"/chain/nodes/{listed['items'][0]['id']}/samples").json()["items"]
    assert len(history) == 2 and history[0]["at"] < history[1]["at"] and history[0]["latency"] > 0
    unknown = signed.get("/chain/nodes/00000000-0000-0000-0000-000000000000/samples")
    assert unknown.json()["code"] == "chain.node.not_found"


def test_contracts_are_listed(live_server: Any, runtime: Runtime, busy: Web3Ledger) -> None:
    from chain.contracts.service import ensure_deployed

    deployed = ensure_deployed(runtime)
    listed = live_server.signed_in("auditor").get("/chain/contracts").json()
    assert {item["name"]: item["address"] for item in listed["items"]} == deployed
    assert {item["state"] for item in listed["items"]} == {"live"}


def test_facts_of_a_period_are_whole_numbers(runtime: Runtime, busy: Web3Ledger) -> None:
    start, end = clock.now() - timedelta(days=20), clock.now() + timedelta(hours=1)
    with runtime.database.read() as session:
        found = facts.chain_run(session, start, end)
        nothing = facts.chain_run(session, start - timedelta(days=90), start)
    assert (found.first_block, found.last_block, found.blocks) == (1, 6, 6)
    assert (found.transactions, found.failed, found.last_block_hash) == (6, 1, busy.block(6).hash)
    assert found.peak_tps_milli > 0 and found.peak_minute is not None
    assert nothing.last_block_hash is None and nothing.transactions == 0


def test_an_engine_without_our_index_is_read_by_its_blocks(runtime: Runtime, busy: Web3Ledger) -> None:
    class Foreign(Web3Ledger):
        def client_version(self) -> str:
            return "Geth/v1.13.15"

        def request(self, method: str, *params: Any) -> Any:
            assert not method.startswith("mulian_")
            return super().request(method, *params)

    foreign = Foreign("in-process", busy._provider)
    with runtime.database.read() as session:
        found = explorer.overview(session, foreign)
    assert found.height == 6 and found.rates.transactions == 6 and found.transactions is None
    assert found.label_en == "multi-node network" and found.pending == 0
    follow.follow(runtime)
    with runtime.database.read() as session:
        known = explorer.overview(session, foreign)
    # what only an index knows: every transaction there ever was, and failures
    assert known.transactions == 6 and known.rates.failed == 1 and found.rates.failed == 0
