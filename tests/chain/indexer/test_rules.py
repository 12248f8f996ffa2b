"""Pure parts: the shared block, sums, periods, decoding against eth_abi."""

from collections import Counter
from typing import Any

import pytest
from eth_abi import encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chain.indexer import rollups, turns
from chain.indexer.decoder import Decoder, Known, text_of
from chain.indexer.rollups import DAY, MINUTE, Sums
from chain.indexer.rules import ancestor
from chain.ledger.headers import BFT_MIX_HASH

pytestmark = pytest.mark.pure
ADDRESS = "0x" + "12" * 20


@given(st.integers(0, 3_000), st.integers(-1, 3_000))
def test_the_shared_block_is_found_near_the_top_first(height: int, shared: int) -> None:
    shared, asked = min(shared, height), []

    def same(number: int) -> bool:
        assert 0 <= number <= height
        asked.append(number)
        return number <= shared

    assert ancestor(height, same) == shared
    assert len(asked) <= 4 + 2 * max(height - shared, 1).bit_length()


@given(st.integers(0, 400 * DAY), st.integers(0, 400 * DAY))
def test_pieces_of_a_period_join_without_gap_and_are_aligned(one: int, other: int) -> None:
    start, end = 1_700_000_000 + min(one, other), 1_700_000_000 + max(one, other)
    found = list(rollups.pieces(start, end))
    edges = [start, *[part[2] for part in found]]
    assert [part[1] for part in found] == edges[:-1] and (edges[-1] == end or start == end)
    for grain, first, last in found:
        assert first < last
        if grain != "rows":
            assert rollups.start_of(grain, first) == first and rollups.start_of(grain, last) == last
        else:
            assert last - first < 2 * MINUTE
    assert sum(last - first for grain, first, last in found if grain == "minute") < 2 * DAY


def test_days_and_quarters_are_beijings() -> None:
    midnight = 1_767_196_800  # 2026-01-01T00:00:00+08:00
    assert rollups.start_of("day", midnight) == midnight == rollups.start_of("quarter", midnight)
    assert rollups.start_of("day", midnight - 1) == midnight - DAY
    assert rollups.end_of("quarter", midnight - 1) == midnight and rollups.end_of("day", midnight - 1) == midnight
    assert rollups.end_of("quarter", midnight) == midnight + 90 * DAY


_sums = st.builds(
    lambda second, transactions, gap, number: (second, Sums(
        blocks=1, empty=int(transactions == 0), transactions=transactions, first_block=number, last_block=number,
        peak=transactions, peak_at=second // 60 * 60, intervals=Counter({gap: 1}), failures=Counter(a=transactions),
    )),
    st.integers(1_767_100_000, 1_767_300_000), st.integers(0, 9), st.integers(0, 5), st.integers(1, 99),
)


@given(st.lists(_sums, max_size=30))
def test_sums_do_not_depend_on_the_order_and_rows_hold_them(parts: list[tuple[int, Sums]]) -> None:
    minutes: dict[int, Sums] = {}
    for second, one in parts:
        minute = minutes.setdefault(second // 60 * 60, Sums())
        minute.add(one)
        minute.peak, minute.peak_at = minute.transactions, second // 60 * 60
    whole, backwards = rollups.total(minutes.values()), rollups.total(reversed(minutes.values()))
    assert whole == backwards == rollups.total(rollups.group(minutes.items(), "day").values())
    if parts:
        row = type("Row", (), rollups.to_row("day", 0, whole))
        assert rollups.from_row(row) == (0, whole)


def test_intervals_are_nearest_rank() -> None:
    found = rollups.intervals(Counter({1: 98, 5: 1, 600: 1}))
    assert (found.count, found.mean, found.p50, found.p99, found.longest) == (100, 7_030, 1_000, 5_000, 600_000)
    assert rollups.intervals(Counter()).mean is None


def _abi(name: str, *inputs: tuple[str, str, bool]) -> dict[str, Any]:
    return {"type": "event", "name": name, "anonymous": False, "inputs": [
        {"name": one, "type": kind, "indexed": indexed} for one, kind, indexed in inputs
    ]}  # fmt: skip


STATIC = _abi("Seen", ("id", "bytes32", True), ("who", "address", True), ("n", "uint64", False), ("s", "int32", False),
    ("ok", "bool", False), ("b", "bytes4", False))
DYNAMIC = _abi("Told", ("topic", "string", True), ("text", "string", False), ("list", "uint256[]", False),
    ("small", "uint8", False))
DECODER = Decoder([Known(ADDRESS, "Thing", (STATIC, DYNAMIC))])


def _signature(entry: dict[str, Any]) -> bytes:
    return bytes(keccak(f"{entry['name']}({','.join(one['type'] for one in entry['inputs'])})".encode()))


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=20, max_size=20), st.integers(0, 2**64 - 1),
    st.integers(-2**31, 2**31 - 1), st.booleans(), st.binary(min_size=4, max_size=4))
def test_static_events_decode_as_encoded(
    id_: bytes, who: bytes, number: int, signed: int, flag: bool, four: bytes
) -> None:
    topics = _signature(STATIC) + id_ + bytes(12) + who
    data = encode(["uint64", "int32", "bool", "bytes4"], [number, signed, flag, four])
    found = DECODER.event(ADDRESS, topics, data)
    assert found is not None and found.arguments == {
        "id": "0x" + id_.hex(), "who": "0x" + who.hex(), "n": str(number), "s": signed, "ok": flag,
        "b": "0x" + four.hex(),
    }
    assert DECODER.event(ADDRESS, topics, data + b"\0") is None and DECODER.event(ADDRESS, topics, data[:-1]) is None
    assert DECODER.event(ADDRESS, topics[:-32], data) is None and DECODER.event("0x" + "99" * 20, topics, data) is None


@given(st.text(max_size=40), st.lists(st.integers(0, 2**256 - 1), max_size=4), st.integers(0, 255))
def test_dynamic_events_go_through_eth_abi(text: str, numbers: list[int], small: int) -> None:
    text = text.encode("utf-8", "replace").decode()
    topics = _signature(DYNAMIC) + keccak(b"topic")
    data = encode(["string", "uint256[]", "uint8"], [text, numbers, small])
    found = DECODER.event(ADDRESS, topics, data)
    assert found is not None and found.arguments == {
        "topic": "0x" + keccak(b"topic").hex(), "text": text, "list": [str(one) for one in numbers], "small": small,
    }


@given(st.binary(max_size=200), st.integers(0, 4))
def test_hostile_logs_never_raise(data: bytes, topics: int) -> None:
    for entry in (STATIC, DYNAMIC):
        DECODER.event(ADDRESS, _signature(entry) + bytes(32 * topics), data)
    DECODER.call(ADDRESS, data, None)
    name, text = DECODER.failure(ADDRESS, data)
    assert len(name) <= 80 and len(text) <= 300


def test_words_with_bits_that_their_type_has_no_place_for_are_refused() -> None:
    topics = _signature(STATIC) + bytes(64)
    for at, word in ((0, 2**64), (1, 2**31), (2, 2), (3, 1)):
        words = [0, 0, 0, 0]
        words[at] = word
        assert DECODER.event(ADDRESS, topics, b"".join(one.to_bytes(32, "big") for one in words)) is None
    assert DECODER.event(ADDRESS, _signature(STATIC) + bytes(32) + b"\1" * 32, bytes(128)) is None


def test_stream_names() -> None:
    assert text_of(b"catalog/2".ljust(32, b"\0")) == "catalog/2" and text_of(bytes(32)) == ""
    assert text_of(b"\xff" * 32) == "0x" + "ff" * 32


def test_missed_turns_by_engine() -> None:
    import rlp

    extra = rlp.encode([bytes(32), [b"\1" * 20], b"", (3).to_bytes(1, "big"), [b"\2" * 65]])
    block = {"number": "0x5", "miner": "0x" + "aB" * 20, "extraData": "0x" + extra.hex(), "difficulty": "0x1",
        "mixHash": BFT_MIX_HASH}
    assert turns.sealer_and_missed("besu/v26.3.0", block) == ("0x" + "ab" * 20, 3)
    assert turns.sealer_and_missed("mulian-poa/1", block) == ("0x" + "ab" * 20, 0)
    assert turns.sealer_and_missed("besu/v26", {**block, "extraData": "0xzz"[:2] + "c0"})[1] == 0
    assert turns.why_none("mulian-poa/1") == "single_sealer" and turns.why_none("Geth/v1") is None


def test_a_clique_block_names_its_signer_and_a_turn_taken_for_another() -> None:
    import coincurve
    import rlp
    from eth_hash.auto import keccak as hash_

    key = coincurve.PrivateKey(b"\x21" * 32)
    names = ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom")
    block: dict[str, Any] = {name: "0x" + "00" * (256 if name == "logsBloom" else 32) for name in names}
    block |= {"miner": "0x" + "00" * 20, "difficulty": "0x1", "number": "0x7", "gasLimit": "0x8", "gasUsed": "0x0",
        "timestamp": "0x9", "mixHash": "0x" + "00" * 32, "nonce": "0x" + "00" * 8, "baseFeePerGas": "0x0"}
    fields = [bytes(32), bytes(32), bytes(20), bytes(32), bytes(32), bytes(32), bytes(256), b"\1", b"\7", b"\x08", b"",
        b"\x09", bytes(32), bytes(32), bytes(8), b""]
    seal = key.sign_recoverable(hash_(rlp.encode(fields)), hasher=None)
    block["extraData"] = "0x" + (bytes(32) + seal).hex()
    mine = "0x" + hash_(key.public_key.format(False)[1:])[-20:].hex()
    assert turns.sealer_and_missed("geth/v1.13.15", block) == (mine, 1)
    # difficulty is signed too: another one names another signer
    assert turns.sealer_and_missed("geth/v1.13.15", {**block, "difficulty": "0x2"}) != (mine, 0)
