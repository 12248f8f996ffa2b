"""The broker without processes: nonces, buckets, quotas of calls and bytes, frames, sealed batches."""

import asyncio
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker import frames
from gateway.broker.ledger import Debit, Debited
from gateway.broker.limits import BYTES, CALLS, DAY, MONTH, Limits, chunk_of, ends, lease_of
from gateway.broker.nonces import NonceTable, identity
from gateway.broker.quota import RECHECK_SECONDS, Bucket, Quotas
from gateway.broker.sealed import Sealed
from kernel import clock
from kernel.digest import hmac_sm3

TODAY = date(2026, 11, 21)
GRANT = b"g" * 16


def _digest(number: int) -> bytes:
    return number.to_bytes(16)


# -- nonces ----------------------------------------------------------------------------------------------------------
def test_nonces_are_kept_over_restarts_and_expire_late(tmp_path: Path) -> None:
    table = NonceTable.open(tmp_path, 1000.0, boot="a")
    assert [table.add(_digest(1), 1000), table.add(_digest(1), 1000), table.add(_digest(2), 1290)] == ["", "replay", ""]
    table.commit()
    table.close()
    again = NonceTable.open(tmp_path, 1010.0, boot="a")
    assert (again.floor, again.add(_digest(1), 1000), again.add(_digest(2), 1290)) == (0, "replay", "replay")
    again.expire(1000 + 330)
    assert again.add(_digest(1), 1000) == "replay", "kept until timestamp + 330 s"
    again.expire(1000 + 330 + 120)
    assert len(again) == 1
    again.close()


def test_floor_after_a_host_crash_and_of_an_application_taken_over(tmp_path: Path) -> None:
    NonceTable.open(tmp_path / "a", 1000.0, boot="a").close()
    other = NonceTable.open(tmp_path / "a", 2000.0, boot="b")
    assert (other.floor, other.add(_digest(1), 2030), other.add(_digest(1), 2031)) == (2030, "floor", "")
    fresh = NonceTable.open(tmp_path / "new", 2000.0, boot="a")
    assert fresh.floor == 0
    assert [fresh.add(_digest(1), at, floor=2100) for at in (2100, 2101)] == ["floor", ""]


def test_a_lost_or_copied_journal_is_another_broker(tmp_path: Path) -> None:
    first = identity(tmp_path / "a")
    assert identity(tmp_path / "a") == first
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "id").write_bytes((tmp_path / "a" / "id").read_bytes())
    assert identity(tmp_path / "copy") not in ("", first)
    (tmp_path / "a" / "id").unlink()
    assert identity(tmp_path / "a") != first


def test_a_full_table_refuses_and_a_torn_journal_is_cut(tmp_path: Path) -> None:
    table = NonceTable.open(tmp_path, 1000.0, boot="a", capacity=2)
    assert [table.add(_digest(number), 1000) for number in range(3)] == ["", "", "full"]
    assert table.add(_digest(0), 1000) == "replay", "nothing was forgotten for it"
    table.commit()
    table.close()
    path = next(tmp_path.glob("*.nonces"))
    path.write_bytes(path.read_bytes() + b"torn")
    again = NonceTable.open(tmp_path, 1000.0, boot="a")
    assert len(again) == 2 and path.stat().st_size % 24 == 0
    again.close()


# -- quotas ----------------------------------------------------------------------------------------------------------
class Ledger:
    """Debits as the database would; answers later when told to."""

    def __init__(self) -> None:
        self.used: dict[tuple[str, str], int] = {}
        self.late: list[Callable[[], None]] = []
        self.broken = False

    def debited(self, measure: str = CALLS) -> int:
        return self.used.get((measure, DAY), 0)

    def __call__(self, one: Debit, done: Callable[[Debited | None], None]) -> None:
        if self.broken:
            self.late.append(lambda: done(None))
            return
        keys = [(one.measure, DAY), (one.measure, MONTH)]
        room, spent = min(
            (quota - self.used.get(key, 0), key[1]) for key, quota in zip(keys, one.quota, strict=True) if quota
        )
        units = max(0, min(one.want, room))
        for key in keys:
            self.used[key] = self.used.get(key, 0) + units
        self.late.append(lambda: done(Debited(units, spent if units < one.want else "")))

    def settle(self) -> None:
        while self.late:
            self.late.pop(0)()


def _ask(limits: Limits, want: int = 1, kind: int = frames.TAKE) -> frames.Ask:
    return frames.Ask(kind, 1, 0, frames.NO_DIGEST, frames.NO_DIGEST, GRANT, want, *limits)


class Desk:
    """Quotas with a ledger, and what was answered."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.quotas = Quotas(self.ledger)
        self.answers: list[tuple[int, int]] = []

    def take(self, limits: Limits, want: int = 1, *, kind: int = frames.TAKE, now: float = 0.0, day: date = TODAY,
             settle: bool = True) -> tuple[int, int]:
        self.quotas.take(
            _ask(limits, want, kind), now, day, lambda verdict, units, retry: self.answers.append((verdict, units)),
        )
        if settle:
            self.ledger.settle()
        return self.answers[-1] if self.answers else (-1, 0)


@given(st.integers(1, 3000), st.sampled_from([0, 500, 2500]), st.lists(st.integers(1, 40), min_size=1, max_size=60),
       st.booleans())
def test_quota_is_never_exceeded_and_small_ones_are_exact(
    day_quota: int, month_quota: int, wants: list[int], settle_each: bool,
) -> None:
    desk, limits = Desk(), Limits(calls_day=day_quota, calls_month=month_quota)
    quota = min(day_quota, month_quota or day_quota)
    for want in wants:
        desk.take(limits, want, settle=settle_each)
    desk.ledger.settle()
    granted = sum(units for verdict, units in desk.answers if verdict == frames.OK)
    assert len(desk.answers) == len(wants)
    assert granted <= desk.ledger.debited() <= quota
    assert desk.ledger.debited() - granted <= chunk_of(CALLS, limits.quota(CALLS)) * 3 // 2 + max(wants)
    if any(verdict != frames.OK for verdict, _ in desk.answers):
        assert granted == quota
        spent = frames.CALLS_MONTH if month_quota and month_quota < day_quota else frames.CALLS_DAY
        if month_quota != day_quota:
            assert {verdict for verdict, _ in desk.answers} <= {frames.OK, spent}
    assert sum(one.want for one in desk.quotas.unused()) == desk.ledger.debited() - granted


@given(st.integers(1, 5000), st.lists(st.integers(0, 900), min_size=1, max_size=40), st.booleans())
def test_volume_is_all_or_nothing_and_never_exceeded(quota: int, sizes: list[int], settle_each: bool) -> None:
    desk, limits = Desk(), Limits(bytes_day=quota)
    for size in sizes:
        desk.take(limits, size, kind=frames.BYTES, settle=settle_each)
    desk.ledger.settle()
    assert len(desk.answers) == len(sizes)
    left = sum(units for verdict, units in desk.answers if verdict == frames.OK)
    assert left <= desk.ledger.debited(BYTES) <= quota
    assert all(verdict in (frames.OK, frames.BYTES_DAY) for verdict, _ in desk.answers)
    assert all(units in (0, *sizes) for _, units in desk.answers)
    if settle_each:  # whatever fits into the rest leaves
        rest = quota
        for size, (verdict, _) in zip(sizes, desk.answers, strict=True):
            assert (verdict == frames.OK) == (size <= rest)
            rest -= size if verdict == frames.OK else 0


def test_a_call_is_not_made_when_no_byte_could_leave() -> None:
    desk, limits = Desk(), Limits(calls_day=10, bytes_month=100)
    assert desk.take(limits) == (frames.OK, 1)
    assert desk.take(limits, 100, kind=frames.BYTES) == (frames.OK, 100)
    assert desk.take(limits) == (frames.OK, 1), "nobody knows yet that all is spent"
    assert desk.take(limits, 1, kind=frames.BYTES) == (frames.BYTES_MONTH, 0)
    assert desk.take(limits) == (frames.BYTES_MONTH, 0)
    assert desk.ledger.debited() == 2, "a refused call costs no call"
    desk.quotas.give_back(_ask(limits, 40, frames.BYTES_BACK), TODAY)
    assert desk.take(limits, 40, kind=frames.BYTES) == (frames.OK, 40)


def test_a_spent_quota_is_looked_at_again_and_at_once_when_it_was_raised() -> None:
    desk = Desk()
    assert [desk.take(Limits(calls_day=1))[0] for _ in range(3)] == [frames.OK, frames.CALLS_DAY, frames.CALLS_DAY]
    desk.ledger.used[CALLS, DAY] = 0  # another host gave units back
    assert desk.take(Limits(calls_day=1), now=RECHECK_SECONDS - 0.1)[0] == frames.CALLS_DAY
    assert desk.take(Limits(calls_day=1), now=RECHECK_SECONDS)[0] == frames.OK
    assert desk.take(Limits(calls_day=1), now=RECHECK_SECONDS)[0] == frames.CALLS_DAY
    assert desk.take(Limits(calls_day=2), now=RECHECK_SECONDS)[0] == frames.OK


def test_what_a_day_leaves_goes_back_to_its_month() -> None:
    desk, limits = Desk(), Limits(calls_day=10_000, calls_month=20_000)
    desk.take(limits)
    desk.take(limits, day=date(2026, 11, 22))
    [rest] = desk.quotas.yesterday()
    assert (rest.day, rest.want, rest.measure) == (TODAY, 99, CALLS) and not desk.quotas.yesterday()


def test_nobody_waits_for_a_database_that_is_slow_for_a_while() -> None:
    desk, limits = Desk(), Limits(calls_day=10_000)
    desk.take(limits, 30)
    desk.take(limits, 30, settle=False)
    assert (desk.ledger.debited(), len(desk.ledger.late)) == (200, 1), "less than half is left: asked for ahead"
    desk.take(limits, 30, settle=False)
    assert desk.answers == [(frames.OK, 30)] * 3, "the database has not answered yet"


def test_a_silent_database_admits_nothing() -> None:
    desk = Desk()
    desk.ledger.broken = True
    assert desk.take(Limits(calls_day=10)) == (frames.UNLIMITED, 0)


def test_bucket() -> None:
    bucket = Bucket(5.0, 0.0)
    assert [bucket.take(1, 1000, 5, 0.0)[0] for _ in range(6)] == [1] * 5 + [0]
    assert bucket.take(1, 1000, 5, 0.5) == (0, 500)
    assert bucket.take(9, 1000, 5, 3.0) == (3, 0)


@pytest.mark.parametrize("rate", [5, 100, 3000])
def test_four_workers_with_leases_stay_within_three_percent_of_the_rate(rate: int) -> None:
    """Callers ask twice as often as allowed; a lease that its worker does not use within a second is lost."""
    desk, limits = Desk(), Limits(rate=rate * 1000, burst=rate * 2)
    leases, chance = [[0, 0.0] for _ in range(4)], random.Random(7)
    admitted, now, seconds = 0, 0.0, max(3, 1500 // rate)
    while now < seconds:
        now += chance.expovariate(rate * 2)
        lease = leases[chance.randrange(4)]
        if not (lease[0] and now < lease[1]):
            verdict, granted = desk.take(limits, lease_of(limits), now=now)
            lease[:] = [granted, now + 1.0] if verdict == frames.OK else [0, 0.0]
        if lease[0]:
            lease[0] -= 1
            admitted += 1
    exact = rate * seconds + limits.burst
    assert 0.97 * exact <= admitted <= exact * 1.001


def test_spans_end_at_midnight_in_beijing() -> None:
    moment = clock.parse("2026-12-31T15:59:59Z")
    assert [clock.iso(ends(span, moment))[:19] for span in (DAY, MONTH)] == ["2026-12-31T16:00:00"] * 2
    assert clock.iso(ends(MONTH, clock.parse("2026-12-31T16:00:00Z")))[:10] == "2027-01-31"


# -- frames ----------------------------------------------------------------------------------------------------------
def test_frames_round_trip() -> None:
    ask = frames.Ask(3, 7, 1_790_000_000, b"n" * 16, b"a" * 16, GRANT, 5, *Limits(1, 2, 2**50, 2**50, 5, 6))
    assert frames.unpack_asks(frames.pack_ask(ask) * 2) == [ask, ask]
    assert ask.limits == Limits(1, 2, 2**50, 2**50, 5, 6)
    assert frames.unpack_answers(frames.pack_answer(7, 1, 2**40, 3)) == [(7, 1, 2**40, 3)]


class _Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.out = b""
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.out += bytes(data)

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


class _Inner(asyncio.Protocol):
    def __init__(self) -> None:
        self.transport: Any = None
        self.taken: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.taken.append(data)


def _pair(secret: bytes = b"s", other: bytes = b"s") -> tuple[Sealed, Sealed, _Wire, _Wire, _Inner, _Inner]:
    wires, inners = (_Wire(), _Wire()), (_Inner(), _Inner())
    caller = Sealed(inners[0], lambda randoms: hmac_sm3(secret, randoms), calling=True)
    called = Sealed(inners[1], lambda randoms: hmac_sm3(other, randoms), calling=False)
    caller.connection_made(wires[0])
    called.connection_made(wires[1])
    caller.data_received(wires[1].out)
    called.data_received(wires[0].out)
    wires[0].out = wires[1].out = b""
    return caller, called, *wires, *inners


@given(st.lists(st.binary(max_size=200), max_size=5), st.integers(1, 60))
def test_sealed_batches_arrive_in_any_pieces(batches: list[bytes], cut: int) -> None:
    _, called, wire, back, inner, taken = _pair()
    for batch in batches:
        inner.transport.write(batch)
    for at in range(0, len(wire.out), cut):
        called.data_received(wire.out[at:at + cut])
    assert taken.taken == batches and not back.aborted


@given(st.data())
def test_a_forged_replayed_or_reflected_batch_ends_the_connection(data: st.DataObject) -> None:
    caller, called, wire, back, inner, taken = _pair()
    inner.transport.write(b"first")
    whole = wire.out
    kind = data.draw(st.sampled_from(["flip", "replay", "reflect"]))
    if kind == "flip":
        at = data.draw(st.integers(4, len(whole) - 1))
        called.data_received(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        assert back.aborted and not taken.taken
    elif kind == "replay":
        called.data_received(whole + whole)
        assert back.aborted and taken.taken == [b"first"]
    else:
        caller.data_received(whole)
        assert wire.aborted


def test_another_installation_is_not_a_peer() -> None:
    _, called, wire, back, inner, taken = _pair(b"one", b"other")
    inner.transport.write(b"first")
    called.data_received(wire.out)
    assert back.aborted and not taken.taken
