"""Consensus encodings rebuilt from what any engine shows over JSON-RPC, checked against the hashes it names.

Works with geth, Besu and the embedded chain alike, so that proofs need no debug namespace.
"""

from collections.abc import Sequence
from typing import Any

import rlp
from coincurve import PublicKey
from eth_hash.auto import keccak
from trie import HexaryTrie

_HEADER = (
    ("parentHash", bytes), ("sha3Uncles", bytes), ("miner", bytes), ("stateRoot", bytes),
    ("transactionsRoot", bytes), ("receiptsRoot", bytes), ("logsBloom", bytes), ("difficulty", int),
    ("number", int), ("gasLimit", int), ("gasUsed", int), ("timestamp", int), ("extraData", bytes),
    ("mixHash", bytes), ("nonce", bytes),
)
# forks append fields at the end, so a header has a prefix of these
_LATER = (
    ("baseFeePerGas", int), ("withdrawalsRoot", bytes), ("blobGasUsed", int), ("excessBlobGas", int),
    ("parentBeaconBlockRoot", bytes), ("requestsHash", bytes),
)

_SEAL = 65


def header_rlp(block: dict[str, Any]) -> bytes:
    """Return the RLP of the header of a block object; raise ValueError when it does not hash to ``hash``."""
    encoded = _encoded(block)
    if "0x" + keccak(encoded).hex() != str(block["hash"]).lower():
        raise ValueError("the header does not hash to the block hash")
    return encoded


def clique_signer(block: dict[str, Any]) -> str:
    """Return the address that sealed a Clique block object (EIP-225); raise ValueError for an impossible seal."""
    extra = _field(block["extraData"], bytes)
    bare = _encoded({**block, "extraData": "0x" + extra[:-_SEAL].hex()})
    try:
        public = PublicKey.from_signature_and_message(extra[-_SEAL:], keccak(bare), hasher=None)
    except Exception as error:  # coincurve raises several kinds for an impossible signature
        raise ValueError("the seal recovers to no key") from error
    return "0x" + keccak(public.format(compressed=False)[1:])[-20:].hex()


def _encoded(block: dict[str, Any]) -> bytes:
    fields = [_field(block[name], kind) for name, kind in _HEADER]
    for name, kind in _LATER:
        if block.get(name) is None:
            break
        fields.append(_field(block[name], kind))
    return bytes(rlp.encode(fields))


def receipts(objects: Sequence[dict[str, Any]], root: str) -> tuple[bytes, ...]:
    """Return the encoding of every receipt; raise ValueError when their trie has another root."""
    encoded = tuple(_receipt(item) for item in sorted(objects, key=lambda item: int(item["transactionIndex"], 16)))
    trie = HexaryTrie({})
    for index, item in enumerate(encoded):
        trie[rlp.encode(index)] = item
    if "0x" + trie.root_hash.hex() != root.lower():
        raise ValueError("the receipts do not give the block's receipts root")
    return encoded


def _receipt(item: dict[str, Any]) -> bytes:
    logs = [
        [_field(log["address"], bytes), [_field(topic, bytes) for topic in log["topics"]], _field(log["data"], bytes)]
        for log in item["logs"]
    ]
    status = b"\x01" if item["status"] == "0x1" else b""
    body = rlp.encode([status, _field(item["cumulativeGasUsed"], int), _field(item["logsBloom"], bytes), logs])
    kind = int(item.get("type", "0x0"), 16)
    return (bytes([kind]) if kind else b"") + bytes(body)


def _field(text: str, kind: type) -> bytes:
    if kind is int:
        value = int(text, 16)
        return value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes.fromhex(text.removeprefix("0x"))
