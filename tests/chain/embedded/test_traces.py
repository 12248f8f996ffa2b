"""Call traces and access lists against what the byte code does."""

from typing import Any

import pytest

from bench._chain import AnchorLoad, Sender
from chain.ledger import accounts
from chain.ledger.embedded import tracing
from chain.ledger.web3_ledger import Web3Ledger
from kernel.errors import MulianError

TRACER = {"tracer": "callTracer"}
# init code that returns what follows it
DEPLOY = bytes.fromhex("600d380380600d6000396000f3")
REVERT = DEPLOY + bytes.fromhex("60006000fd")
RETURN = DEPLOY + bytes.fromhex("602a60005260206000f3")


def caller(target: str) -> bytes:
    """Calls ``target`` by every call opcode, then creates an empty contract."""
    push = bytes.fromhex("73" + target[2:])
    zeros = {4: bytes.fromhex("60006000600060006000"), 3: bytes.fromhex("6000600060006000")}
    code = zeros[4] + push + bytes.fromhex("5af150")  # CALL
    code += zeros[4] + push + bytes.fromhex("5af250")  # CALLCODE
    code += zeros[3] + push + bytes.fromhex("5af450")  # DELEGATECALL
    code += zeros[3] + push + bytes.fromhex("5afa50")  # STATICCALL
    code += bytes.fromhex("600060006000f050")  # CREATE
    return DEPLOY + code + bytes.fromhex("6001600055" "00")


def deploy(ledger: Web3Ledger, sender: Sender, code: bytes) -> str:
    receipt = ledger.wait_receipt(ledger.send_raw(sender.send(None, code)))
    assert receipt.succeeded
    return str(receipt.contract_address)


def call(ledger: Web3Ledger, sender: Sender, to: str) -> str:
    return ledger.wait_receipt(ledger.send_raw(sender.send(to, b"\1\2"))).tx_hash


def test_a_trace_is_the_tree_of_calls(ledger: Web3Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender(ledger.chain_id())
    reverting, returning = deploy(ledger, sender, REVERT), deploy(ledger, sender, RETURN)
    for target, failed in ((returning, False), (reverting, True)):
        contract = deploy(ledger, sender, caller(target))
        digest = call(ledger, sender, contract)
        root = ledger.request("debug_traceTransaction", digest, TRACER)
        receipt = ledger.request("eth_getTransactionReceipt", digest)
        assert (root["type"], root["to"].lower(), root["input"]) == ("CALL", contract, "0x0102")
        assert root["gasUsed"] == receipt["gasUsed"] and root["from"].lower() == sender.signer.address.lower()
        children: list[dict[str, Any]] = root["calls"]
        kinds = ["CALL", "CALLCODE", "DELEGATECALL", "STATICCALL", "CREATE"]
        assert [child["type"] for child in children] == kinds
        for child in children[:4]:
            assert child["from"].lower() == contract and child["to"].lower() == target
            assert child.get("error") == ("execution reverted" if failed else None)
            assert failed or int(child["output"], 16) == 42
        assert "value" not in children[3] and children[0]["value"] == "0x0"
        # the contract's nonce is 1 when it creates its first one
        assert children[4]["to"].lower() == accounts.created_address(contract, 1)
        block = ledger.request("debug_traceBlockByNumber", hex(ledger.height()), TRACER)
        assert block == [{"txHash": digest, "result": root}]
        latest = ledger.request("eth_getBlockByNumber", "latest", False)["hash"]
        assert ledger.request("debug_traceBlockByHash", latest, TRACER) == block
    request = {"to": contract, "data": "0x0102", "from": sender.signer.address}
    called = ledger.request("debug_traceCall", request, "latest", TRACER)
    assert [child["type"] for child in called["calls"]] == kinds
    top = TRACER | {"tracerConfig": {"onlyTopCall": True}}
    assert "calls" not in ledger.request("debug_traceTransaction", digest, top)
    for options in ({}, {"tracer": "prestateTracer"}, TRACER | {"tracerConfig": {"withLog": True}}, []):
        with pytest.raises(MulianError):
            ledger.request("debug_traceTransaction", digest, options)
    with pytest.raises(MulianError, match="transaction not found"):
        ledger.request("debug_traceTransaction", "0x" + "00" * 32, TRACER)
    with pytest.raises(MulianError, match="genesis"):
        ledger.request("debug_traceBlockByNumber", "0x0", TRACER)
    monkeypatch.setattr(tracing, "MAX_FRAMES", 3)
    with pytest.raises(MulianError, match="more than 3 calls"):
        ledger.request("debug_traceTransaction", digest, TRACER)


def test_a_trace_sees_the_state_before_its_transaction(ledger: Web3Ledger) -> None:
    """The anchors of one stream depend on each other: traced out of their place they would revert."""
    load = AnchorLoad(ledger.chain_id())
    for raw in [*load.deployment(), *load.anchors(3)]:
        ledger.send_raw(raw)
    for number in range(1, ledger.height() + 1):
        for item in ledger.request("debug_traceBlockByNumber", hex(number), TRACER):
            receipt = ledger.request("eth_getTransactionReceipt", item["txHash"])
            assert "error" not in item["result"] and item["result"]["gasUsed"] == receipt["gasUsed"]


def test_an_access_list_names_what_is_touched_and_is_taken_by_a_call(ledger: Web3Ledger) -> None:
    sender = Sender(ledger.chain_id())
    returning = deploy(ledger, sender, RETURN)
    contract = deploy(ledger, sender, caller(returning))
    request = {"to": contract, "from": sender.signer.address}
    found = ledger.request("eth_createAccessList", request)
    listed = {item["address"].lower(): item["storageKeys"] for item in found["accessList"]}
    assert listed[contract] == ["0x" + "00" * 32] and listed[returning] == []
    assert sender.signer.address.lower() not in listed and "error" not in found
    plain = int(ledger.request("eth_estimateGas", request), 16)
    assert int(ledger.request("eth_estimateGas", request | {"accessList": found["accessList"]}), 16) != plain
    failing = ledger.request("eth_createAccessList", {"to": deploy(ledger, sender, REVERT)})
    assert failing["error"] == "execution reverted"


def test_a_whole_state_replaces_and_a_difference_adds(ledger: Web3Ledger) -> None:
    sender = Sender(ledger.chain_id())
    # stores 7 at slot 0 and 9 at slot 1 while it is made; returns slot 0 and slot 1
    code = bytes.fromhex("60005460005260015460205260406000f3")
    init = bytes.fromhex("6007600055" "6009600155") + bytes.fromhex(f"60{len(code):02x}80601560003960" "00f3")
    contract = deploy(ledger, sender, init + code)

    def slots(**override: Any) -> list[int]:
        output = ledger.request("eth_call", {"to": contract}, "latest", {contract: override})[2:]
        return [int(output[:64], 16), int(output[64:], 16)]

    two = {"0x1": "0x" + "00" * 31 + "02"}
    assert slots() == [7, 9] and slots(stateDiff=two) == [7, 2] and slots(state=two) == [0, 2] == [*slots(state=two)]
    assert slots(state={}) == [0, 0]
    for wrong in ({"state": {}, "stateDiff": {}}, {"movePrecompileToAddress": "0x"}, {"state": []}, {"nonce": 1}):
        with pytest.raises(MulianError):
            ledger.request("eth_call", {"to": contract}, "latest", {contract: wrong})
