"""Chain evidence: what a proof carries about a block, built from a node's answers and checked before it is kept."""

from collections.abc import Sequence

import rlp
from trie.hexary import HexaryTrie

from chain.anchoring import rules, verify_proof
from chain.anchoring.models import AnchorBatch
from chain.anchoring.port import Mined


def build(engine: str, headers: Sequence[bytes], receipts: Sequence[bytes], at: int) -> dict[str, object]:
    """Return the evidence that receipt ``at`` belongs to the block with the first of these RLP headers.

    ``headers`` after the first are those of the blocks that follow (Clique: until more than half have sealed);
    ``receipts`` are the consensus encodings of all receipts of the block, in order. Raises ``verify_proof.Invalid``
    for a header whose seals cannot be read.
    """
    trie = HexaryTrie({}, prune=False)
    for number, receipt in enumerate(receipts):
        trie[rlp.encode(number)] = receipt
    nodes = trie.get_proof(rlp.encode(at))  # type: ignore[no-untyped-call]
    shown: dict[str, object] = {
        "header": headers[0].hex(), "receipt": [rlp.encode(node).hex() for node in nodes], "transaction": at,
    }
    if engine == "qbft":
        return shown | {"engine": engine, "sealers": [who.hex() for who in verify_proof.read_qbft(headers[0])[1]]}
    sealers = [verify_proof.read_header(header, engine)[1].hex() for header in headers]
    if engine == "clique":
        return shown | {"engine": engine, "sealers": sealers, "headers": [header.hex() for header in headers[1:]]}
    return shown | {"sealer": sealers[0]}


def mismatch(batch: AnchorBatch, mined: Mined, origin: str) -> str | None:
    """Check evidence exactly as a proof's reader will; return what is wrong, None when it fits the batch."""
    try:
        block = verify_proof.read_block(mined.evidence)
    except verify_proof.Invalid as error:
        return str(error)
    expected = (
        rules.stream_id(rules.chain_name(batch.stream, batch.epoch)), batch.seq, batch.root,
        batch.from_index + batch.leaves, bytes.fromhex(origin.rpartition(":")[2][2:]), mined.block_number,
        mined.block_hash, mined.block_time,
    )  # fmt: skip
    found = (
        block.stream, block.seq, block.root, block.size, block.registry, block.number, "0x" + block.hash.hex(),
        block.time,
    )  # fmt: skip
    names = ("stream", "seq", "root", "size", "registry", "block_number", "block_hash", "block_time")
    return next((name for name, one, two in zip(names, expected, found, strict=True) if one != two), None)
