"""JSON-RPC: web3.py against the HTTP server, hostile input, limits, what is promised to an address."""

import json
import socket
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractCustomError
from web3.middleware import ExtraDataToPOAMiddleware

from bench._chain import STREAM, AnchorLoad, Sender
from chain.ledger.embedded import params, readers
from chain.ledger.embedded.provider import NodeProvider
from chain.ledger.embedded.readers import ReaderPool
from chain.ledger.embedded.rpc import dispatch, logs
from chain.ledger.embedded.rpc.errors import RpcError
from chain.ledger.embedded.rpc.table import METHODS
from chain.ledger.web3_ledger import Web3Ledger
from contracts_sc.artifacts import artifact
from kernel.errors import MulianError
from tests.chain.embedded.process import ChainProcess
from tests.support import loopback

LOOP = bytes.fromhex("5b600056")
DEPLOY = bytes.fromhex("600d380380600d6000396000f3")


def post(url: str, body: bytes, **headers: str) -> httpx2.Response:
    return loopback.post(url, content=body, headers={"content-type": "application/json", **headers})


def rpc(url: str, method: str, *parameters: Any) -> Any:
    return post(url, json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": parameters}).encode()).json()


def test_web3_py_deploys_calls_reads_and_sees_reverts_over_http(served: ChainProcess) -> None:
    web3 = Web3(HTTPProvider(served.url))
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    account = Account.create()
    built = artifact("AnchorRegistry")

    def send(function: Any) -> Any:
        fields = function.build_transaction({
            "from": account.address, "nonce": web3.eth.get_transaction_count(account.address, "pending"),
        })
        digest = web3.eth.send_raw_transaction(account.sign_transaction(fields).raw_transaction)
        return web3.eth.wait_for_transaction_receipt(digest, timeout=20, poll_latency=0.05)

    receipt = send(web3.eth.contract(abi=list(built.abi), bytecode=built.creation).constructor(account.address))
    contract = web3.eth.contract(address=receipt["contractAddress"], abi=list(built.abi))
    assert bytes(web3.eth.get_code(contract.address)) == built.runtime
    send(contract.functions.grantRole(STREAM, account.address))
    receipt = send(contract.functions.anchor(STREAM, 1, b"\0" * 32, b"\7" * 32, 0, 12))
    assert receipt["status"] == 1 and receipt["effectiveGasPrice"] == 0
    assert contract.functions.headOf(STREAM).call()[:2] == [1, 12]
    event = contract.events.Anchored().get_logs(from_block=0)[0]["args"]
    assert (event["seq"], event["root"]) == (1, b"\7" * 32)
    with pytest.raises(ContractCustomError) as caught:
        contract.functions.anchor(STREAM, 1, b"\0" * 32, b"\7" * 32, 0, 12).call({"from": account.address})
    assert str(caught.value.data).startswith("0x")
    block = web3.eth.get_block("latest", full_transactions=True)
    assert block["transactions"][0]["hash"] == receipt["transactionHash"] and block["baseFeePerGas"] == 0
    proof = web3.eth.get_proof(contract.address, [1])
    assert proof["nonce"] == 1 and proof["accountProof"] and len(proof["storageProof"]) == 1
    assert web3.eth.gas_price == 0 and web3.eth.max_priority_fee == 0
    assert web3.eth.fee_history(2, "latest")["baseFeePerGas"] == [0, 0, 0]
    header = served.ledger().header_rlp(receipt["blockNumber"])
    assert "0x" + header.hex() == rpc(served.url, "debug_getRawHeader", hex(receipt["blockNumber"]))["result"]
    assert len(served.ledger().receipts_raw(receipt["blockNumber"])) == len(block["transactions"])


CORPUS = [
    b"", b"{", b"[]", b"[[]]", b"[1]", b"null", b"1", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"method": 1}', b"{}",
    b'{"jsonrpc": "2.0", "id": {}, "method": "eth_chainId"}', b'{"id": true, "method": "eth_chainId"}',
    b'{"id": 1, "method": "eth_chainId", "params": {"a": 1}}', b'{"id": 1, "method": "eth_chainId", "params": [1, 2]}',
    b'{"id": 1, "method": "__class__"}', b'{"id": 1, "method": "evm_snapshot"}',
    b'{"id": 1, "method": "personal_sign"}',
    b'{"id": 1, "method": "eth_sendRawTransaction", "params": ["0x"]}',
    b'{"id": 1, "method": "eth_sendRawTransaction", "params": ["0x02"]}',
    b'{"id": 1, "method": "eth_sendRawTransaction", "params": ["0xf8c0"]}',
    b'{"id": 1, "method": "eth_sendRawTransaction", "params": ["0x03' + b"c0" * 50 + b'"]}',
    b'{"id": 1, "method": "eth_getBlockByNumber", "params": ["latest", "yes"]}',
    b'{"id": 1, "method": "eth_getLogs", "params": [{"fromBlock": "0x5", "toBlock": "0x1"}]}',
    b'{"id": 1, "method": "eth_getLogs", "params": [{"topics": [[], [], [], [], []]}]}',
    b'{"id": 1, "method": "eth_getStorageAt", "params": ["0x00", "0x0", "latest"]}',
    b'{"id": 1, "method": "eth_call", "params": [{"to": "0x1", "data": "0xzz"}, "latest"]}',
    b'{"id": 1, "method": "eth_call", "params": [{"data": "0x", "gas": "0x1"}, "latest"]}',
    b'{"id": 1, "method": "eth_call", "params": [{}, "latest", {"0x12": {}}]}',
    b'{"id": 1, "method": "eth_feeHistory", "params": ["0xffffffff", "latest", 1]}',
    b'{"id": 1, "method": "eth_getBlockByNumber", "params": ["0x' + b"f" * 70 + b'", false]}',
    b'{"id": 1e400, "method": "eth_chainId"}', b'{"id": NaN, "method": "eth_chainId"}',
    b'{"id": 1, "method": "mulian_series", "params": ["0x0", "0xffffffffff", "0x1"]}',
    # deep nesting inside parameters, odd quantities, giant ranges and lists
    b'{"id": 1, "method": "eth_call", "params": [' + b'{"to":' * 50_000 + b"1" + b"}" * 50_000 + b"]}",
    b'{"id": 1, "method": "eth_newFilter", "params": [' + b"[" * 900 + b"]" * 900 + b"]}",
    b'{"id": 1, "method": "eth_getBlockByNumber", "params": ["0x01", false]}',
    b'{"id": 1, "method": "eth_getBlockByNumber", "params": ["0x", false]}',
    b'{"id": 1, "method": "eth_getBlockByNumber", "params": ["-0x1", false]}',
    b'{"id": 1, "method": "eth_getBlockByNumber", "params": [1e3, false]}',
    b'{"id": 1, "method": "eth_getBlockByNumber", "params": [123456789012345678901234567890, false]}',
    b'{"id": 1, "method": "eth_feeHistory", "params": [-1e300, "latest", []]}',
    b'{"id": 1, "method": "eth_getLogs", "params": [{"fromBlock": "0x0", "toBlock": "0x' + b"f" * 60 + b'"}]}',
    b'{"id": 1, "method": "eth_getLogs", "params": [{"fromBlock": "0x8000000000000000", "toBlock": "latest"}]}',
    b'{"id": 1, "method": "eth_getLogs", "params": [{"address": [' + b'"0x' + b"11" * 20 + b'",' * 300
    + b'"0x' + b"11" * 20 + b'"]}]}',
    b'{"id": 1, "method": "eth_getProof", "params": ["0x' + b"11" * 20 + b'", [' + b'"0x1",' * 300 + b'"0x1"]]}',
    b'{"id": 1, "method": "eth_call", "params": [{}, "latest", {"0x' + b"11" * 20 + b'": {"nonce": "0x' + b"f" * 64
    + b'"}}]}',
    b'{"id": 1, "method": "eth_call", "params": [{"value": "0x' + b"f" * 64 + b'"}]}',
    b'{"id": 1, "method": "eth_createAccessList", "params": [{"accessList": [{"address": 1}]}]}',
    b'{"id": 1, "method": "debug_traceTransaction", "params": ["0x' + b"00" * 32 + b'", {"tracer": "x"}]}',
    b'{"id": 1, "method": "eth_getFilterChanges", "params": ["0x1"]}',
    b'{"id": 1, "method": "eth_subscribe", "params": ["newHeads"]}',
]


@pytest.mark.parametrize("body", CORPUS, ids=range(len(CORPUS)))
def test_malformed_requests_get_an_error_and_the_server_lives(served: ChainProcess, body: bytes) -> None:
    answer = post(served.url, body)
    assert answer.status_code == 200
    document = answer.json()
    for item in document if isinstance(document, list) else [document]:
        assert item["error"]["code"] != -32603, item
    assert rpc(served.url, "eth_chainId")["result"].startswith("0x")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20)
    | st.sampled_from(["0x", "0x0", "latest", "0x" + "11" * 20, "0x" + "22" * 32]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["to", "from", "data", "gas", "value", "topics", "address", "blockHash", "fromBlock"]), inner,
        max_size=4,
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.sampled_from(sorted(METHODS)), st.lists(_JSON, max_size=4)), min_size=1, max_size=20))
def test_no_parameters_make_an_internal_error(
    shared_provider: NodeProvider, calls: list[tuple[str, list[Any]]]
) -> None:
    body = json.dumps([
        {"jsonrpc": "2.0", "id": index, "method": method, "params": parameters}
        for index, (method, parameters) in enumerate(calls)
    ]).encode()
    answers = json.loads(dispatch.handle(shared_provider.service, body))
    assert [answer["id"] for answer in answers] == list(range(len(calls)))
    for answer, call in zip(answers, calls, strict=True):
        assert answer.get("error", {}).get("code") != -32603, (call, answer)


def test_what_lies_beyond_the_head_is_null_and_history_is_bounded(served: ChainProcess) -> None:
    assert rpc(served.url, "eth_getBlockByNumber", "0x" + "f" * 60, False)["result"] is None
    assert rpc(served.url, "eth_getTransactionByHash", "0x" + "ab" * 32)["result"] is None
    assert rpc(served.url, "eth_getTransactionReceipt", "0x" + "ab" * 32)["result"] is None
    found = rpc(served.url, "eth_feeHistory", "0xffffffff", "latest", [1, 2])["result"]
    assert set(found["baseFeePerGas"]) == {"0x0"} and found["oldestBlock"] == "0x0"


def test_batches_notifications_and_their_limit(served: ChainProcess) -> None:
    body = json.dumps([
        {"jsonrpc": "2.0", "id": "a", "method": "eth_chainId"}, {"jsonrpc": "2.0", "method": "eth_chainId"},
        {"jsonrpc": "2.0", "id": None, "method": "nope"},
    ]).encode()
    answers = post(served.url, body).json()
    assert [answer["id"] for answer in answers] == ["a", None]
    assert answers[1]["error"]["code"] == -32601
    assert post(served.url, b'{"jsonrpc": "2.0", "method": "eth_chainId"}').status_code == 204
    many = json.dumps([{"id": 1, "method": "eth_chainId"}] * (dispatch.MAX_BATCH + 1)).encode()
    assert post(served.url, many).json()["error"]["code"] == -32005
    assert post(served.url, b" " * (dispatch.MAX_BODY_BYTES + 1)).status_code == 413


def test_only_known_hosts_and_json_are_answered(served: ChainProcess) -> None:
    body = b'{"id": 1, "method": "eth_chainId"}'
    assert post(served.url, body, host="rebound.example:8545").status_code == 403
    assert post(served.url, body, host="localhost:1").status_code == 200
    assert post(served.url, body, **{"content-type": "text/plain"}).status_code == 415
    assert loopback.get(served.url + "/healthz").json()["failure"] is None
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"\x16\x03\x01 not http\r\n\r\n")
        raw.recv(100)
    assert rpc(served.url, "eth_chainId")["result"]


def test_admission_says_why(ledger: Web3Ledger) -> None:
    chain_id = ledger.chain_id()
    sender, foreign = Sender(chain_id), Sender(chain_id + 1)

    def refusal(raw: bytes) -> str:
        with pytest.raises(MulianError) as caught:
            ledger.send_raw(raw)
        return str(caught.value)

    assert "cap" in refusal(sender.send(None, b"", gas=params.TRANSACTION_GAS_CAP + 1))
    assert "chain id" in refusal(foreign.send(None, b""))
    sender.nonce = 0
    assert "intrinsic gas" in refusal(sender.send(None, b"\1" * 100, gas=21_000))
    sender.nonce = 0
    assert "oversized" in refusal(sender.send(None, b"\1" * params.TRANSACTION_MAX_BYTES))
    sender.nonce = 0
    first = sender.send(None, b"\0")
    ledger.send_raw(first)
    ledger.send_raw(first)  # handing it over again is no error
    sender.nonce = 0
    assert "nonce too low" in refusal(sender.send(None, b"\1"))
    sender.nonce = 1
    cut = sender.send(None, b"\0" * 20)
    assert "rlp" in refusal(cut[:-1]) and "rlp" in refusal(cut + b"\0")
    # before EIP-155 a signature named no chain and could be replayed from any other
    account = Account.create()
    legacy = account.sign_transaction({"nonce": 0, "gasPrice": 0, "gas": 60_000, "to": b"", "value": 0, "data": b""})
    assert "chain id" in refusal(bytes(legacy.raw_transaction))
    with_value = account.sign_transaction({
        "nonce": 0, "gasPrice": 0, "gas": 60_000, "to": account.address, "value": 1, "data": b"", "chainId": chain_id,
    })
    assert "insufficient funds" in refusal(bytes(with_value.raw_transaction))


def test_the_pending_nonce_counts_what_waits(provider: NodeProvider) -> None:
    node, service = provider.service.node, provider.service
    sender = Sender(node.engine.chain_id)
    first, second, third = (sender.send(None, b"\0") for _ in range(3))
    node.submit(third)
    answer = dispatch.perform(service, "eth_getTransactionCount", [sender.signer.address, "pending"])
    assert answer["result"] == "0x0", "a gap is not counted over"
    assert dispatch.perform(service, "txpool_status", [])["result"] == {"pending": "0x0", "queued": "0x1"}
    node.submit(second)
    node.submit(first)
    node.flush()
    ledger = Web3Ledger("in-process", provider)
    assert ledger.nonce(sender.signer.address) == 3 == ledger.nonce(sender.signer.address, pending=True)


def test_what_is_sealed_between_two_looks_is_found(
    provider: NodeProvider, ledger: Web3Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chain is read before the pool; a block in between takes the transaction out of the pool."""
    digest = ledger.send_raw(AnchorLoad(ledger.chain_id()).deployment()[0])
    locate, looks = provider.service.view.locate, []

    def early(transaction_hash: bytes) -> tuple[int, int]:
        looks.append(transaction_hash)
        if len(looks) == 1:
            raise KeyError(transaction_hash)
        return locate(transaction_hash)

    monkeypatch.setattr(provider.service.view, "locate", early)
    found = ledger.transaction(digest)
    assert found is not None and len(looks) == 2


def test_logs_by_every_filter_and_their_limits(
    provider: NodeProvider, ledger: Web3Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = AnchorLoad(ledger.chain_id())
    for raw in [*load.deployment(), *load.anchors(3)]:
        ledger.send_raw(raw)
    head = ledger.height()
    everything = ledger.logs(0, head)
    anchored = [log for log in everything if len(log.topics) == 4 and log.topics[1] == STREAM and len(log.data) == 128]
    assert len(anchored) == 3
    assert ledger.logs(0, head, topics=(None, STREAM, (2).to_bytes(32, "big"))) == anchored[1:2]
    assert ledger.logs(0, head, address=load.address) == everything
    assert ledger.logs(0, head, address="0x" + "11" * 20) == []
    by_hash = ledger.request("eth_getLogs", {"blockHash": ledger.block(head).hash})
    assert len(by_hash) == 1
    monkeypatch.setattr(logs, "MAX_RESULTS", 2)
    with pytest.raises(MulianError, match="more than 2"):
        ledger.logs(0, head)


def test_a_call_that_never_ends_is_ended(provider: NodeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender(provider.service.node.engine.chain_id)
    ledger = Web3Ledger("in-process", provider)
    ledger.send_raw(sender.send(None, DEPLOY + LOOP))
    view = provider.service.view
    created = ledger.request("eth_getBlockReceipts", "latest")[0]["contractAddress"]
    monkeypatch.setattr(readers, "DEADLINE_SECONDS", 0.3)
    pool = ReaderPool(provider.service.node.home.chain_dir, size=1)
    try:
        started = time.monotonic()
        with pytest.raises(RpcError, match="aborted"):
            pool.execute("call", {"to": created}, view.head().block_number, None)
        assert time.monotonic() - started < 20
        monkeypatch.setattr(readers, "DEADLINE_SECONDS", 20.0)
        assert pool.execute("call", {"to": "0x" + "11" * 20}, 0, None) == "0x", "the next reader is ready"
        with pytest.raises(RpcError, match="out of gas"):
            pool.execute("call", {"to": created, "gas": hex(50_000)}, view.head().block_number, None)
        assert pool.execute("estimate", {"to": "0x" + "11" * 20}, 0, None) == hex(21_000)
    finally:
        pool.close()


def test_state_overrides_apply_to_the_call_alone(ledger: Web3Ledger) -> None:
    target = "0x" + "aa" * 20
    code = "0x" + bytes.fromhex("60005460005260206000f3").hex()  # returns slot 0
    override = {target: {"code": code, "stateDiff": {"0x0": "0x" + "00" * 31 + "2a"}, "balance": "0x5", "nonce": "0x2"}}
    assert int(ledger.request("eth_call", {"to": target}, "latest", override), 16) == 42
    assert ledger.code(target) == b""


def test_the_allow_list_file_is_read_while_the_node_runs(provider: NodeProvider, ledger: Web3Ledger) -> None:
    home = provider.service.node.home
    first, second = Sender(ledger.chain_id()), Sender(ledger.chain_id())
    ledger.send_raw(first.send(None, b"\0"))
    (Path(home.chain_dir) / "accounts.json").write_text(json.dumps([second.signer.address]))
    # the list holds from the next block on: what was admitted before it is dropped, and its fate is kept
    raw = first.send(None, b"\0")
    digest = ledger.send_raw(raw)
    assert ledger.receipt(digest) is None
    assert "allow-list" in ledger.request("mulian_droppedTransaction", digest)["reason"]
    with pytest.raises(MulianError, match="allow-list"):
        ledger.send_raw(first.send(None, b"\0"))
    assert ledger.wait_receipt(ledger.send_raw(second.send(None, b"\0"))).succeeded
    assert ledger.request("mulian_status")["allowList"] == 1
