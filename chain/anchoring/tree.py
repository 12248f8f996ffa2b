"""Append-only Merkle tree of RFC 6962 (section 2.1) over SM3, stored as tiles of 256 hashes.

Leaf hash = SM3(0x00 || data), node hash = SM3(0x01 || left || right). Tile (level, i) holds the roots of the
complete subtrees of 256**level leaves with numbers 256*i to 256*i+255, 32 bytes each, in order. A hash in a
tile never changes; the last tile of a level only grows. Any node is thus computed from one tile, and any of n
leaves is proven with about log256(n) reads.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Protocol

HASH_SIZE = 32
TILE_WIDTH = 256
TILE_HEIGHT = 8
CACHED_TILES = 64

# copy() of a prepared state costs half of hashlib.new("sm3"), which looks the algorithm up each time.
_EMPTY = hashlib.new("sm3", b"")
EMPTY_ROOT = _EMPTY.digest()


class TreeError(ValueError):
    """A path or a size that cannot be right; a proof that does not lead to the root."""


class TileStore(Protocol):
    """Where tiles live. ``write`` replaces a tile by one that starts with the same bytes."""

    def read(self, level: int, index: int) -> bytes: ...

    def write(self, level: int, index: int, hashes: bytes) -> None: ...


class MemoryTiles:
    """Tiles of a tree that needs no disk: recomputation and checks."""

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, int], bytes] = {}

    def read(self, level: int, index: int) -> bytes:
        return self._tiles.get((level, index), b"")

    def write(self, level: int, index: int, hashes: bytes) -> None:
        self._tiles[level, index] = hashes


def leaf_hash(data: bytes) -> bytes:
    """SM3(0x00 || data)."""
    state = _EMPTY.copy()
    state.update(b"\x00" + data)
    return state.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SM3(0x01 || left || right)."""
    state = _EMPTY.copy()
    state.update(b"\x01" + left + right)
    return state.digest()


def _rows(hashes: bytes) -> list[list[bytes]]:
    """All complete nodes of one tile: rows[0] are its hashes, rows[8] the root of a full one."""
    row = [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]
    rows = [row]
    for _ in range(TILE_HEIGHT):
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        rows.append(row)
    return rows


class Tree:
    """A tree of ``size`` leaves over a tile store. Reading costs a few tiles, whatever the size."""

    def __init__(self, store: TileStore, size: int = 0) -> None:
        self._store = store
        self.size = size
        self._cache: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()

    def append(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaf hashes (32 bytes each) and write every tile that grew."""
        level, start, added = 0, self.size, list(leaf_hashes)
        self.size += len(added)
        while added:
            start, added = self._append_level(level, start, added)
            level += 1

    def _append_level(self, level: int, start: int, added: Sequence[bytes]) -> tuple[int, list[bytes]]:
        roots: list[bytes] = []
        first = start // TILE_WIDTH
        done = 0
        tile = first
        while done < len(added):
            held = (start + done) - tile * TILE_WIDTH
            old = self._store.read(level, tile)[: held * HASH_SIZE] if held else b""
            if len(old) != held * HASH_SIZE:
                raise TreeError(f"tile {level}/{tile} holds fewer than {held} hashes")
            taken = added[done : done + TILE_WIDTH - held]
            hashes = old + b"".join(taken)
            if len(hashes) != (held + len(taken)) * HASH_SIZE:
                raise TreeError("a leaf hash is not 32 bytes long")
            self._store.write(level, tile, hashes)
            self._cache.pop((level, tile), None)
            if len(hashes) == TILE_WIDTH * HASH_SIZE:
                roots.append(_rows(hashes)[TILE_HEIGHT][0])
            done += len(taken)
            tile += 1
        return first, roots

    def _tile(self, level: int, index: int, needed: int) -> list[list[bytes]]:
        """Rows of a tile with at least ``needed`` hashes; kept for the next proof."""
        rows = self._cache.get((level, index))
        if rows is None or len(rows[0]) < needed:
            hashes = self._store.read(level, index)
            if len(hashes) < needed * HASH_SIZE or len(hashes) % HASH_SIZE:
                raise TreeError(f"tile {level}/{index} holds fewer than {needed} hashes")
            rows = _rows(hashes)
            self._cache[level, index] = rows
            if len(self._cache) > CACHED_TILES:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end((level, index))
        return rows

    def _complete(self, height: int, number: int) -> bytes:
        """Root of the complete subtree of leaves [number * 2**height, (number + 1) * 2**height)."""
        level, within = divmod(height, TILE_HEIGHT)
        tile, slot = divmod(number << within, TILE_WIDTH)
        return self._tile(level, tile, slot + (1 << within))[within][slot >> within]

    def _range(self, start: int, end: int) -> bytes:
        """MTH(D[start:end]); start is a multiple of the power of two that covers the range."""
        length = end - start
        height = (length - 1).bit_length()
        if length == 1 << height:
            return self._complete(height, start >> height)
        split = start + (1 << (height - 1))
        return node_hash(self._range(start, split), self._range(split, end))

    def _checked(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise TreeError(f"size {size} is not within 0..{self.size}")
        return size

    def root(self, size: int | None = None) -> bytes:
        """MTH of the first ``size`` leaves (all by default); SM3("") of none."""
        size = self._checked(size)
        return self._range(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """PATH(index, D[size]) of RFC 6962 section 2.1.1, from the leaf up."""
        size = self._checked(size)
        if not 0 <= index < size:
            raise TreeError(f"leaf {index} is not in a tree of {size}")
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            split = start + (1 << ((end - start - 1).bit_length() - 1))
            if index < split:
                path.append(self._range(split, end))
                end = split
            else:
                path.append(self._range(start, split))
                start = split
        return path[::-1]

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """PROOF(old, D[size]) of RFC 6962 section 2.1.2; empty for old in {0, size}."""
        size = self._checked(size)
        if not 0 <= old <= size:
            raise TreeError(f"no tree of {old} leaves within one of {size}")
        if old in (0, size):
            return []
        proof: list[bytes] = []
        start, end, whole = 0, size, True
        while old != end:
            split = start + (1 << ((end - start - 1).bit_length() - 1))
            if old <= split:
                proof.append(self._range(split, end))
                end = split
            else:
                proof.append(self._range(start, split))
                start, whole = split, False
        if not whole:
            proof.append(self._range(start, end))
        return proof[::-1]


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root a path leads to (RFC 9162 section 2.1.3.2); TreeError where its length is wrong."""
    if not 0 <= index < size:
        raise TreeError("index is not below size")
    node, at, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            raise TreeError("path is too long")
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise TreeError("path is too short")
    return node


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raise TreeError unless ``leaf`` is number ``index`` of the tree of ``size`` leaves with this root."""
    if root_from_path(leaf, index, size, path) != root:
        raise TreeError("path does not lead to the root")


def verify_consistency(old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise TreeError unless the tree of ``size`` leaves continues that of ``old`` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= size:
        raise TreeError("old size is larger than the new one")
    if old in (0, size):
        if proof or (old == size and old_root != root) or (old == 0 and old_root != EMPTY_ROOT):
            raise TreeError("trivial consistency proof is wrong")
        return
    nodes = list(proof)
    if old & (old - 1) == 0:
        nodes.insert(0, old_root)
    if not nodes:
        raise TreeError("proof is too short")
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise TreeError("proof is too long")
        if at & 1 or at == last:
            first, second = node_hash(node, first), node_hash(node, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, node)
        at, last = at >> 1, last >> 1
    if last or first != old_root or second != root:
        raise TreeError("the new tree does not continue the old one")
