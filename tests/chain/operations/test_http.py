"""Accounts, operations and registries over HTTP, as the console asks for them."""

from typing import Any

from chain.contracts import accounts
from chain.ledger import accounts as keys
from chain.operations import rules
from tests.chain.operations.quick import Quick


def test_the_console_proposes_imports_and_switches(live_server: Any, quick: Quick) -> None:
    operator, reader = live_server.signed_in("operator"), live_server.signed_in("auditor")
    call = {"contract": "CatalogRegistry", "method": "grantRole", "arguments": ["0x" + "07" * 32, "0x" + "11" * 20]}
    made = operator.post("/chain/operations", {
        "environment": "production", "title": "授予角色", "calls": [call], "days": 14,
    })
    assert made.status_code == 201, made.text
    path = f"/chain/operations/{made.json()['id']}"
    document = reader.get(f"{path}/document").json()
    numbers = [document["typed_data"]["message"]["salt"], document["typed_data"]["domain"]["chainId"]]
    assert max(numbers) < 2**53, "a browser reads and writes them unchanged"
    stranger = rules.signed(document, keys.new_signer())
    assert operator.post(f"{path}/signatures", {"signatures": [stranger]}).json()["code"] == "chain.operation.signature"
    given = [
        rules.signed(document, quick.persons[0]),
        {"signature": rules.signed(document, quick.persons[2])["signature"]},
    ]
    signed = operator.post(f"{path}/signatures", {"signatures": given})
    assert (signed.status_code, signed.json()["state"], len(signed.json()["signatures"])) == (200, "executing", 2)
    assert reader.get("/chain/operations").json()["items"][0]["state_title"]["zh"] == "执行中"

    listed = reader.get("/chain/registries").json()["items"]
    assert [one["contract"] for one in listed if one["address"]] == ["CatalogRegistry"]
    on = operator.post("/chain/registries/CatalogRegistry/switch", {"on": True}).json()["items"]
    assert [one["contract"] for one in on if one["enabled"]] == ["CatalogRegistry"]
    assert operator.post("/chain/registries/CatalogRegistry/roles").json()["code"] == "chain.registry.complete"
    assert reader.get("/chain/registries/records").json()["total"] == 0

    accounts.signer(quick.runtime, "deployer")
    asked = operator.post("/chain/accounts/rotations", {"purpose": "deployer", "reason": "每年更换"})
    assert (asked.status_code, asked.json()["state"]) == (202, "proposed")
    shown = reader.get("/chain/accounts")
    assert shown.json()["items"][0]["rotation"]["new_address"] == asked.json()["new_address"]
    assert "key" not in shown.json()["items"][0] and "new_key" not in shown.text
    assert reader.get("/chain/accounts/rights", params={"purpose": "deployer"}).json()["items"] == []
    assert operator.post(f"/chain/accounts/rotations/{asked.json()['id']}/undo").status_code == 409
