"""The SM3 tree against the definition of RFC 6962 itself, written out naively."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.anchoring.tree import (
    EMPTY_ROOT,
    TILE_WIDTH,
    MemoryTiles,
    Tree,
    TreeError,
    leaf_hash,
    node_hash,
    root_from_path,
    verify_consistency,
    verify_inclusion,
)
from tests.support.scale import Scale


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def split(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def mth(data: list[bytes]) -> bytes:
    if not data:
        return sm3(b"")
    if len(data) == 1:
        return sm3(b"\0" + data[0])
    return sm3(b"\1" + mth(data[: split(len(data))]) + mth(data[split(len(data)) :]))


def path(index: int, data: list[bytes]) -> list[bytes]:
    if len(data) == 1:
        return []
    at = split(len(data))
    if index < at:
        return [*path(index, data[:at]), mth(data[at:])]
    return [*path(index - at, data[at:]), mth(data[:at])]


def subproof(old: int, data: list[bytes], whole: bool) -> list[bytes]:
    if old == len(data):
        return [] if whole else [mth(data)]
    at = split(len(data))
    if old <= at:
        return [*subproof(old, data[:at], whole), mth(data[at:])]
    return [*subproof(old - at, data[at:], False), mth(data[:at])]


def grown(data: list[bytes], steps: list[int]) -> Tree:
    tree = Tree(MemoryTiles())
    at = 0
    for step in [*steps, len(data)]:
        tree.append([leaf_hash(item) for item in data[at : at + step]])
        at += step
    return tree


def items(size: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(size)]


def test_vectors() -> None:
    """Roots of the inputs of the Certificate Transparency reference tests, hashed with SM3."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    tree = Tree(MemoryTiles())
    tree.append([leaf_hash(bytes.fromhex(item)) for item in inputs])
    assert EMPTY_ROOT.hex() == "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"
    assert tree.root(1).hex() == sm3(b"\0").hex()
    assert tree.root(8).hex() == ROOT_OF_EIGHT


ROOT_OF_EIGHT = "bc48ba7a709184b5f2a631e1adeb8dc2a0d4c018c1d6cc89b5664fe154c93b38"


@given(size=st.integers(1, 70), steps=st.lists(st.integers(0, 30), max_size=5), choose=st.data())
def test_equals_the_definition(size: int, steps: list[int], choose: st.DataObject) -> None:
    data = items(size)
    tree = grown(data, steps)
    at = choose.draw(st.integers(1, size))
    index = choose.draw(st.integers(0, at - 1))
    old = choose.draw(st.integers(1, at))
    assert tree.size == size and tree.root(at) == mth(data[:at])
    assert tree.inclusion(index, at) == path(index, data[:at])
    assert tree.consistency(old, at) == subproof(old, data[:at], True)
    verify_inclusion(leaf_hash(data[index]), index, at, tree.inclusion(index, at), tree.root(at))
    verify_consistency(old, at, tree.root(old), tree.root(at), tree.consistency(old, at))


def test_across_tiles(scale: Scale) -> None:
    """Sizes around full tiles of level 0 and 1; every proof leads to the root."""
    size = scale.of(3 * TILE_WIDTH + 5, TILE_WIDTH**2 + 300)
    hashes = [leaf_hash(item) for item in items(size)]
    tree = Tree(MemoryTiles())
    for start in range(0, size, 997):
        tree.append(hashes[start : start + 997])
    for at in (1, 255, 256, 257, 511, 512, 513, 767, size - 1, size):
        root = tree.root(at)
        for index in {0, at // 2, max(at - 2, 0), at - 1}:
            verify_inclusion(hashes[index], index, at, tree.inclusion(index, at), root)
        for old in {0, 1, at // 3, at}:
            verify_consistency(old, at, tree.root(old), root, tree.consistency(old, at))


def test_every_wrong_proof_is_refused() -> None:
    data = items(11)
    tree = grown(data, [])
    root = tree.root()
    for index in range(11):
        leaf, proof = leaf_hash(data[index]), tree.inclusion(index)
        for other in range(-1, 12):
            if other != index:
                with pytest.raises(TreeError):
                    verify_inclusion(leaf, other, 11, proof, root)
        for wrong in (proof[1:], proof[:-1], [*proof, root], [root, *proof], proof[::-1] if len(proof) > 1 else [root]):
            with pytest.raises(TreeError):
                verify_inclusion(leaf, index, 11, wrong, root)
        with pytest.raises(TreeError):
            verify_inclusion(node_hash(leaf, leaf), index, 11, proof, root)
    for old in range(1, 11):
        proof = tree.consistency(old)
        for wrong in (proof[1:], proof[:-1], [*proof, root]):
            with pytest.raises(TreeError):
                verify_consistency(old, 11, tree.root(old), root, wrong)
        with pytest.raises(TreeError):
            verify_consistency(old, 11, leaf_hash(b"x"), root, proof)
    with pytest.raises(TreeError):
        verify_consistency(0, 11, root, root, [])


def test_a_torn_tile_is_noticed() -> None:
    store = MemoryTiles()
    tree = Tree(store)
    tree.append([leaf_hash(item) for item in items(300)])
    store.write(0, 1, store.read(0, 1)[:-32])
    again = Tree(store, 300)
    with pytest.raises(TreeError):
        again.root()
    with pytest.raises(TreeError):
        again.append([leaf_hash(b"next")])
    with pytest.raises(TreeError):
        again.inclusion(300)
    with pytest.raises(TreeError):
        root_from_path(leaf_hash(b""), 1, 1, [])


def test_few_reads_prove_any_leaf() -> None:
    """A proof reads about one tile a level, not the leaves."""

    class Counting(MemoryTiles):
        reads = 0

        def read(self, level: int, index: int) -> bytes:
            self.reads += 1
            return super().read(level, index)

    store = Counting()
    tree = Tree(store)
    tree.append([leaf_hash(b"same")] * 70_000)
    store.reads = 0
    Tree(store, 70_000).inclusion(12_345)
    assert store.reads <= 7
