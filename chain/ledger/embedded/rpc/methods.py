"""The methods, each a function of (service, params). Nothing here holds keys: no eth_sign, no evm_*, no personal_*."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import rlp
from eth.abc import BlockHeaderAPI
from eth.constants import EMPTY_SHA3
from eth_hash.auto import keccak
from eth_utils import ValidationError, to_checksum_address

from chain.ledger.embedded.mempool import PoolError
from chain.ledger.embedded.node import Node
from chain.ledger.embedded.rpc import codec, format, logs
from chain.ledger.embedded.rpc.errors import SERVER_ERROR, RpcError, invalid
from chain.ledger.embedded.view import View

CLIENT_VERSION = "mulian-poa/1 (py-evm 0.12.1b1, cancun)"
Execute = Callable[[str, dict[str, Any], int, dict[str, Any] | None], str]


@dataclass(frozen=True)
class Later:
    """A result that may leave only when ``done`` is: the journal's fsync."""

    result: Any
    done: "Future[None]"


@dataclass
class Service:
    """What the methods work on: the node, its committed view, and who runs eth_call ("call"/"estimate")."""

    node: Node
    view: View
    log_view: View
    execute: Execute

    def number(self, tag: Any) -> int:
        """Resolve a block tag or number; pending, safe and finalized are the head (there is one sealer)."""
        head = self.view.head().block_number
        if tag in (None, "latest", "pending", "safe", "finalized"):
            return head
        if tag == "earliest":
            return 0
        if isinstance(tag, dict):
            return self._by_object(tag)
        number = codec.quantity(tag)
        if number > head:
            raise RpcError(SERVER_ERROR, "header not found")
        return number

    def _by_object(self, tag: dict[str, Any]) -> int:
        if "blockNumber" in tag:
            return self.number(tag["blockNumber"])
        try:
            return self.view.number_of(codec.data(tag.get("blockHash"), 32))
        except KeyError as error:
            raise RpcError(SERVER_ERROR, "header for hash not found") from error

    def header(self, tag: Any) -> BlockHeaderAPI:
        """Return the header of a tag."""
        return self.view.header(self.number(tag))


def _block(service: Service, number: int, full: Any) -> dict[str, Any] | None:
    try:
        whole = service.view.block(number)
    except KeyError:
        return None
    return format.block(whole, service.view.size_of(number), codec.boolean(full))


def block_by_number(service: Service, tag: Any, full: Any = False) -> Any:
    """eth_getBlockByNumber: null beyond the head."""
    try:
        return _block(service, service.number(tag), full)
    except RpcError as error:
        if error.code == SERVER_ERROR:
            return None
        raise


def block_by_hash(service: Service, block_hash: Any, full: Any = False) -> Any:
    """eth_getBlockByHash."""
    try:
        return _block(service, service.view.number_of(codec.data(block_hash, 32)), full)
    except KeyError:
        return None


def transaction_count_by_number(service: Service, tag: Any) -> Any:
    """eth_getBlockTransactionCountByNumber."""
    found = block_by_number(service, tag)
    return None if found is None else codec.to_quantity(len(found["transactions"]))


def transaction_count_by_hash(service: Service, block_hash: Any) -> Any:
    """eth_getBlockTransactionCountByHash."""
    found = block_by_hash(service, block_hash)
    return None if found is None else codec.to_quantity(len(found["transactions"]))


def transaction_by_hash(service: Service, transaction_hash: Any) -> Any:
    """eth_getTransactionByHash: a waiting one has no block."""
    digest = codec.data(transaction_hash, 32)
    place = _located(service, digest)
    if place is None:
        entry = service.node.pool.get(digest)
        if entry is not None:
            return format.transaction(entry.transaction, None, 0)
        # sealed between the two looks: it left the pool after it had entered a block
        place = _located(service, digest)
    return None if place is None else _transaction_at(service, *place)


def _located(service: Service, digest: bytes) -> tuple[int, int] | None:
    try:
        return service.view.locate(digest)
    except KeyError:
        return None


def _transaction_at(service: Service, number: int, index: int) -> Any:
    place = (number, bytes(service.view.header(number).hash))
    try:
        return format.transaction(service.view.transaction(number, index), place, index)
    except KeyError:
        return None


def transaction_by_number_and_index(service: Service, tag: Any, index: Any) -> Any:
    """eth_getTransactionByBlockNumberAndIndex."""
    return _transaction_at(service, service.number(tag), codec.quantity(index))


def transaction_by_hash_and_index(service: Service, block_hash: Any, index: Any) -> Any:
    """eth_getTransactionByBlockHashAndIndex."""
    return _transaction_at(service, service.number({"blockHash": block_hash}), codec.quantity(index))


def transaction_receipt(service: Service, transaction_hash: Any) -> Any:
    """eth_getTransactionReceipt: null while it waits."""
    try:
        number, index = service.view.locate(codec.data(transaction_hash, 32))
    except KeyError:
        return None
    return format.receipts(service.view.block(number), service.view.receipts(number))[index]


def block_receipts(service: Service, tag: Any) -> Any:
    """eth_getBlockReceipts."""
    number = service.number(tag)
    return format.receipts(service.view.block(number), service.view.receipts(number))


def send_raw_transaction(service: Service, raw: Any) -> Later:
    """eth_sendRawTransaction: answered when the journal is on disk."""
    try:
        digest, done = service.node.submit(codec.data(raw))
    except (PoolError, ValidationError) as error:
        raise RpcError(SERVER_ERROR, str(error)[:300]) from error
    return Later(codec.to_data(digest), done)


def transaction_count(service: Service, address: Any, tag: Any = "latest") -> str:
    """eth_getTransactionCount; "pending" counts waiting transactions without a gap."""
    sender = codec.data(address, 20)
    if tag == "pending":
        return codec.to_quantity(service.node.pool.next_nonce(sender))
    return codec.to_quantity(service.view.account(service.header(tag)).get_nonce(sender))  # type: ignore[arg-type]


def balance(service: Service, address: Any, tag: Any = "latest") -> str:
    """eth_getBalance."""
    account = service.view.account(service.header(tag))
    return codec.to_quantity(account.get_balance(codec.data(address, 20)))  # type: ignore[arg-type]


def code(service: Service, address: Any, tag: Any = "latest") -> str:
    """eth_getCode."""
    account = service.view.account(service.header(tag))
    return codec.to_data(account.get_code(codec.data(address, 20)))  # type: ignore[arg-type]


def storage_at(service: Service, address: Any, position: Any, tag: Any = "latest") -> str:
    """eth_getStorageAt."""
    account = service.view.account(service.header(tag))
    value = account.get_storage(codec.data(address, 20), codec.slot(position))  # type: ignore[arg-type]
    return codec.to_data(value.to_bytes(32, "big"))


def call(service: Service, request: Any, tag: Any = "latest", overrides: Any = None) -> str:
    """eth_call with state overrides."""
    number = service.number(tag)
    return service.execute("call", codec.mapping(request, "the call"), number, _overrides(overrides))


def estimate_gas(service: Service, request: Any, tag: Any = "latest", overrides: Any = None) -> str:
    """eth_estimateGas with state overrides."""
    number = service.number(tag)
    return service.execute("estimate", codec.mapping(request, "the transaction"), number, _overrides(overrides))


def _overrides(value: Any) -> dict[str, Any] | None:
    return None if value is None else codec.mapping(value, "the state overrides")


def fee_history(service: Service, count: Any, newest: Any, percentiles: Any = None) -> dict[str, Any]:
    """eth_feeHistory of at most 1,024 blocks; every fee is 0."""
    wanted = count if isinstance(count, int) and not isinstance(count, bool) else codec.quantity(count)
    if percentiles is not None and not isinstance(percentiles, list):
        raise invalid("reward percentiles are a list")
    last = service.number(newest)
    blocks = min(max(wanted, 0), 1024, last + 1)
    result: dict[str, Any] = {
        "oldestBlock": codec.to_quantity(last + 1 - blocks),
        "baseFeePerGas": ["0x0"] * (blocks + 1),
        "gasUsedRatio": [
            service.view.header(number).gas_used / service.view.header(number).gas_limit
            for number in range(last + 1 - blocks, last + 1)
        ],
    }
    if percentiles:
        result["reward"] = [["0x0"] * len(percentiles) for _ in range(blocks)]
    return result


def proof(service: Service, address: Any, positions: Any, tag: Any = "latest") -> dict[str, Any]:
    """eth_getProof (EIP-1186)."""
    raw = codec.data(address, 20)
    if not isinstance(positions, list) or len(positions) > 256:
        raise invalid("storage keys are a list of at most 256 positions")
    slots = [codec.slot(position) for position in positions]
    header = service.header(tag)
    accounts = service.view.account(header)
    account = accounts._get_account(raw)  # type: ignore[arg-type]  # py-evm has no public getter of the four fields
    return {
        "address": to_checksum_address(raw),
        "accountProof": [codec.to_data(node) for node in service.view.proof(header.state_root, keccak(raw))],
        "balance": codec.to_quantity(account.balance),
        "codeHash": codec.to_data(account.code_hash or EMPTY_SHA3),
        "nonce": codec.to_quantity(account.nonce),
        "storageHash": codec.to_data(account.storage_root),
        "storageProof": [
            {
                "key": codec.to_data(slot.to_bytes(32, "big")),
                "value": codec.to_quantity(accounts.get_storage(raw, slot)),  # type: ignore[arg-type]
                "proof": [
                    codec.to_data(node)
                    for node in service.view.proof(account.storage_root, keccak(slot.to_bytes(32, "big")))
                ],
            }
            for slot in slots
        ],
    }


def raw_header(service: Service, tag: Any) -> str:
    """debug_getRawHeader."""
    return codec.to_data(rlp.encode(service.header(tag)))


def raw_receipts(service: Service, tag: Any) -> list[str]:
    """debug_getRawReceipts."""
    return [codec.to_data(receipt.encode()) for receipt in service.view.receipts(service.number(tag))]


def raw_transaction(service: Service, transaction_hash: Any) -> Any:
    """debug_getRawTransaction."""
    digest = codec.data(transaction_hash, 32)
    try:
        return codec.to_data(service.view.transaction(*service.view.locate(digest)).encode())
    except KeyError:
        entry = service.node.pool.get(digest)
        return None if entry is None else codec.to_data(entry.raw)


def txpool_status(service: Service) -> dict[str, str]:
    """txpool_status."""
    ready, queued = service.node.pool.counts()
    return {"pending": codec.to_quantity(ready), "queued": codec.to_quantity(queued)}


def status(service: Service) -> dict[str, Any]:
    """Our own figures: what the explorer, health sampling and an operator need and no standard method gives."""
    node, view = service.node, service.view
    ready, queued = node.pool.counts()
    totals = view.store.select("SELECT count(*) - 1, sum(tx_count), sum(failed) FROM block")[0]
    head = view.head()
    senders = node.engine.rules.senders_at(head.block_number + 1)
    return {
        "engine": CLIENT_VERSION, "chainId": node.engine.chain_id, "sealer": to_checksum_address(head.coinbase),
        "genesisHash": codec.to_data(view.header(0).hash), "height": totals[0], "headHash": codec.to_data(head.hash),
        "headTimestamp": head.timestamp, "transactions": totals[1], "failed": totals[2], "pending": ready,
        "queued": queued, "period": node.options.period, "idle": node.options.idle, "failure": node.failure,
        "clockBackSeconds": node.clock_back_seconds, "allowList": None if senders is None else len(senders),
    }


def series(service: Service, start: Any, end: Any, seconds: Any) -> list[dict[str, int]]:
    """Sums of blocks in [start, end) by buckets of ``seconds``, only buckets with blocks; at most 10,000."""
    first, last, width = (codec.quantity(value) for value in (start, end, seconds))
    if width < 1 or last < first or (last - first) // width > 10_000:
        raise invalid("at most 10,000 buckets of at least one second")
    rows = service.log_view.store.select(
        "SELECT timestamp / ? * ?, count(*), sum(tx_count), sum(failed), sum(gas_used), min(number), max(number) "
        "FROM block WHERE timestamp >= ? AND timestamp < ? AND number > 0 GROUP BY 1 ORDER BY 1",
        (width, width, first, last),
    )
    names = ("start", "blocks", "transactions", "failed", "gasUsed", "firstBlock", "lastBlock")
    return [dict(zip(names, row, strict=True)) for row in rows]


def dropped(service: Service, transaction_hash: Any) -> Any:
    """Why an acknowledged transaction was dropped; null when it was not."""
    rows = service.view.store.select(
        "SELECT reason, at_block FROM dropped WHERE tx_hash = ?", (codec.data(transaction_hash, 32),)
    )
    return {"reason": rows[0][0], "block": codec.to_quantity(rows[0][1])} if rows else None


def sha3(_: Service, value: Any) -> str:
    """web3_sha3."""
    return codec.to_data(keccak(codec.data(value)))


METHODS: dict[str, Callable[..., Any]] = {
    "web3_clientVersion": lambda service: CLIENT_VERSION,
    "web3_sha3": sha3,
    "net_version": lambda service: str(service.node.engine.chain_id),
    "net_listening": lambda service: True,
    "net_peerCount": lambda service: "0x0",
    "rpc_modules": lambda service: dict.fromkeys(("debug", "eth", "mulian", "net", "rpc", "txpool", "web3"), "1.0"),
    "eth_chainId": lambda service: codec.to_quantity(service.node.engine.chain_id),
    "eth_blockNumber": lambda service: codec.to_quantity(service.view.head().block_number),
    "eth_syncing": lambda service: False,
    "eth_accounts": lambda service: [],
    "eth_mining": lambda service: True,
    "eth_hashrate": lambda service: "0x0",
    "eth_coinbase": lambda service: to_checksum_address(service.view.head().coinbase),
    "eth_gasPrice": lambda service: "0x0",
    "eth_maxPriorityFeePerGas": lambda service: "0x0",
    "eth_blobBaseFee": lambda service: "0x1",
    "eth_feeHistory": fee_history,
    "eth_getBlockByNumber": block_by_number,
    "eth_getBlockByHash": block_by_hash,
    "eth_getBlockTransactionCountByNumber": transaction_count_by_number,
    "eth_getBlockTransactionCountByHash": transaction_count_by_hash,
    "eth_getUncleCountByBlockNumber": lambda service, tag: "0x0",
    "eth_getUncleCountByBlockHash": lambda service, block_hash: "0x0",
    "eth_getTransactionByHash": transaction_by_hash,
    "eth_getTransactionByBlockNumberAndIndex": transaction_by_number_and_index,
    "eth_getTransactionByBlockHashAndIndex": transaction_by_hash_and_index,
    "eth_getTransactionReceipt": transaction_receipt,
    "eth_getBlockReceipts": block_receipts,
    "eth_getTransactionCount": transaction_count,
    "eth_getBalance": balance,
    "eth_getCode": code,
    "eth_getStorageAt": storage_at,
    "eth_getProof": proof,
    "eth_getLogs": logs.get_logs,
    "eth_call": call,
    "eth_estimateGas": estimate_gas,
    "eth_sendRawTransaction": send_raw_transaction,
    "eth_getRawTransactionByHash": raw_transaction,
    "debug_getRawHeader": raw_header,
    "debug_getRawReceipts": raw_receipts,
    "debug_getRawTransaction": raw_transaction,
    "txpool_status": txpool_status,
    "mulian_status": status,
    "mulian_series": series,
    "mulian_droppedTransaction": dropped,
}
# these may take long: they get their own few threads, so that they never hold up a submission
SLOW = frozenset({"eth_call", "eth_estimateGas", "eth_getLogs", "eth_feeHistory", "mulian_series", "eth_getProof"})
