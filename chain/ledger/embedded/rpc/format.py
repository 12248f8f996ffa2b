"""Blocks, transactions, receipts and logs as the Ethereum JSON-RPC describes them."""

from collections.abc import Sequence
from typing import Any

from eth._utils.address import generate_contract_address
from eth.abc import BlockAPI, BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI
from eth.constants import BLANK_ROOT_HASH, EMPTY_UNCLE_HASH
from eth.vm.forks.london.constants import DYNAMIC_FEE_TRANSACTION_TYPE
from eth_utils import to_checksum_address

from chain.ledger.embedded.rpc.codec import to_data, to_quantity
from chain.ledger.embedded.store import LogRow


def header(head: BlockHeaderAPI) -> dict[str, Any]:
    """Return the header fields of a block object."""
    return {
        "number": to_quantity(int(head.block_number)),
        "hash": to_data(head.hash),
        "parentHash": to_data(head.parent_hash),
        "nonce": to_data(head.nonce),
        "mixHash": to_data(head.mix_hash),
        "sha3Uncles": to_data(EMPTY_UNCLE_HASH),
        "logsBloom": to_data(head.bloom.to_bytes(256, "big")),
        "transactionsRoot": to_data(head.transaction_root),
        "stateRoot": to_data(head.state_root),
        "receiptsRoot": to_data(head.receipt_root),
        "miner": to_checksum_address(head.coinbase),
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "extraData": to_data(head.extra_data),
        "gasLimit": to_quantity(head.gas_limit),
        "gasUsed": to_quantity(head.gas_used),
        "timestamp": to_quantity(head.timestamp),
        "baseFeePerGas": to_quantity(head.base_fee_per_gas or 0),
        "withdrawalsRoot": to_data(bytes(head.withdrawals_root or b"")),
        "blobGasUsed": to_quantity(head.blob_gas_used),
        "excessBlobGas": to_quantity(head.excess_blob_gas),
        "parentBeaconBlockRoot": to_data(bytes(head.parent_beacon_block_root or b"")),
        "uncles": [],
        "withdrawals": [],
    }


def block(whole: BlockAPI, size: int, full: bool) -> dict[str, Any]:
    """Return a block object with transaction hashes, or with whole transactions when ``full``."""
    items: list[Any] = [
        transaction(item, whole.header, index) if full else to_data(item.hash)
        for index, item in enumerate(whole.transactions)
    ]
    return header(whole.header) | {"size": to_quantity(size), "transactions": items}


def pending_block(head: BlockHeaderAPI, waiting: Sequence[Any], full: bool) -> dict[str, Any]:
    """Return the block that would follow ``head``: unsealed, so without hash, nonce and seal, and not executed."""
    result = header(head) | {
        "number": to_quantity(int(head.block_number) + 1), "parentHash": to_data(head.hash), "hash": None,
        "nonce": None, "miner": None, "logsBloom": None, "extraData": "0x", "gasUsed": "0x0",
        "timestamp": to_quantity(head.timestamp + 1), "stateRoot": to_data(head.state_root), "size": None,
        "transactionsRoot": to_data(BLANK_ROOT_HASH), "receiptsRoot": to_data(BLANK_ROOT_HASH),
    }
    shown = [transaction(item, None, 0) if full else to_data(item.hash) for item in waiting]
    return result | {"transactions": shown}


def transaction(item: Any, place: BlockHeaderAPI | None, index: int) -> dict[str, Any]:
    """Return a transaction object of a decoded transaction; ``place`` is its block, None while it waits."""
    kind = item.type_id or 0
    result: dict[str, Any] = {
        "hash": to_data(item.hash),
        "type": to_quantity(kind),
        "chainId": to_quantity(item.chain_id or 0),
        "nonce": to_quantity(item.nonce),
        "from": to_checksum_address(item.sender),
        "to": to_checksum_address(item.to) if item.to else None,
        "value": to_quantity(item.value),
        "gas": to_quantity(item.gas),
        "gasPrice": to_quantity(0 if kind == DYNAMIC_FEE_TRANSACTION_TYPE else item.gas_price),
        "input": to_data(item.data),
        "r": to_quantity(item.r),
        "s": to_quantity(item.s),
        "v": to_quantity(item.y_parity if kind else item.v),
        "blockNumber": None,
        "blockHash": None,
        "blockTimestamp": None,
        "transactionIndex": None,
    }
    if kind:
        result["yParity"] = to_quantity(item.y_parity)
        result["accessList"] = [
            {"address": to_checksum_address(address), "storageKeys": [to_data(key.to_bytes(32, "big")) for key in keys]}
            for address, keys in item.access_list
        ]
    if kind == DYNAMIC_FEE_TRANSACTION_TYPE:
        tip = item.max_priority_fee_per_gas
        result["maxFeePerGas"] = to_quantity(item.max_fee_per_gas)
        result["maxPriorityFeePerGas"] = to_quantity(tip)
        # the base fee is 0 for ever, so what is paid is the smaller of the two; of a waiting one clients expect the cap
        result["gasPrice"] = to_quantity(item.max_fee_per_gas if place is None else min(tip, item.max_fee_per_gas))
    if place is not None:
        result |= {
            "blockNumber": to_quantity(place.block_number), "blockHash": to_data(place.hash),
            "blockTimestamp": to_quantity(place.timestamp), "transactionIndex": to_quantity(index),
        }
    return result


def receipts(whole: BlockAPI, results: tuple[ReceiptAPI, ...]) -> list[dict[str, Any]]:
    """Return every receipt object of a block."""
    objects = []
    used, position = 0, 0
    for index, (item, result) in enumerate(zip(whole.transactions, results, strict=True)):
        logs = [
            LogRow(
                whole.header.block_number, position + offset, index, bytes(item.hash), bytes(entry.address),
                tuple(topic.to_bytes(32, "big") for topic in entry.topics), bytes(entry.data),
            )
            for offset, entry in enumerate(result.logs)
        ]
        position += len(logs)
        objects.append(_receipt(whole, index, item, result, used, logs))
        used = result.gas_used
    return objects


def _receipt(
    whole: BlockAPI, index: int, item: SignedTransactionAPI, result: ReceiptAPI, used: int, logs: list[LogRow]
) -> dict[str, Any]:
    created = None if item.to else to_checksum_address(generate_contract_address(item.sender, item.nonce))
    return {
        "transactionHash": to_data(item.hash),
        "transactionIndex": to_quantity(index),
        "blockHash": to_data(whole.header.hash),
        "blockNumber": to_quantity(whole.header.block_number),
        "from": to_checksum_address(item.sender),
        "to": to_checksum_address(item.to) if item.to else None,
        "cumulativeGasUsed": to_quantity(result.gas_used),
        "gasUsed": to_quantity(result.gas_used - used),
        "effectiveGasPrice": to_quantity(min(item.max_priority_fee_per_gas, item.max_fee_per_gas)),
        "contractAddress": created,
        "logs": [log(entry, whole.header) for entry in logs],
        "logsBloom": to_data(result.bloom.to_bytes(256, "big")),
        "type": to_quantity(item.type_id or 0),
        "status": "0x1" if result.state_root == b"\x01" else "0x0",
    }


def log(entry: LogRow, place: BlockHeaderAPI) -> dict[str, Any]:
    """Return a log object."""
    return {
        "address": to_checksum_address(entry.address),
        "topics": [to_data(topic) for topic in entry.topics],
        "data": to_data(entry.data),
        "blockNumber": to_quantity(entry.number),
        "blockHash": to_data(place.hash),
        "blockTimestamp": to_quantity(place.timestamp),
        "transactionHash": to_data(entry.tx_hash),
        "transactionIndex": to_quantity(entry.tx_index),
        "logIndex": to_quantity(entry.log_index),
        "removed": False,
    }
