"""Besu's answers: the adapter reads what the documentation shows, and the fake says the same things."""

import json
from pathlib import Path
from typing import Any

import pytest
from web3.providers.base import BaseProvider

from chain.ledger import accounts
from chain.ledger.engines import fixtures
from chain.ledger.engines.detect import engine_of
from chain.ledger.engines.qbft import QbftEngine
from chain.ledger.web3_ledger import Web3Ledger
from kernel.errors import MulianError
from tests.chain.engines.besu import FakeBesu

FOLDER = Path(__file__).parent / "fixtures" / "besu"
DOCUMENTS = {path.stem: json.loads(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))}


class Replay(BaseProvider):
    """Answers with what the files say; a name in ``errors`` answers its method with that error."""

    def __init__(self, *errors: str) -> None:
        super().__init__()
        self.answers = {document["method"]: document for name, document in DOCUMENTS.items() if "result" in document}
        self.answers |= {DOCUMENTS[name]["method"]: DOCUMENTS[name] for name in errors}
        self.asked: list[tuple[str, Any]] = []

    def make_request(self, method: Any, params: Any) -> Any:
        self.asked.append((method, params))
        if method == "eth_blockNumber":
            return {"result": "0x64"}
        document = self.answers[method]
        return {"error": document["error"]} if "error" in document else {"result": document["result"]}


def replayed(*errors: str) -> tuple[QbftEngine, Replay]:
    provider = Replay(*errors)
    return QbftEngine(Web3Ledger("replay", provider), frozenset({"admin", "perm", "qbft", "txpool"})), provider


def test_every_file_says_where_it_is_from() -> None:
    assert len(DOCUMENTS) >= 18
    for name, document in DOCUMENTS.items():
        assert document["origin"] in ("transcribed", "recorded") and len(document["source"]) > 20, name
        assert ("result" in document) is not ("error" in document), name


def test_the_documented_answers_are_read() -> None:
    engine, provider = replayed()
    assert "0xef1bfb6a12794615c9b0b5a21e6741f01e570185" in engine.validators() and len(engine.validators()) == 3
    assert provider.asked[1] == ("qbft_getValidatorsByBlockNumber", ["0x64"])
    assert set(engine.proposals().values()) == {True} and len(engine.proposals()) == 2
    newest = {item.address: (item.sealed, item.last_block) for item in engine.activity()}
    assert newest["0x42eb768f2244c8811c63729a21a3569731535f06"] == (33, 99)
    assert {enode.rsplit(":", 1)[1] for enode in engine.node_list()} == {"30305", "30304"}
    assert engine.account_list() == {
        "0x0000000000000000000000000000000000000009", "0xb9b81ee349c3807e46bc71aa2632203c5b462033",
    }
    engine.propose("0x42d4287eac8078828cf5f3486cfe601a275a49a5", add=True)
    engine.discard("0xef1bfb6a12794615c9b0b5a21e6741f01e570185")
    engine.change_accounts(["0x" + "b9" * 20], ["0x" + "ba" * 20])
    assert [method for method, _ in provider.asked[-2:]] == [
        "perm_addAccountsToAllowlist", "perm_removeAccountsFromAllowlist",
    ]


@pytest.mark.parametrize(("name", "code"), [
    ("error_sender_not_authorized", -32007), ("error_nonce_too_low", -32001), ("error_method_not_enabled", -32604),
    ("error_existing_account", -32000), ("error_absent_node", -32000),
])
def test_documented_errors_keep_their_code(name: str, code: int) -> None:
    _, provider = replayed(name)
    with pytest.raises(MulianError) as caught:
        Web3Ledger("replay", provider).request(DOCUMENTS[name]["method"], *DOCUMENTS[name]["params"])
    assert (caught.value.code, caught.value.params["rpc_code"]) == ("chain.ledger.refused", code)


def test_a_revert_in_words_is_a_revert() -> None:
    _, provider = replayed("error_reverted")
    with pytest.raises(MulianError) as caught:
        Web3Ledger("replay", provider).call("0x" + "11" * 20, b"")
    assert caught.value.code == "chain.ledger.reverted"


def test_a_known_transaction_is_no_error() -> None:
    _, provider = replayed("error_known_transaction")
    raw, digest = accounts.sign(accounts.new_signer(), chain_id=7, nonce=0, to="0x" + "11" * 20, data=b"")
    assert Web3Ledger("replay", provider).send_raw(raw) == digest


def test_a_node_that_is_still_indexing_is_waited_for() -> None:
    """geth 1.13 answers so for a hash that it does not know, until it has looked through its blocks once."""
    receipt = {
        "transactionHash": "0x77", "status": "0x1", "blockNumber": "0x1", "blockHash": "0x8", "transactionIndex": "0x0",
        "gasUsed": "0x5208", "logs": [],
    }
    answers: list[Any] = [
        {"error": {"code": -32000, "message": "transaction indexing is in progress"}}, {"result": None},
        {"result": receipt},
    ]

    class Busy(BaseProvider):
        def make_request(self, method: Any, params: Any) -> Any:
            return answers.pop(0)

    assert Web3Ledger("busy", Busy()).wait_receipt("0x77", timeout=5).succeeded and not answers
    answers.append({"error": {"code": -32000, "message": "something else"}})
    with pytest.raises(MulianError) as caught:
        Web3Ledger("busy", Busy()).wait_receipt("0x77", timeout=5)
    assert caught.value.code == "chain.ledger.refused"


def shape(value: Any) -> Any:
    """The kinds of values of an answer, whatever they are."""
    if isinstance(value, dict):
        fixed = {key: shape(item) for key, item in value.items() if not key.startswith("0x")}
        return {**fixed, **{"0x…": shape(item) for key, item in value.items() if key.startswith("0x")}}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_the_fake_answers_in_the_documented_forms(fake_besu: FakeBesu) -> None:
    node = fake_besu.nodes[3]
    ledger, stranger = node.ledger(), "0x" + "5e" * 20
    extra = "enode://" + "ab" * 64 + "@127.0.0.1:30999"
    given: dict[str, list[Any]] = {
        "qbft_getValidatorsByBlockNumber": ["0x0"], "qbft_getSignerMetrics": ["0x0", "0x0"],
        "qbft_proposeValidatorVote": [stranger, True], "qbft_discardValidatorVote": [stranger],
        "perm_addAccountsToAllowlist": [[stranger]], "perm_removeAccountsFromAllowlist": [[stranger]],
        "perm_addNodesToAllowlist": [[extra]], "perm_removeNodesFromAllowlist": [[extra]],
    }
    order = sorted(
        (document for document in DOCUMENTS.values() if "result" in document),
        key=lambda document: ("remove" in document["method"], "discard" in document["method"], document["method"]),
    )
    ledger.request("perm_addAccountsToAllowlist", ["0x" + "66" * 20])
    ledger.request("qbft_proposeValidatorVote", "0x" + "67" * 20, True)
    for document in order:
        method = document["method"]
        assert shape(ledger.request(method, *given.get(method, []))) == shape(document["result"]), method
    ledger.request("qbft_discardValidatorVote", "0x" + "67" * 20)
    ledger.request("perm_removeAccountsFromAllowlist", ["0x" + "66" * 20])


def test_the_fake_refuses_with_the_documented_codes(fake_besu: FakeBesu) -> None:
    node = fake_besu.nodes[3]
    raw, _ = accounts.sign(
        accounts.new_signer(), chain_id=node.ledger().chain_id(), nonce=0, to="0x" + "11" * 20, data=b"", gas=21_000
    )
    wanted = {
        "error_sender_not_authorized": ["0x" + raw.hex()],
        "error_absent_node": [["enode://" + "ac" * 64 + "@127.0.0.1:30999"]],
    }
    for name, params in wanted.items():
        error = DOCUMENTS[name]["error"]
        with pytest.raises(MulianError) as caught:
            node.ledger().request(DOCUMENTS[name]["method"], *params)
        assert (caught.value.params["rpc_code"], caught.value.params["reason"]) == (error["code"], error["message"])


def test_a_node_without_permissions_has_no_lists(fake_besu: FakeBesu) -> None:
    node = fake_besu.nodes[2]
    node.modules = ("ETH", "NET", "QBFT", "WEB3")
    try:
        engine = engine_of(node.ledger())
        assert engine.capabilities.key == "qbft" and engine.capabilities.account_list == "none"
        assert not (engine.capabilities.peers or engine.capabilities.pool or engine.capabilities.node_api)
    finally:
        node.modules = ("ADMIN", "ETH", "NET", "PERM", "QBFT", "TXPOOL", "WEB3")


def test_recording_writes_what_a_live_node_says(fake_besu: FakeBesu, tmp_path: Path) -> None:
    done = fixtures.record(fake_besu.nodes[0].ledger(), tmp_path)
    assert "qbft_getSignerMetrics" in done and len(list(tmp_path.iterdir())) == len(done)
    written = json.loads((tmp_path / "qbft_getValidatorsByBlockNumber.json").read_bytes())
    assert written["origin"] == "recorded" and len(written["result"]) == 4
    refused = json.loads((tmp_path / "perm_getAccountsAllowlist.json").read_bytes())
    assert refused["error"]["message"] == "Account allowlist has not been enabled"
