"""Who sealed a Clique block: its ``miner`` field holds votes, the signer is recovered from the seal (EIP-225)."""

from typing import Any

import rlp
from coincurve import PublicKey
from eth_hash.auto import keccak

_SEAL_BYTES, _VANITY_BYTES = 65, 32
_FIELDS = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty",
    "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce",
)
_NUMBERS = frozenset({"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"})


def is_clique(block: dict[str, Any]) -> bool:
    """Tell whether a block object (hex fields) has the form of a Clique block above block 0."""
    return (
        int(block["number"], 16) > 0 and int(block["difficulty"], 16) in (1, 2) and int(block["mixHash"], 16) == 0
        and len(block["extraData"]) >= 2 + 2 * (_VANITY_BYTES + _SEAL_BYTES)
    )


def sealer(block: dict[str, Any]) -> str:
    """Return the address that sealed a Clique block; raise ValueError when its seal is none."""
    names = (*_FIELDS, "baseFeePerGas") if block.get("baseFeePerGas") is not None else _FIELDS
    extra = bytes.fromhex(block["extraData"][2:])
    fields = [
        extra[:-_SEAL_BYTES] if name == "extraData" else _value(name, block[name]) for name in names
    ]
    public = PublicKey.from_signature_and_message(extra[-_SEAL_BYTES:], keccak(rlp.encode(fields)), hasher=None)
    return "0x" + keccak(public.format(compressed=False)[1:])[12:].hex()


def _value(name: str, text: str) -> bytes:
    if name in _NUMBERS:
        number = int(text, 16)
        return number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes.fromhex(text[2:])
