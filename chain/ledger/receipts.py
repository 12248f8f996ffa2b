"""The consensus encoding of receipts, rebuilt from what any engine shows and checked against the block's root."""

from collections.abc import Sequence
from typing import Any

import rlp
from trie import HexaryTrie

from chain.ledger.headers import field


def encoded(objects: Sequence[dict[str, Any]], root: str) -> tuple[bytes, ...]:
    """Return the encoding of every receipt; raise ValueError when their trie has another root."""
    found = tuple(_receipt(item) for item in sorted(objects, key=lambda item: int(item["transactionIndex"], 16)))
    trie = HexaryTrie({})
    for index, item in enumerate(found):
        trie[rlp.encode(index)] = item
    if "0x" + trie.root_hash.hex() != root.lower():
        raise ValueError("the receipts do not give the block's receipts root")
    return found


def _receipt(item: dict[str, Any]) -> bytes:
    logs = [
        [field(log["address"], bytes), [field(topic, bytes) for topic in log["topics"]], field(log["data"], bytes)]
        for log in item["logs"]
    ]
    status = b"\x01" if item["status"] == "0x1" else b""
    body = rlp.encode([status, field(item["cumulativeGasUsed"], int), field(item["logsBloom"], bytes), logs])
    kind = int(item.get("type", "0x0"), 16)
    return (bytes([kind]) if kind else b"") + bytes(body)
