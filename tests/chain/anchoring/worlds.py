"""A whole small world outside the product: own chain, sealer, registry and checkpoint key.

Everything is computed with other code than the product's (coincurve, py-trie, rlp, pysha3, kernel.canonical), so
that a proof made here is a second opinion on the format; and whoever holds such a world can forge consistently at
every layer, which is what the forgery tests do.
"""

import os
from dataclasses import dataclass, field
from typing import Any

import coincurve
import rlp
import sha3
from trie import HexaryTrie

from chain.anchoring import tree
from crypto.sm import sm2
from kernel import canonical

ANCHORED = "Anchored(bytes32,uint64,bytes32,bytes32,uint64,uint64,bytes32)"


def keccak(data: bytes) -> bytes:
    return bytes(sha3.keccak_256(data).digest())


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@dataclass
class World:
    """Parameters of a chain; replace any of them to forge."""

    chain_id: int = 770001
    genesis: bytes = field(default_factory=lambda: os.urandom(32))
    registry: bytes = field(default_factory=lambda: os.urandom(20))
    sealer: coincurve.PrivateKey = field(default_factory=coincurve.PrivateKey)
    checkpoint: bytes = field(default_factory=lambda: sm2.generate()[0])
    stream: str = "catalog"
    block: int = 1

    @property
    def origin(self) -> str:
        return f"mulian:{self.chain_id}:0x{self.genesis.hex()}:0x{self.registry.hex()}"

    @property
    def sealer_address(self) -> bytes:
        return keccak(self.sealer.public_key.format(False)[1:])[12:]

    def trust(self, **changes: Any) -> bytes:
        fields = {
            "format": "mulian-trust-1",
            "chain_id": self.chain_id,
            "genesis_hash": "0x" + self.genesis.hex(),
            "registry": "0x" + self.registry.hex(),
            "checkpoint_keys": [sm2.public_of(self.checkpoint).hex()],
            "sealers": [
                {"from": 0, "to": None, "engine": "mulian-poa", "addresses": ["0x" + self.sealer_address.hex()]}
            ],
        }
        return canonical.dumps(fields | changes) + b"\n"

    def signed(self, size: int, root: bytes) -> dict[str, Any]:
        point = {
            "format": "mulian-checkpoint-1", "origin": self.origin, "stream": self.stream, "size": size,
            "root": root.hex(), "time": "2026-11-21T03:04:05.000006Z",
        }  # fmt: skip
        signature = sm2.sign(self.checkpoint, canonical.dumps(point))
        del point["format"]
        return point | {"key": sm2.public_of(self.checkpoint).hex(), "signature": signature.hex()}

    def evidence(
        self, size: int, root: bytes, *, start: int = 0, transactions: int = 3, at: int = 1, status: bytes = b"\x01",
        seq: int = 1, previous: bytes = bytes(32),
    ) -> dict[str, Any]:
        """A sealed block whose transaction ``at`` anchored ``root``."""
        name = self.stream.encode().ljust(32, b"\0")
        head = keccak(previous + name + word(seq) + root + word(start) + word(size - start))
        log = [
            self.registry,
            [keccak(ANCHORED.encode()), name, word(seq), root],
            previous + word(start) + word(size - start) + head,
        ]
        other = [os.urandom(20), [os.urandom(32)], b""]
        receipts = HexaryTrie({}, prune=False)
        for number in range(transactions):
            logs = [other, log] if number == at else [other]
            body = rlp.encode([status, 21000 * (number + 1), bytes(256), logs])
            receipts[rlp.encode(number)] = body if number % 2 else b"\x02" + body
        nodes = receipts.get_proof(rlp.encode(at))
        return {
            "header": self.header(receipts.root_hash).hex(),
            "receipt": [rlp.encode(node).hex() for node in nodes],
            "sealer": self.sealer_address.hex(),
            "transaction": at,
        }

    def header(self, receipts_root: bytes) -> bytes:
        fields: list[Any] = [os.urandom(32), os.urandom(32), bytes(20), os.urandom(32), os.urandom(32)]
        fields += [receipts_root, bytes(256), 0, self.block, 2**50, 99000, 1_700_000_000]
        vanity = b"mulian-poa/1".ljust(32, b"\0")
        rest: list[Any] = [bytes(32), bytes(8), 0, os.urandom(32), 0, 0, bytes(32)]
        seal = self.sealer.sign_recoverable(keccak(rlp.encode([*fields, vanity, *rest])), hasher=None)
        return bytes(rlp.encode([*fields, vanity + seal, *rest]))

    def proofs(self, records: list[dict[str, Any]]) -> list[bytes]:
        """Anchor records as one batch; one proof file each."""
        parts = [
            {
                "record": record,
                "object": {"type": "data_entry", "id": f"E{number}", "version": 1},
                "salt": os.urandom(32).hex(),
            }
            for number, record in enumerate(records)
        ]
        grown = tree.Tree(tree.MemoryTiles())
        grown.append([tree.leaf_hash(canonical.dumps({"format": "mulian-leaf-1", **part})) for part in parts])
        point = self.signed(grown.size, grown.root())
        chain = self.evidence(grown.size, grown.root())
        return [
            encode({
                **part,
                "format": "mulian-proof-1",
                "index": index,
                "path": [node.hex() for node in grown.inclusion(index)],
                "checkpoint": point,
                "chain": chain,
            })
            for index, part in enumerate(parts)
        ]  # fmt: skip


def encode(proof: dict[str, Any]) -> bytes:
    return canonical.dumps(proof) + b"\n"
