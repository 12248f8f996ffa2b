"""Nodes over HTTP, on an installation with the embedded chain: registering, looking, configuring, lists, rights."""

from collections.abc import Iterator
from typing import Any

import pytest

from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from chain.nodes import sampling
from kernel.runtime import Runtime

GONE = "http://127.0.0.1:9"


@pytest.fixture
def chain(runtime: Runtime) -> Iterator[Web3Ledger]:
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        use_ledger(runtime, Web3Ledger("in-process", provider))
        sampling.sample(runtime)
        yield Web3Ledger("in-process", provider)


def test_the_nodes_page(live_server: Any, runtime: Runtime, chain: Web3Ledger) -> None:
    operator = live_server.signed_in("operator")
    looked = operator.get("/chain/nodes/look", params={"url": GONE, "declared": ["127.0.0.1"]}).json()
    assert looked["state"] == "down" and looked["same_chain"] is None
    refused = operator.get("/chain/nodes/look", params={"url": GONE}).json()
    assert "127.0.0.1" in refused["reason"]

    made = operator.post("/chain/nodes", {
        "name": "某局节点", "url": GONE, "declared": ["127.0.0.1"], "signer": "0x" + "AB" * 20, "managed": True,
    })
    assert made.status_code == 201 and made.json()["signer"] == "0x" + "ab" * 20
    sampling.sample(runtime)
    page = operator.get("/chain/nodes").json()
    assert (page["engine"], len(page["validators"]), page["quorum"], page["safe"]) == ("embedded", 1, 1, 1)
    states = {row["name"]: (row["state"], row["state_title"]["zh"], row["own"]) for row in page["items"]}
    assert states[sampling.OWN_NAME][2] is True and states["某局节点"] == ("down", "不可达", False)
    node = next(row for row in page["items"] if row["name"] == "某局节点")

    path = f"/chain/nodes/{node['id']}"
    assert operator.send("PATCH", path, json={"contact": "张"}).status_code == 428
    changed = operator.send("PATCH", path, json={"contact": "张"}, headers={"If-Match": f'"{node["version"]}"'})
    assert changed.json()["contact"] == "张" and changed.headers["etag"] == f'"{node["version"] + 1}"'
    assert operator.send("PATCH", path, json={"contact": "李"}, headers={"If-Match": '"1"'}).status_code == 412
    assert len(operator.get(f"{path}/samples").json()["items"]) == 1
    assert operator.get(f"{path}/hours").json()["items"][0]["states"] == {"down": 1}
    assert operator.get("/chain/nodes/departments").json()["items"][0]["worst"] == "down"
    vote = operator.post(f"{path}/votes", {"add": True, "reason": "扩容"})
    assert vote.status_code == 409 and vote.json()["code"] == "chain.vote.not_ready"
    assert operator.get("/chain/nodes/votes").json()["total"] == 0


def test_accounts_and_rights(live_server: Any, chain: Web3Ledger) -> None:
    operator, reader = live_server.signed_in("operator"), live_server.signed_in("department_admin")
    made = operator.post("/chain/nodes/accounts", {"address": "0x" + "CD" * 20, "note": "存证账户"})
    assert made.status_code == 201 and made.json()["address"] == "0x" + "cd" * 20
    again = operator.post("/chain/nodes/accounts", {"address": "0x" + "cd" * 20, "note": "再次"})
    assert again.json()["code"] == "chain.account.listed"
    found = reader.get("/chain/nodes/accounts").json()
    assert len(found["items"]) == 1 and found["enforced"] == "block"
    assert reader.post("/chain/nodes", {"name": "x", "url": GONE}).status_code == 403
    assert reader.send("DELETE", f"/chain/nodes/accounts/{made.json()['id']}").status_code == 403
    assert operator.send("DELETE", f"/chain/nodes/accounts/{made.json()['id']}").status_code == 204
    assert operator.get("/chain/nodes/accounts").json()["items"] == []
