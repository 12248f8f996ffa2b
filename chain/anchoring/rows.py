"""Row trees: many small rows under one leaf of a stream, so that one row is proven by two paths.

A feeder gives the root and the number of its rows in the leaf's record (``row_root``, ``rows``). A row's leaf is
SM3(0x00 || canonical {format, row, salt}); its salt is derived from a key of the installation and the row's place, so
that a proof shows the salt of its own row and nothing about the neighbours, and no salt has to be stored.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from chain.anchoring import queries
from chain.anchoring.errors import ANCHOR_NOT_FOUND
from chain.anchoring.proofs import Maker
from chain.anchoring.tree import MemoryTiles, Tree, leaf_hash
from kernel import canonical
from kernel.digest import HmacSm3
from kernel.secretbox.port import SecretBox

_PURPOSE = "chain.anchor.row"
FORMAT = "mulian-row-proof-1"


class RowHasher:
    """Leaf hashes of the rows below one leaf; the leaf is named by its object, so that rows never share a salt."""

    def __init__(self, box: SecretBox, object_type: str, object_id: str, version: int) -> None:
        self._salts = HmacSm3(box.mac(_PURPOSE, canonical.dumps([object_type, object_id, version])))

    def salt(self, index: int) -> bytes:
        """Return the salt of a row, 32 bytes."""
        return self._salts.mac(index.to_bytes(8, "big"))

    def leaf(self, index: int, row: bytes) -> bytes:
        """Return the leaf hash of a row given as canonical JSON."""
        return leaf_hash(b'{"format":"mulian-row-1","row":%b,"salt":"%b"}' % (row, self.salt(index).hex().encode()))

    def leaves(self, rows: Iterable[bytes], start: int = 0) -> list[bytes]:
        """Return the leaf hashes of rows that follow each other from ``start`` on."""
        return [self.leaf(index, row) for index, row in enumerate(rows, start)]


def grow(leaves: Sequence[bytes]) -> Tree:
    """Return the tree over leaf hashes, in memory."""
    tree = Tree(MemoryTiles())
    tree.append(leaves)
    return tree


def proof(
    session: Session, *, stream: str, object_type: str, object_id: str, version: int, index: int, row: dict[str, Any],
    salt: bytes, path: Sequence[bytes],
) -> bytes:
    """Return the file that proves a row: canonical JSON and a newline.

    Raises ``chain.anchor.not_found`` and ``chain.anchor.not_final`` about the leaf that the row stands under.
    """
    leaf = queries.leaf_of(session, object_type, object_id, version)
    if leaf is None or leaf.stream != stream:
        raise ANCHOR_NOT_FOUND()
    document = {
        "format": FORMAT, "row": row, "salt": salt.hex(), "index": index, "path": [node.hex() for node in path],
        "proof": Maker(session).document(leaf),
    }  # fmt: skip
    return canonical.dumps(document) + b"\n"
