"""Rotations run inside the scope's window only: they pause where it closes and go on in the next one by themselves."""

import dataclasses
import signal
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crypto.keys.models import CryptoDek
from crypto.keys.rules import KeyState
from crypto.keys.views import rotations as shown
from crypto.persons import service as persons
from crypto.persons.rules import synthetic
from crypto.requests import service as control
from crypto.rotation import machine, queries, windows
from crypto.rotation import service as rotations
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import RotationState
from kernel import clock
from kernel.audit.models import AuditLog
from kernel.identity.actor import system_actor
from kernel.jobs import runner
from kernel.jobs.models import Job
from tests.crypto import test_index_rotation as exchanges
from tests.crypto.conftest import District, Rotator
from tests.crypto.test_requests import decided

ACTOR = system_actor("test")


class Days:
    """A clock that the test sets: hours of a day that comes soon, in Beijing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        today = datetime.now(clock.BEIJING)
        self._first = today.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
        self.now = self._first
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def at(self, hour: float, day: int = 0) -> datetime:
        """Let it be this hour; return it."""
        self.now = (self._first + timedelta(days=day, hours=hour)).astimezone(UTC)
        return self.now


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Days:
    return Days(monkeypatch)


def limit(district: District, start: str, end: str, column: str = "id_number_env") -> None:
    """Let a column's rotations run between two hours of any day."""
    scope = district.scope(column)
    district.database.run(lambda s: rotations.set_schedule(
        s, district.maker, scope_id=scope.id, rotate_every_days=365, window=windows.window("any", start, end)))


def seen(district: District, rotation_id: uuid.UUID) -> CryptoRotation:
    with district.database.read() as session:
        return queries.get(session, rotation_id)


def queued(district: District) -> list[datetime]:
    """Return when the rotation's waiting jobs are due."""
    with district.database.read() as session:
        return sorted(session.scalars(select(Job.run_at).where(Job.kind == rotations.JOB, Job.state == "queued")))


def work(district: District) -> list[dict[str, object] | None]:
    """Do what is due now, as a worker does; return the results."""
    done = []
    while held := runner.claim(district.runtime):
        context = runner.context_of(district.runtime, held)
        runner.execute(district.runtime, held, context)
        with district.database.read() as session:
            row = session.get_one(Job, held.job_id)
        assert row.error is None, row.error
        done.append(row.result)
    return done


@pytest.mark.requirement("S4-27")
def test_it_pauses_where_the_window_closes_and_goes_on_in_the_next(district: District, days: Days) -> None:
    """Night after night a part, reading and writing between them, no row twice, one certificate."""
    people = district.fill(60)
    limit(district, "22:00", "06:00")
    days.at(12)
    rotation_id = district.rotation()
    opens = days.at(22)
    assert queued(district) == [opens] and seen(district, rotation_id).waits_until == opens
    days.at(21.99)
    assert work(district) == [] and seen(district, rotation_id).state == "planned"
    counts = list[int]()
    for night in range(3):
        days.at(22, night)

        def observe(rotation: CryptoRotation, night: int = night) -> None:
            if rotation.done >= 20 * (night + 1):
                days.at(30.01, night)  # six in the morning has passed

        stopped = machine.run(district.runtime, ACTOR, rotation_id, observe=observe, chunk_rows=10)
        counts.append(stopped.done)
        if night < 2:
            assert (stopped.state, stopped.waits_until) == (RotationState.REENCRYPT, days.at(22, night + 1))
            days.at(36, night)  # noon: who asks again, as after a crash, waits too, and queues no second job
            again = machine.run(district.runtime, ACTOR, rotation_id, chunk_rows=10)
            assert again.done == counts[-1] and queued(district).count(days.at(22, night + 1)) == 1
            days.at(36, night)
            changed = synthetic(1, first_id=900 + night, seed=900 + night)[0].id_number
            district.database.run(lambda s, new=changed: persons.change(s, people[-1].id, id_number=new))
            people[-1] = dataclasses.replace(people[-1], id_number=changed)
            assert district.database.run(
                lambda s: persons.read(s, [p.id for p in people]), write=False) == people
    assert counts == [30, 50, 59]  # the chunk before which the window closed is done; one row was written meanwhile
    days.at(46, 2)  # the job of the third night, which the run above did not end
    work(district)
    ended = seen(district, rotation_id)
    assert (ended.state, ended.waits_until, ended.urgent) == (RotationState.RETIRED, None, False)
    assert (ended.certificate or {})["rows"] == 60
    assert district.database.run(lambda s: persons.read(s, [p.id for p in people]), write=False) == people
    with district.database.read() as session:
        waits = session.scalars(select(AuditLog).where(AuditLog.action == "crypto.rotation.wait")).all()
    assert [row.detail["done"] for row in waits] == [30, 50]


@pytest.mark.requirement("S4-27")
def test_killed_in_the_pause_and_while_it_pauses(
    district: District, rotator: Rotator, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A pause is there with its job or not at all; whoever comes upon it waits too, and queues nothing more."""
    people, rotation_id, state = district.fill(60), district.rotation(), RotationState.REENCRYPT
    assert rotator.run(district, rotation_id, "committed", state, 2, chunk=20) == -signal.SIGKILL
    opens, first = (clock.now() + timedelta(hours=3)).replace(second=0, microsecond=0), queued(district)
    start, end = ((opens + timedelta(hours=n)).astimezone(clock.BEIJING).strftime("%H:%M") for n in (0, 1))
    limit(district, start, end)
    assert rotator.run(district, rotation_id, "inside", state, 1, chunk=20) == -signal.SIGKILL
    assert seen(district, rotation_id).waits_until is None and queued(district) == first
    assert rotator.run(district, rotation_id, "committed", state, 2, chunk=20) == -signal.SIGKILL
    for _ in range(2):
        paused = seen(district, rotation_id)
        assert (paused.state, paused.done, paused.waits_until) == (state, 20, opens)
        assert queued(district) == [*first, opens]
        assert rotator.run(district, rotation_id, "committed", state, 2, chunk=20) == 0
    changed = synthetic(1, first_id=900, seed=900)[0].id_number
    district.database.run(lambda s: persons.change(s, people[5].id, id_number=changed))
    people[5] = dataclasses.replace(people[5], id_number=changed)
    assert district.database.run(lambda s: persons.read(s, [p.id for p in people]), write=False) == people
    with district.database.read() as session:
        assert shown(session, [queries.get(session, rotation_id)])[0].waits_until == clock.iso(opens)
    monkeypatch.setattr(clock, "now", lambda: opens + timedelta(minutes=1))
    assert [result and result["state"] for result in work(district)] == ["retired", "retired"]
    assert district.database.run(lambda s: persons.read(s, [p.id for p in people]), write=False) == people
    assert seen(district, rotation_id).waits_until is None


def paused(district: District, days: Days) -> uuid.UUID:
    """Return a rotation that was stopped by its window in the middle; it is noon."""
    limit(district, "22:00", "06:00")
    days.at(23)
    rotation_id = district.rotation()

    def observe(rotation: CryptoRotation) -> None:
        if rotation.done:
            days.at(12, 1)

    assert machine.run(district.runtime, ACTOR, rotation_id, observe=observe, chunk_rows=10).waits_until
    return rotation_id


def compromise(district: District, key_id: int) -> None:
    decided(district, lambda s: control.request_compromise(s, district.maker, key_id=key_id, reason="疑似泄露"))


def test_a_compromised_key_knows_no_window(sqlite_district: District, days: Days) -> None:
    """Neither where its rotation pauses, nor where one begins that is due to it."""
    district = sqlite_district
    people, rotation_id = district.fill(60), paused(district, days)
    old = seen(district, rotation_id).old_key_id
    assert work(district) and not seen(district, rotation_id).finished_at, "the planned job waits as well"
    compromise(district, old)
    assert seen(district, rotation_id).urgent and work(district)[0] == {
        "state": "retired", "rows": 60, "waits_until": None, "certificate": seen(district, rotation_id).certificate}
    compromise(district, seen(district, rotation_id).new_key_id or 0)
    with district.database.read() as session:
        again = queries.open_of(session, district.scope().id)
        assert again is not None and again.urgent
    work(district)
    assert seen(district, again.id).state == RotationState.RETIRED
    assert district.database.run(lambda s: persons.read(s, [p.id for p in people]), write=False) == people
    with district.database.read() as session:
        states = session.scalars(select(CryptoDek.state).where(
            CryptoDek.scope_id == district.scope().id, CryptoDek.purpose == "enc").order_by(CryptoDek.key_id)).all()
    assert list(states) == [KeyState.RETIRED, KeyState.RETIRED, KeyState.ACTIVE]


def test_another_window_is_heeded_at_once(sqlite_district: District, days: Days) -> None:
    district = sqlite_district
    district.fill(30)
    rotation_id = paused(district, days)
    limit(district, "20:00", "21:00")
    evening = seen(district, rotation_id).waits_until
    assert evening == days.at(20, 1) and evening in queued(district)
    days.at(12, 1)
    limit(district, "11:00", "13:00")
    assert seen(district, rotation_id).waits_until is None
    assert (work(district)[0] or {})["state"] == "retired"
    # without rotations nothing is queued
    limit(district, "01:00", "02:00")
    assert all(at > days.now for at in queued(district))


def test_the_exchange_of_an_index_key_pauses_too(sqlite_district: District, days: Days) -> None:
    district = sqlite_district
    people = district.fill(30)
    limit(district, "22:00", "06:00")
    days.at(23)
    rotation_id = exchanges.plan(district)
    for day, state in enumerate((RotationState.KEY_READY, RotationState.REENCRYPT, RotationState.MOVE)):
        days.at(23, day)

        def observe(rotation: CryptoRotation, day: int = day, state: RotationState = state) -> None:
            if rotation.state == state:
                days.at(36, day)

        stopped = machine.run(district.runtime, ACTOR, rotation_id, observe=observe, chunk_rows=10)
        assert stopped.waits_until == days.at(22, day + 1)
        for person in people[::10]:
            assert exchanges.found(district, person.id_number) == [person.id]
    days.at(23, 4)
    work(district)
    exchanges.assert_exchanged(district, rotation_id, {p.id: p.id_number for p in people})
