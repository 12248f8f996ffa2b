"""The pool against a model, and its limits."""

import functools
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.ledger.embedded import mempool
from chain.ledger.embedded.mempool import Mempool, PoolError
from chain.ledger.embedded.rules import AccountRules, RuleVersion, decode_senders


@dataclass(frozen=True)
class Stub:
    """The fields that the pool reads of a transaction."""

    sender: bytes
    nonce: int
    hash: bytes
    max_fee_per_gas: int = 0
    max_priority_fee_per_gas: int = 0
    to: bytes = b"\1" * 20


def stub(sender: int, nonce: int, salt: int = 0, fee: int = 0, tip: int | None = None) -> Any:
    """Return a transaction as far as the pool looks at one."""
    digest = bytes([sender, salt]) + nonce.to_bytes(30, "big")
    return Stub(bytes([sender]) * 20, nonce, digest, fee, fee if tip is None else tip)


def hashes(pool: Mempool) -> list[bytes]:
    return [entry.hash for entry in pool.entries()]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6)), max_size=30), st.lists(st.integers(0, 30), max_size=10)
)
def test_executable_is_gapless_and_in_order_of_arrival(arrivals: list[tuple[int, int]], removals: list[int]) -> None:
    state = {bytes([sender]) * 20: sender for sender in range(3)}
    pool = Mempool(lambda sender: state[sender])
    model: dict[tuple[int, int], int] = {}
    for order, (sender, nonce) in enumerate(arrivals):
        try:
            pool.add(stub(sender, nonce), b"raw")
        except PoolError:
            assert nonce < sender or (sender, nonce) in model
        else:
            assert nonce >= sender
            model[sender, nonce] = order
    for index in removals:
        if index < len(arrivals):
            sender, nonce = arrivals[index]
            pool.remove([stub(sender, nonce).hash])
            model.pop((sender, nonce), None)
    expected = {
        (sender, nonce) for sender, nonce in model
        if all((sender, below) in model for below in range(sender, nonce))
    }
    got = [(entry.sender[0], entry.transaction.nonce) for entry in pool.executable()]
    assert set(got) == expected and len(got) == len(expected)
    for sender in range(3):
        nonces = [nonce for owner, nonce in got if owner == sender]
        assert nonces == sorted(nonces)
        assert pool.next_nonce(bytes([sender]) * 20) == sender + len(nonces)
    assert pool.has_executable() == bool(expected)
    assert pool.counts() == (len(expected), len(model) - len(expected))


def test_what_the_pool_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Mempool(lambda sender: 5)
    pool.add(stub(1, 5), b"x")
    for refused, words in (
        (stub(1, 5), "already known"), (stub(1, 5, 1), "underpriced"), (stub(1, 4), "too low"),
        (stub(1, 6 + mempool.MAX_NONCE_GAP + 1), "too far"),
    ):
        with pytest.raises(PoolError, match=words):
            pool.add(refused, b"x")
    monkeypatch.setattr(mempool, "MAX_PER_SENDER", 1)
    with pytest.raises(PoolError, match="too many"):
        pool.add(stub(1, 6), b"x")
    monkeypatch.setattr(mempool, "MAX_TRANSACTIONS", 1)
    with pytest.raises(PoolError, match="full"):
        pool.add(stub(2, 5), b"x")


@pytest.mark.parametrize(("old", "new", "tip", "taken"), [
    (0, 0, 0, False), (0, 1, 1, True), (100, 109, 109, False), (100, 110, 110, True), (100, 200, 100, False),
    (100, 200, 110, True), (100, 99, 99, False), (1, 2, 2, True),
])
def test_what_is_outbid_in_both_fees_is_replaced(old: int, new: int, tip: int, taken: bool) -> None:
    pool = Mempool(lambda sender: 5)
    first, second = stub(1, 5, fee=old), stub(1, 5, salt=1, fee=new, tip=tip)
    pool.add(first, b"raw")
    if not taken:
        with pytest.raises(PoolError, match="underpriced"):
            pool.add(second, b"raw")
        assert hashes(pool) == [first.hash]
        return
    entry = pool.add(second, b"raw")
    assert entry.outbid is not None and entry.outbid.hash == first.hash
    assert hashes(pool) == [second.hash] and pool.next_nonce(b"\1" * 20) == 6
    # what did not reach the disk is taken back, and what was acknowledged before it waits again
    pool.take_back(entry)
    assert hashes(pool) == [first.hash] and pool.next_nonce(b"\1" * 20) == 6
    pool.take_back(entry)
    assert hashes(pool) == [first.hash]


def test_what_can_never_be_sealed_is_taken_out() -> None:
    nonces = {bytes([sender]) * 20: 0 for sender in (1, 2)}
    pool = Mempool(lambda sender: nonces[sender])
    for sender, nonce in ((1, 0), (1, 1), (2, 0), (2, 4)):
        pool.add(stub(sender, nonce), b"raw")
    nonces[b"\1" * 20] = 1
    assert [entry.transaction.nonce for entry in pool.take_stale([b"\1" * 20, b"\3" * 20])] == [0]
    assert pool.take_refused(lambda sender, creates: False) == []
    unlisted = pool.take_refused(lambda sender, creates: sender != b"\1" * 20)
    assert sorted(entry.transaction.nonce for entry in unlisted) == [0, 4], "those behind a gap as well"
    assert hashes(pool) == [stub(1, 1).hash] and pool.counts() == (1, 0)


def test_arrivals_are_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mempool, "RECENT_ARRIVALS", 3)
    pool = Mempool(lambda sender: 0)
    for nonce in range(5):
        pool.add(stub(1, nonce), b"raw")
    assert pool.arrivals_since(4) == (5, [stub(1, 4).hash])
    assert len(pool.arrivals_since(0)[1]) == 3 and pool.arrivals_since(5) == (5, [])


def test_allow_list_versions() -> None:
    member = b"\1" * 20
    rules = AccountRules([RuleVersion(10, frozenset({member}))])
    check = functools.partial(rules.check, creates=False, storage=lambda address, slot: 0)
    check(b"\2" * 20, 9)
    check(member, 10)
    with pytest.raises(Exception, match="allow-list"):
        check(b"\2" * 20, 10)
    with pytest.raises(ValueError, match="past"):
        rules.add(RuleVersion(9, None))
    rules.add(RuleVersion(12, None))
    assert rules.senders_at(11) == frozenset({member}) and rules.senders_at(12) is None


@pytest.mark.parametrize("text", ['{"a": 1}', "[1]", '["0x12"]', '["zz"]', "[[]]", "x"])
def test_a_malformed_allow_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode_senders(text)
    assert decode_senders("null") is None
