"""From blocks to rows, decoded. Pure."""

from collections.abc import Iterable
from typing import Any

from chain.indexer.decoder import REVERT, Decoder
from chain.indexer.source import Failure, RawBlock, RawTransaction
from kernel import clock

Rows = dict[str, list[dict[str, Any]]]
TABLES = ("block", "transaction", "log", "event")


def rows(blocks: Iterable[RawBlock], before: int | None, decoder: Decoder) -> Rows:
    """Return the rows of consecutive blocks by table; ``before`` is the first one's parent's time (Unix seconds)."""
    found: Rows = {name: [] for name in TABLES}
    for block in blocks:
        found["block"].append(_block(block, before))
        for index, transaction in enumerate(block.transactions):
            found["transaction"].append(_transaction(block.number, index, transaction, decoder))
            for log in transaction.logs:
                place = {"block_number": block.number, "log_index": log.index, "tx_index": index}
                found["log"].append(place | {"address": log.address, "topics": log.topics, "data": log.data})
                found["event"] += event_rows(decoder, place, log.address, log.topics, log.data)
        before = block.timestamp
    return found


def event_rows(
    decoder: Decoder, place: dict[str, Any], address: str, topics: bytes, data: bytes
) -> list[dict[str, Any]]:
    """Return the row of a log's event, none where it is not decoded."""
    event = decoder.event(address, topics, data)
    if event is None:
        return []
    return [
        place | {
            "address": address, "contract": event.contract, "event": event.event, "arguments": event.arguments,
            "stream": event.stream,
        }
    ]


def call_values(
    decoder: Decoder, to: str | None, data: bytes, created: str | None, failure: Failure | None
) -> dict[str, Any]:
    """Return the columns of a transaction that a decoder gives."""
    call = decoder.call(to, data, created)
    values: dict[str, Any] = {
        "contract": call.contract if call else None, "method": call.method if call else None,
        "arguments": call.arguments if call else None,
    }
    if failure is not None:
        reason, text = failure.reason, failure.text
        if failure.revert is not None:
            reason, text = decoder.failure(to or created, failure.revert)
        values |= {"reason": reason or REVERT, "reason_text": text, "revert": failure.revert}
    else:
        values |= {"reason": None, "reason_text": None, "revert": None}
    return values


def _block(block: RawBlock, before: int | None) -> dict[str, Any]:
    sealed_parent = before is not None and block.number > 1
    return {
        "number": block.number, "hash": block.hash, "parent_hash": block.parent_hash,
        "at": clock.from_micros(block.timestamp * 1_000_000),
        "interval": block.timestamp - before if sealed_parent and before is not None else None,
        "transactions": len(block.transactions), "failed": sum(one.failure is not None for one in block.transactions),
        "logs": sum(len(one.logs) for one in block.transactions), "gas_used": block.gas_used, "size": block.size,
        "sealer": block.sealer, "missed": block.missed,
    }


def _transaction(number: int, index: int, given: RawTransaction, decoder: Decoder) -> dict[str, Any]:
    return {
        "block_number": number, "tx_index": index, "hash": given.hash, "sender": given.sender, "to_address": given.to,
        "nonce": given.nonce, "input": given.input, "gas_limit": given.gas_limit, "gas_used": given.gas_used,
        "created": given.created, "logs": len(given.logs),
    } | call_values(decoder, given.to, given.input, given.created, given.failure)
