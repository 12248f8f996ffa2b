"""State, calls, submission and our own figures. Nothing here holds keys: no eth_sign, no evm_*, no personal_*."""

from typing import Any

from eth.constants import EMPTY_SHA3
from eth_hash.auto import keccak
from eth_utils import ValidationError, to_checksum_address

from chain.ledger.embedded.mempool import PoolError
from chain.ledger.embedded.rpc import codec
from chain.ledger.embedded.rpc.errors import NOT_LISTED, SERVER_ERROR, RpcError, invalid
from chain.ledger.embedded.rpc.service import CLIENT_VERSION, Later, Service
from chain.ledger.embedded.rules import NotListed, Registry


def send_raw_transaction(service: Service, raw: Any) -> Later:
    """eth_sendRawTransaction: answered when the journal is on disk."""
    try:
        digest, done = service.node.submit(codec.data(raw))
    except NotListed as error:
        raise RpcError(NOT_LISTED, str(error)) from error
    except (PoolError, ValidationError) as error:
        raise RpcError(SERVER_ERROR, str(error)[:300]) from error
    return Later(codec.to_data(digest), done)


def transaction_count(service: Service, address: Any, tag: Any = "latest") -> str:
    """eth_getTransactionCount; "pending" counts waiting transactions without a gap."""
    sender = codec.address(address)
    if tag == "pending":
        return codec.to_quantity(service.node.pool.next_nonce(sender))
    return codec.to_quantity(service.view.account(service.header(tag)).get_nonce(sender))


def balance(service: Service, address: Any, tag: Any = "latest") -> str:
    """eth_getBalance."""
    account = service.view.account(service.header(tag))
    return codec.to_quantity(account.get_balance(codec.address(address)))


def code(service: Service, address: Any, tag: Any = "latest") -> str:
    """eth_getCode."""
    account = service.view.account(service.header(tag))
    return codec.to_data(account.get_code(codec.address(address)))


def storage_at(service: Service, address: Any, position: Any, tag: Any = "latest") -> str:
    """eth_getStorageAt."""
    account = service.view.account(service.header(tag))
    value = account.get_storage(codec.address(address), codec.slot(position))
    return codec.to_data(value.to_bytes(32, "big"))


def call(service: Service, request: Any, tag: Any = "latest", overrides: Any = None) -> str:
    """eth_call with state overrides."""
    number = service.number(tag)
    result: str = service.execute("call", codec.mapping(request, "the call"), number, _overrides(overrides))
    return result


def estimate_gas(service: Service, request: Any, tag: Any = "latest", overrides: Any = None) -> str:
    """eth_estimateGas with state overrides."""
    number = service.number(tag)
    wanted = codec.mapping(request, "the transaction")
    result: str = service.execute("estimate", wanted, number, _overrides(overrides))
    return result


def create_access_list(service: Service, request: Any, tag: Any = "latest", overrides: Any = None) -> dict[str, Any]:
    """eth_createAccessList."""
    number = service.number(tag)
    wanted = codec.mapping(request, "the transaction")
    result: dict[str, Any] = service.execute("accessList", wanted, number, _overrides(overrides))
    return result


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
        "baseFeePerBlobGas": ["0x1"] * (blocks + 1),
        "blobGasUsedRatio": [0.0] * blocks,
    }
    if percentiles:
        result["reward"] = [["0x0"] * len(percentiles) for _ in range(blocks)]
    return result


def proof(service: Service, address: Any, positions: Any, tag: Any = "latest") -> dict[str, Any]:
    """eth_getProof (EIP-1186)."""
    raw = codec.address(address)
    if not isinstance(positions, list) or len(positions) > 256:
        raise invalid("storage keys are a list of at most 256 positions")
    slots = [codec.slot(position) for position in positions]
    header = service.header(tag)
    accounts = service.view.account(header)
    account = accounts._get_account(raw)  # py-evm has no public getter of the four fields
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
                "value": codec.to_quantity(accounts.get_storage(raw, slot)),
                "proof": [
                    codec.to_data(node)
                    for node in service.view.proof(account.storage_root, keccak(slot.to_bytes(32, "big")))
                ],
            }
            for slot in slots
        ],
    }


def status(service: Service) -> dict[str, Any]:
    """Our own figures: what the explorer, health sampling and an operator need and no standard method gives."""
    node, view = service.node, service.view
    ready, queued = node.pool.counts()
    totals = view.store.select("SELECT count(*) - 1, sum(tx_count), sum(failed) FROM block")[0]
    head = view.head()
    senders = node.engine.rules.senders_at(head.block_number + 1)
    registry = senders.address if isinstance(senders, Registry) else None
    if isinstance(senders, Registry):
        listed: int | None = senders.count(view.storage_at(head))
    else:
        listed = None if senders is None else len(senders)
    return {
        "engine": CLIENT_VERSION, "chainId": node.engine.chain_id, "sealer": to_checksum_address(head.coinbase),
        "genesisHash": codec.to_data(view.header(0).hash), "height": totals[0], "headHash": codec.to_data(head.hash),
        "headTimestamp": head.timestamp, "transactions": totals[1], "failed": totals[2], "pending": ready,
        "queued": queued, "period": node.options.period, "idle": node.options.idle, "failure": node.failure,
        "clockBackSeconds": node.clock_back_seconds, "allowList": listed,
        "allowListRegistry": to_checksum_address(registry) if registry else None,
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
