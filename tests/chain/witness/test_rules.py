"""The decision whether to sign, and the one byte form of requests and answers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.anchoring.tree import MemoryTiles, Tree, leaf_hash
from chain.witness import rules
from chain.witness.rules import Checkpoint, Decision, Request, decide
from crypto.sm import sm2

pytestmark = pytest.mark.pure
ORIGIN = f"mulian:1:0x{'22' * 32}:0x{'33' * 20}"


def grown(size: int, mark: bytes = b"") -> Tree:
    tree = Tree(MemoryTiles())
    tree.append([leaf_hash(mark + bytes([at])) for at in range(size)])
    return tree


def point(size: int, root: bytes) -> Checkpoint:
    return Checkpoint(ORIGIN, "catalog", size, root, "2026-11-21T03:04:05.000006Z", b"\x04" * 65, bytes(64))


TREE, OTHER = grown(20), grown(20, b"x")


def request(size: int, old: int, *, tree: Tree = TREE) -> Request:
    return Request(point(size, tree.root(size)), old, tree.consistency(old, size) if 0 < old <= size else [])


def known(size: int) -> Checkpoint:
    return point(size, TREE.root(size))


@pytest.mark.parametrize(("last", "asked", "seen", "expected"), [
    (None, request(5, 0), None, Decision.SIGN),
    (None, request(5, 3), None, Decision.OTHER_SIZE),
    (known(5), request(9, 5), None, Decision.SIGN),
    (known(5), request(5, 5), TREE.root(5), Decision.AGAIN),
    (known(5), request(5, 0), TREE.root(5), Decision.AGAIN),
    (known(5), request(9, 0), None, Decision.OTHER_SIZE),
    (known(5), request(9, 4), None, Decision.OTHER_SIZE),
    (known(9), request(5, 0), None, Decision.OTHER_SIZE),
    (known(9), request(5, 9), None, Decision.OTHER_SIZE),
    (known(9), request(5, 0), TREE.root(5), Decision.OTHER_SIZE),
    (known(9), request(5, 0, tree=OTHER), TREE.root(5), Decision.CONTRADICTION),
    (known(5), request(5, 5, tree=OTHER), TREE.root(5), Decision.CONTRADICTION),
    (known(5), request(9, 5, tree=OTHER), None, Decision.CONTRADICTION),
    (known(5), Request(point(9, TREE.root(9)), 5, []), None, Decision.CONTRADICTION),
])  # fmt: skip
def test_decide(last: Checkpoint | None, asked: Request, seen: bytes | None, expected: Decision) -> None:
    assert decide(last, asked, seen) is expected


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 20), st.integers(0, 20)), max_size=30))
def test_whatever_is_asked_all_that_was_signed_lies_in_one_tree(asked: list[tuple[bool, int, int]]) -> None:
    """Two histories are offered in any order, with any starting point: a witness only ever signs one of them."""
    seen: dict[int, bytes] = {}
    last: Checkpoint | None = None
    for other, size, old in asked:
        wanted = request(size, old, tree=OTHER if other else TREE)
        decision = decide(last, wanted, seen.get(size))
        if decision is Decision.SIGN:
            last = wanted.checkpoint
            seen[size] = last.root
        if decision is Decision.AGAIN:
            assert seen[size] == wanted.checkpoint.root
    sizes = sorted(seen)
    for tree in (TREE, OTHER):
        if sizes and seen[sizes[0]] == tree.root(sizes[0]):
            assert all(seen[size] == tree.root(size) for size in sizes)


def signed_request() -> bytes:
    private, public = sm2.generate()
    first = point(9, TREE.root(9))
    whole = Checkpoint(**(vars(first) | {"key": public, "signature": sm2.sign(private, first.body())}))
    return Request(whole, 4, TREE.consistency(4, 9)).as_bytes()


def test_requests_and_answers_have_one_byte_form() -> None:
    data = signed_request()
    assert rules.read_request(data).as_bytes() == data
    answer = rules.Answer(ORIGIN, "catalog/2", 9, b"\x04" * 65, "2026-11-21T03:04:05.000006Z", bytes(64))
    assert rules.read_answer(answer.as_bytes()) == answer
    for other in (data[:-1], data + b"\n", b" " + data, b"", b"null\n", b"[" * 50_000 + b"\n", answer.as_bytes()):
        with pytest.raises((ValueError, TypeError, KeyError)):
            rules.read_request(other)


@pytest.mark.parametrize(("path", "value"), [
    (("old",), -1), (("old",), True), (("old",), 2**53), (("path",), "x"), (("path",), ["00"]), (("more",), 1),
    (("path",), ["00" * 32] * 129), (("checkpoint", "size"), 0), (("checkpoint", "stream"), "../x"),
    (("checkpoint", "stream"), "catalog/1"), (("checkpoint", "key"), "04"), (("checkpoint", "note"), "x"),
    (("checkpoint", "time"), "2026-19-21T03:04:05.000006Z"), (("checkpoint", "time"), "now"),
    (("checkpoint", "origin"), "x" * 201),
])  # fmt: skip
def test_requests_that_are_none(path: tuple[str, ...], value: Any) -> None:
    whole = json.loads(signed_request())
    at = whole
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    from kernel import canonical

    with pytest.raises((ValueError, TypeError, KeyError)):
        rules.read_request(canonical.dumps(whole) + b"\n")
