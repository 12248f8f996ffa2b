"""``python -m tests.chain.rpc_compat.make``: write ``ours/`` anew. What it writes is reviewed like code."""

import json
import tempfile
from pathlib import Path
from typing import Any

from chain.ledger.embedded.rpc import dispatch
from tests.chain.rpc_compat.iofile import Exchange, IoFile
from tests.chain.rpc_compat.world import ACCOUNT, QUEUED, World, world

FOLDER = Path(__file__).parent / "ours"
LAST = "eth_sendRawTransaction/send-legacy-transaction"
TRACER = {"tracer": "callTracer"}
# (method, parameters) by file name; where upstream has the name too, the shapes of both are compared
Requests = dict[str, tuple[str, list[Any]]]


def requests(made: World) -> Requests:
    """What is asked, in order."""
    contract, hashes, account = made.contract, made.hashes, ACCOUNT.address
    block_hash = "0x" + made.service.view.header(2).hash.hex()
    call = {"from": account, "to": contract}
    stored = call | {"input": "0x" + "2a".rjust(64, "0")}
    wanted: Requests = {
        "web3_clientVersion/get-version": ("web3_clientVersion", []),
        "net_version/get-network-id": ("net_version", []),
        "eth_chainId/get-chain-id": ("eth_chainId", []),
        "eth_blockNumber/simple-test": ("eth_blockNumber", []),
        "eth_blobBaseFee/get-current-blobfee": ("eth_blobBaseFee", []),
        "eth_baseFee/get-current-basefee": ("eth_baseFee", []),
        "eth_gasPrice/get-price": ("eth_gasPrice", []),
        "eth_accounts/none-in-the-node": ("eth_accounts", []),
        "eth_sign/no-keys": ("eth_sign", [account, "0x00"]),
        "eth_call/call-contract": ("eth_call", [call, "latest"]),
        "eth_call/call-revert-abi-error": ("eth_call", [call | {"input": "0x01"}, "latest"]),
        "eth_call/call-revert-abi-panic": ("eth_call", [call | {"input": "0x0102"}, "latest"]),
        "eth_call/call-old-state": ("eth_call", [call, "0x1"]),
        "eth_call/call-override-state-diff": (
            "eth_call", [call, "latest", {contract: {"stateDiff": {"0x0": "0x" + "63".rjust(64, "0")}}}]),
        "eth_estimateGas/estimate-simple-transfer": (
            "eth_estimateGas", [{"from": account, "to": "0x" + "22" * 20, "value": "0x1"}]),
        "eth_estimateGas/estimate-call-abi-error": ("eth_estimateGas", [call | {"input": "0x01"}]),
        "eth_createAccessList/create-al-contract": ("eth_createAccessList", [stored, "latest"]),
        "eth_createAccessList/create-al-abi-revert": ("eth_createAccessList", [call | {"input": "0x01"}, "latest"]),
        "eth_createAccessList/create-al-value-transfer": (
            "eth_createAccessList", [{"from": account, "to": "0x" + "22" * 20, "value": "0x1"}, "latest"]),
        "eth_feeHistory/fee-history": ("eth_feeHistory", ["0x2", "latest", [95, 99]]),
        "eth_getBalance/get-balance": ("eth_getBalance", [account, "latest"]),
        "eth_getBalance/get-balance-blockhash": ("eth_getBalance", [account, {"blockHash": block_hash}]),
        "eth_getCode/get-code": ("eth_getCode", [contract, "latest"]),
        "eth_getStorageAt/get-storage": ("eth_getStorageAt", [contract, "0x0", "latest"]),
        "eth_getTransactionCount/get-nonce": ("eth_getTransactionCount", [account, "latest"]),
        "eth_getProof/get-account-proof-latest": ("eth_getProof", [account, [], "latest"]),
        "eth_getProof/get-account-proof-with-storage": ("eth_getProof", [contract, ["0x0"], "latest"]),
        "eth_getBlockByNumber/get-block-cancun-fork": ("eth_getBlockByNumber", ["0x2", False]),
        "eth_getBlockByNumber/get-block-full": ("eth_getBlockByNumber", ["0x2", True]),
        "eth_getBlockByNumber/get-block-0": ("eth_getBlockByNumber", ["0x0", False]),
        "eth_getBlockByNumber/get-pending": ("eth_getBlockByNumber", ["pending", False]),
        "eth_getBlockByHash/get-block-full": ("eth_getBlockByHash", [block_hash, True]),
        "eth_getBlockReceipts/get-receipts-by-number": ("eth_getBlockReceipts", ["0x2"]),
        "eth_getBlockReceipts/get-receipts-by-hash": ("eth_getBlockReceipts", [block_hash]),
        "eth_getBlockTransactionCountByHash/get-block-n": ("eth_getBlockTransactionCountByHash", [block_hash]),
        "eth_getBlockTransactionCountByNumber/get-block-n": ("eth_getBlockTransactionCountByNumber", ["0x2"]),
        "eth_getTransactionByBlockHashAndIndex/get-block-n": (
            "eth_getTransactionByBlockHashAndIndex", [block_hash, "0x3"]),
        "eth_getTransactionByBlockNumberAndIndex/get-block-n": (
            "eth_getTransactionByBlockNumberAndIndex", ["0x2", "0x3"]),
        "eth_getLogs/contract-addr": ("eth_getLogs", [{"address": [contract], "fromBlock": "0x1", "toBlock": "0x4"}]),
        "eth_getLogs/filter-with-blockHash": ("eth_getLogs", [{"blockHash": block_hash}]),
        "eth_getLogs/topic-exact-match": (
            "eth_getLogs", [{"fromBlock": "0x1", "toBlock": "0x4", "topics": [
                ["0x" + "77".rjust(64, "0")], ["0x" + "14".rjust(64, "0")]]}]),
        "debug_getRawBlock/get-block-n": ("debug_getRawBlock", ["0x2"]),
        "debug_getRawHeader/get-block-n": ("debug_getRawHeader", ["0x2"]),
        "debug_getRawReceipts/get-block-n": ("debug_getRawReceipts", ["0x2"]),
        "debug_getRawTransaction/get-tx": ("debug_getRawTransaction", [hashes["dynamic-fee"]]),
        "debug_traceTransaction/call-tracer": ("debug_traceTransaction", [hashes["dynamic-fee"], TRACER]),
        "debug_traceTransaction/call-tracer-revert": ("debug_traceTransaction", [hashes["reverted"], TRACER]),
        "txpool_status/get-status": ("txpool_status", []),
        "txpool_content/get-content": ("txpool_content", []),
        "txpool_contentFrom/get-content-from-address": ("txpool_contentFrom", [QUEUED.address]),
        "eth_sendRawTransaction/known-transaction": ("eth_sendRawTransaction", [made.raws["legacy-tx"]]),
    }
    for name in ("legacy-create", "legacy-input", "legacy-tx", "access-list", "dynamic-fee"):
        wanted[f"eth_getTransactionByHash/get-{name}"] = ("eth_getTransactionByHash", [hashes[name]])
        receipt = {"legacy-tx": "legacy-receipt", "legacy-create": "legacy-contract"}.get(name, name)
        wanted[f"eth_getTransactionReceipt/get-{receipt}"] = ("eth_getTransactionReceipt", [hashes[name]])
    wanted["eth_getTransactionReceipt/get-reverted"] = ("eth_getTransactionReceipt", [hashes["reverted"]])
    # it changes the pool: last
    wanted[LAST] = ("eth_sendRawTransaction", [made.raws["further"]])
    return wanted


def answer(made: World, request: Any) -> Any:
    """Send a request as bytes."""
    return json.loads(dispatch.handle(made.service, json.dumps(request).encode()))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "home") as made:
        for name, (method, parameters) in requests(made).items():
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
            path = FOLDER / f"{name}.io"
            path.parent.mkdir(parents=True, exist_ok=True)
            comments = ["the chain of world.py"]
            path.write_text(IoFile(comments, [Exchange(request, answer(made, request))]).dumps(), "utf-8")


if __name__ == "__main__":
    main()
