"""Block headers rebuilt from what any engine shows over JSON-RPC, checked against the hashes it names; who sealed them.

Works with geth, Besu and the embedded chain alike, so that proofs need no debug namespace.
"""

from typing import Any

import rlp
from coincurve import PublicKey
from eth_hash.auto import keccak

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
_VANITY_BYTES, _SEAL_BYTES = 32, 65
_QBFT_PARTS = 5
# what marks a block as BFT (Besu, BftHelpers.EXPECTED_MIX_HASH)
BFT_MIX_HASH = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"


def header_rlp(block: dict[str, Any]) -> bytes:
    """Return the RLP of the header of a block object, seals included; raise ValueError when ``hash`` is another's.

    A QBFT block is named by its header with round 0 and without seals, which are agreed after it is proposed.
    """
    encoded, wanted = _encoded(block), str(block["hash"]).lower()
    parts = qbft_parts(block)
    named = encoded if parts is None else _encoded(block, rlp.encode([*parts[:3], b"", []]))
    if "0x" + keccak(named).hex() != wanted:
        raise ValueError("the header does not hash to the block hash")
    return encoded


def is_clique(block: dict[str, Any]) -> bool:
    """Tell whether a block object has the form of a Clique block above block 0."""
    return (
        int(block["number"], 16) > 0 and int(block["difficulty"], 16) in (1, 2) and int(block["mixHash"], 16) == 0
        and len(block["extraData"]) >= 2 + 2 * (_VANITY_BYTES + _SEAL_BYTES)
    )


def clique_signer(block: dict[str, Any]) -> str:
    """Return the address that sealed a Clique block (EIP-225), whose ``miner`` holds votes; raise ValueError for an
    impossible seal."""
    extra = field(block["extraData"], bytes)
    digest = keccak(_encoded(block, extra[:-_SEAL_BYTES]))
    try:
        public = PublicKey.from_signature_and_message(extra[-_SEAL_BYTES:], digest, hasher=None)
    except Exception as error:  # coincurve raises several kinds for an impossible signature
        raise ValueError("the seal recovers to no key") from error
    return "0x" + keccak(public.format(compressed=False)[1:])[-20:].hex()


def qbft_parts(block: dict[str, Any]) -> list[Any] | None:
    """Return [vanity, validators, vote, round, seals] of a QBFT block's extraData; None for another consensus."""
    if block.get("mixHash") != BFT_MIX_HASH:
        return None
    try:
        parts = rlp.decode(field(block["extraData"], bytes))
    except rlp.exceptions.DecodingError:
        return None
    known = isinstance(parts, list) and len(parts) == _QBFT_PARTS and isinstance(parts[3], bytes)
    return parts if known else None


def _encoded(block: dict[str, Any], extra: bytes | None = None) -> bytes:
    """The RLP of a block object's header, with other extraData where that is given."""
    fields = [
        extra if extra is not None and name == "extraData" else field(block[name], kind) for name, kind in _HEADER
    ]
    for name, kind in _LATER:
        if block.get(name) is None:
            break
        fields.append(field(block[name], kind))
    return bytes(rlp.encode(fields))


def field(text: str, kind: type) -> bytes:
    """Return a hex field as RLP takes it: an ``int`` without leading zeros, ``bytes`` as they are."""
    if kind is int:
        value = int(text, 16)
        return value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes.fromhex(text.removeprefix("0x"))
