"""Numbers without gaps, the clock's arithmetic, the timeline."""

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from kernel import clock
from kernel.cases import queries, rules, service
from kernel.cases.models import CaseFile
from kernel.cases.registry import case_type
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor

SYSTEM = system_actor("test")
DAY = datetime(2026, 9, 1, tzinfo=UTC)


def t(hour: int, minute: int = 0) -> datetime:
    return DAY + timedelta(hours=hour, minutes=minute)


def test_clock_of_the_design() -> None:
    """Opened 09:00, paused 09:20–09:50, fixed 10:30 → 60 min, in time; 10:31 late."""
    pauses = [(t(9, 20), t(9, 50))]
    assert rules.elapsed(t(9), t(10, 30), pauses) == timedelta(minutes=60)
    assert rules.in_time(rules.elapsed(t(9), t(10, 30), pauses), 3600), "due is inclusive"
    assert not rules.in_time(rules.elapsed(t(9), t(10, 31), pauses), 3600)
    assert rules.in_time(timedelta(days=99), None)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300) | st.none()), max_size=8), st.integers(0, 300))
def test_elapsed_counts_each_unpaused_minute_once(pauses: list[tuple[int, int | None]], until: int) -> None:
    end = t(0, until)
    intervals = [(t(0, a), None if b is None else t(0, max(a, b))) for a, b in pauses]
    minutes = sum(
        1 for m in range(until)
        if not any(a <= t(0, m) and (b is None or t(0, m) < b) for a, b in intervals)
    )
    assert rules.elapsed(t(0), end, intervals) == timedelta(minutes=minutes)


def _open(database: Database, **options: object) -> CaseFile:
    return database.run(lambda session: service.open_case(
        session, SYSTEM, type_="event", title="接口异常", **options  # type: ignore[arg-type]
    ))


def test_numbers_are_consecutive_also_over_rollbacks_and_threads(database: Database) -> None:
    year = clock.business_day(clock.now()).year
    assert _open(database).number == f"SJ{year}-00001"
    with pytest.raises(RuntimeError), database.write() as session:
        service.open_case(session, SYSTEM, type_="event", title="x")
        raise RuntimeError
    threads = [threading.Thread(target=_open, args=(database,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        numbers = sorted(session.execute(text("SELECT number FROM case_file")).scalars())
    assert numbers == [f"SJ{year}-{n:05d}" for n in range(1, 10)]


def test_life_of_a_case(database: Database) -> None:
    case = _open(database, clock_from=clock.now() - timedelta(minutes=50))

    def act(call: Callable[..., None], **options: object) -> None:
        def unit(session: object) -> None:
            row = service.get(session, SYSTEM, case_id=case.id)  # type: ignore[arg-type]
            call(session, SYSTEM, row, **options)
        database.run(unit)

    act(service.pause, reason="等待甲方开通端口", consent_by="王科长")
    with pytest.raises(MulianError, match="paused"):
        act(service.pause, reason="x", consent_by="y")
    act(service.resume)
    with pytest.raises(MulianError, match="not_paused"):
        act(service.resume)
    act(service.note, text="已定位")
    act(service.pause, reason="再等", consent_by="王科长")
    with pytest.raises(MulianError, match="clock_backwards"):
        act(service.close, cause="x", clock_until=clock.now() + timedelta(hours=1))
    act(service.close, cause="证书过期", clock_until=clock.now() - timedelta(minutes=10))
    with pytest.raises(MulianError, match="closed"):
        act(service.assign, assignee_id=None, name="")
    act(service.note, text="复盘完成")
    with database.read() as session:
        row = service.get(session, SYSTEM, case_id=case.id)
        assert row.state == "closed"
        off = service.running_time(session, row) - timedelta(minutes=40)
        assert timedelta(0) <= off < timedelta(seconds=20), "the pauses lie after the recovery and cost nothing"
        assert [e.kind for e in queries.timeline(session, case.id)] == [
            "open", "pause", "resume", "note", "pause", "close", "note",
        ]
        assert all(p.ended_at is not None for p in queries.pauses(session, case.id))
        assert row.version == 7


def test_scope_and_refusals(database: Database, make_actor: Callable[..., Actor]) -> None:
    case = _open(database)
    with database.read() as session:
        with pytest.raises(MulianError, match="not_found"):
            service.get(session, make_actor(department_id=uuid.uuid4()), case_id=case.id)
    with pytest.raises(MulianError, match="type_unknown"):
        database.run(lambda session: service.open_case(session, SYSTEM, type_="none", title="x"))
    with pytest.raises(MulianError, match="clock_backwards"):
        _open(database, clock_from=clock.now() + timedelta(minutes=1))
    with pytest.raises(ValueError, match="prefix"):
        case_type("other", prefix="SJ", zh="", en="")
