"""Rotation under load, killed everywhere, resumed, and never finished while a row is unreadable."""

import hashlib
import threading
import time
import uuid

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from crypto.errors import KEY_STATE, ROTATION_LEASE, ROTATION_OPEN, ROTATION_ROWS_BAD
from crypto.keys import views
from crypto.keys.models import CryptoDek
from crypto.keys.rules import KeyState
from crypto.persons import service as persons
from crypto.persons.models import ProtectedPerson
from crypto.persons.rules import synthetic
from crypto.rotation import machine, queries, rules
from crypto.rotation import service as rotations
from crypto.rotation.events import RotationFinished
from crypto.rotation.field_machine import FieldMachine
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import RotationState
from crypto.scopes import fences
from kernel import canonical, events
from kernel.approvals import service as approvals
from kernel.audit.models import AuditLog
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.jobs import service as jobs
from kernel.jobs.context import JobContext
from kernel.jobs.models import Job
from kernel.jobs.registry import kind_of
from kernel.leases import service as leases
from kernel.runtime import Runtime
from tests.crypto.conftest import TABLE, District
from tests.support.scale import Scale

ACTOR = system_actor("test")
WORK = [RotationState.PLANNED, RotationState.KEY_READY, RotationState.SWITCH, RotationState.REENCRYPT,
        RotationState.SCAN, RotationState.VERIFY]


def runtime_of(district: District) -> Runtime:
    assert district.database.runtime is not None
    return district.database.runtime


def rows_of(database: Database, department: uuid.UUID) -> list[ProtectedPerson]:
    with database.read() as session:
        return list(session.scalars(select(ProtectedPerson).where(ProtectedPerson.dept_id == department)
                                    .order_by(ProtectedPerson.id)))


def assert_finished(district: District, rotation_id: uuid.UUID, expected: dict[int, str]) -> CryptoRotation:
    """The old key is retired, every row is under the new one, opens, and the certificate's digest is right."""
    with district.database.read() as session:
        rotation = queries.get(session, rotation_id)
        states = dict(session.execute(select(CryptoDek.key_id, CryptoDek.state)).tuples().all())
        fences.check(session)
        opened = persons.read(session, sorted(expected))
    rows = rows_of(district.database, district.department)
    assert rotation.state == RotationState.RETIRED and rotation.finished_at and rotation.new_key_id
    assert states[rotation.old_key_id] == KeyState.RETIRED and states[rotation.new_key_id] == KeyState.ACTIVE
    assert {p.id: p.id_number for p in opened} == expected
    assert {int.from_bytes((row.id_number_env or b"")[2:6]) for row in rows} == {rotation.new_key_id}
    return rotation


@pytest.mark.requirement("S4-27")
def test_a_cancelled_job_leaves_a_rotation_that_says_it_is_stopped(district: District) -> None:
    people, rotation_id = district.fill(60), district.rotation()

    def stopped() -> bool:
        with district.database.read() as session:
            return views.rotations(session, [queries.get(session, rotation_id)])[0].stopped

    assert not stopped(), "its job waits"
    with district.database.read() as session:
        job_id = session.scalars(select(Job.id).where(Job.kind == rotations.JOB)).one()
    district.database.run(lambda s: jobs.cancel(s, ACTOR, job_id=job_id))
    assert stopped()
    seen = list[bool]()
    machine.run(runtime_of(district), ACTOR, rotation_id, observe=lambda _: seen.append(stopped()))
    assert seen and not any(seen), "whoever resumes it holds its lease"
    assert not stopped()
    assert_finished(district, rotation_id, {p.id: p.id_number for p in people})


@pytest.mark.requirement("S4-27")
def test_rotation_end_to_end(district: District) -> None:
    people, others = district.fill(300), district.fill(40, first_id=5_000, department=district.other)
    before = {row.id: row.id_number_env for row in rows_of(district.database, district.other)}
    rotation_id, seen, finished = district.rotation(), [], []
    events.subscribe(RotationFinished, lambda _, event: finished.append(event))
    try:
        machine.run(runtime_of(district), ACTOR, rotation_id, observe=lambda r: seen.append(r.state), chunk_rows=70)
    finally:
        events._handlers[RotationFinished].pop()
    rotation = assert_finished(district, rotation_id, {p.id: p.id_number for p in people})
    assert list(dict.fromkeys(seen)) == [*WORK, RotationState.RETIRED]
    assert (rotation.total, rotation.done, rotation.skipped, rotation.passes) == (300, 300, 0, 1)
    digest = hashlib.new("sm3")
    for row in rows_of(district.database, district.department):
        digest.update(row.id.to_bytes(8) + (row.id_number_env or b""))
    certificate = rotation.certificate or {}
    assert certificate["digest"] == f"sm3:{digest.hexdigest()}" and certificate["rows"] == 300
    assert (certificate["maker"], certificate["checker"]) == ("maker", "checker")
    assert canonical.dumps(certificate) and [event.certificate for event in finished] == [certificate]
    # the other department's rows and keys are not touched, and still open under their older key
    assert before == {row.id: row.id_number_env for row in rows_of(district.database, district.other)}
    assert district.database.run(lambda s: persons.read(s, [p.id for p in others]), write=False) == others
    found = district.database.run(lambda s: persons.find(s, district.department, people[7].id_number), write=False)
    assert [p.id for p in found] == [people[7].id]


def test_second_rotation_follows_the_first(district: District) -> None:
    people, scope, database = district.fill(50), district.scope(), district.database
    late = database.run(lambda s: rotations.request(s, district.maker, scope_id=scope.id, reason="先提出后同意").id)
    for _ in range(2):
        rotation_id = district.rotation()
        machine.run(runtime_of(district), ACTOR, rotation_id, chunk_rows=20)
        assert_finished(district, rotation_id, {p.id: p.id_number for p in people})
    # an older request for a key that was changed meanwhile is refused, not queued: it could never switch
    with pytest.raises(MulianError) as caught:
        database.run(lambda s: approvals.decide(s, district.checker, late, approve=True))
    assert caught.value.kind is KEY_STATE
    with database.read() as session:
        assert queries.open_of(session, scope.id) is None
    if district.database.dialect == "postgresql":
        with district.database.read() as session:
            found = session.execute(text("SELECT convalidated FROM pg_constraint WHERE conname LIKE 'mulian_key_%'"))
            assert found.scalars().all() == [True]


def test_the_queued_job_runs_the_rotation_and_its_fence_dies_with_it(sqlite_district: District) -> None:
    people = sqlite_district.fill(30)
    rotation_id, runtime = sqlite_district.rotation(), runtime_of(sqlite_district)
    runtime.extras.pop("crypto.keyring")
    with sqlite_district.database.read() as session:
        job = session.scalars(select(Job).where(Job.kind == "crypto.rotation.run")).one()
    held, guards = [True], []

    def guard(_: Session) -> None:
        guards.append(1)
        if not held[0]:
            raise RuntimeError("this worker lost the job")

    context = JobContext(runtime, guard, name=job.kind)
    result = kind_of(job.kind).body(context, job.params)
    assert result is not None and result["state"] == "retired" and context.snapshot().message == "旧密钥已退役"
    assert_finished(sqlite_district, rotation_id, {p.id: p.id_number for p in people})
    held[0] = False
    assert len(guards) > 6 and sqlite_district.fill(3, first_id=900)
    again = sqlite_district.rotation()
    with pytest.raises(RuntimeError, match="lost the job"):
        kind_of(job.kind).body(JobContext(runtime, guard, name=job.kind), {"rotation_id": str(again)})
    machine.run(runtime, ACTOR, again)


def test_maker_and_checker_are_two_and_one_rotation_is_open(district: District) -> None:
    scope = district.scope()

    def ask(session: Session) -> uuid.UUID:
        from crypto.rotation import service

        return service.request(session, district.maker, scope_id=scope.id, reason="到期").id

    database = district.database
    first, second = database.run(ask), database.run(ask)
    with pytest.raises(MulianError) as caught:
        database.run(lambda session: approvals.decide(session, district.maker, first, approve=True))
    assert caught.value.code == "kernel.approval.same_person"
    database.run(lambda session: approvals.decide(session, district.checker, first, approve=True))
    with pytest.raises(MulianError) as caught:
        database.run(lambda session: approvals.decide(session, district.checker, second, approve=True))
    assert caught.value.kind is ROTATION_OPEN
    with pytest.raises(MulianError) as caught:
        database.run(ask)
    assert caught.value.kind is ROTATION_OPEN
    with database.read() as session:
        jobs = session.scalars(select(Job).where(Job.kind == "crypto.rotation.run")).all()
        actions = set(session.scalars(select(AuditLog.action)))
        assert len(jobs) == 1 and session.scalar(select(func.count()).select_from(CryptoRotation)) == 1
    assert {"crypto.scope.declare", "crypto.key.create", "crypto.rotation.start"} <= actions


@pytest.mark.requirement("S4-27")
def test_readers_and_writers_during_rotation(district: District, scale: Scale) -> None:
    """Two writers journal what was acknowledged, two readers compare every read, while the key is rotated again."""
    people = district.fill(scale.of(300, 5_000))
    database = district.database
    numbers = [p.id_number for p in synthetic(500, seed=77)]
    latest: dict[int, str] = {p.id: p.id_number for p in people}
    history: dict[int, set[str]] = {p.id: {p.id_number} for p in people}
    stop, errors, writes, reads = threading.Event(), [], [0, 0], [0, 0]

    def writer(lane: int) -> None:
        mine, step = [p.id for p in people if p.id % 2 == lane], 0
        while not stop.is_set():
            person_id, number = mine[step * 7 % len(mine)], numbers[(step * 2 + lane) % len(numbers)]
            history[person_id].add(number)
            try:
                database.run(lambda s, i=person_id, n=number: persons.change(s, i, id_number=n))
            except Exception as error:
                errors.append(error)
                return
            latest[person_id] = number
            writes[lane] += 1
            step += 1
            time.sleep(0.002)  # SQLite's lock is not fair: somebody who never pauses starves the others

    def reader(lane: int) -> None:
        chosen = [p.id for p in people][lane::7]
        while not stop.is_set():
            try:
                for person in database.run(lambda s: persons.read(s, chosen), write=False):
                    assert person.id_number in history[person.id]
            except Exception as error:
                errors.append(error)
                return
            reads[lane] += 1

    threads = [threading.Thread(target=job, args=(lane,)) for job in (writer, reader) for lane in (0, 1)]
    for thread in threads:
        thread.start()
    try:
        done, late = [], time.monotonic() + 60
        while len(done) < scale.of(2, 4) or (min(writes) <= 5 and not errors and time.monotonic() < late):
            done.append(district.rotation())
            machine.run(runtime_of(district), ACTOR, done[-1], chunk_rows=40)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert errors == [] and min(writes) > 5 and min(reads) > 5
    assert_finished(district, done[-1], latest)


def test_two_runners_and_a_paused_one(district: District) -> None:
    """While one holds the lease another is refused; whoever lost it writes nothing more."""
    people = district.fill(60)
    rotation_id, runtime = district.rotation(), runtime_of(district)
    first = FieldMachine(runtime, ACTOR, rotation_id, 30)
    first.steps[RotationState.PLANNED](first.read(lambda s: queries.get(s, rotation_id)))
    with pytest.raises(MulianError) as caught:
        machine.run(runtime, ACTOR, rotation_id)
    assert caught.value.kind is ROTATION_LEASE
    # the first is stopped past its lease, somebody else takes over, then it wakes up
    district.database.run(lambda s: s.execute(text("UPDATE lease SET expires_at = 0")))
    machine.run(runtime, ACTOR, rotation_id, chunk_rows=30)
    stale = first.read(lambda s: queries.get(s, rotation_id))
    assert stale.state == RotationState.RETIRED
    with pytest.raises(MulianError) as caught:
        first._write(RotationState.RETIRED, lambda s, r: s.execute(update(CryptoRotation).values(reason="woken up")))
    assert caught.value.kind is leases.LOST
    assert assert_finished(district, rotation_id, {p.id: p.id_number for p in people}).reason == "定期更换"


def test_unreadable_rows_stop_the_rotation_by_name(district: District) -> None:
    people = district.fill(80)
    database = district.database

    def put(session: Session, person_id: int, value: bytes | None) -> None:
        session.execute(update(ProtectedPerson).where(ProtectedPerson.id == person_id).values(id_number_env=value))

    original = rows_of(database, district.department)[16].id_number_env or b""
    database.run(lambda s: put(s, 17, original[:-1] + bytes((original[-1] ^ 1,))))
    rotation_id = district.rotation()
    for _ in range(2):
        with pytest.raises(MulianError) as caught:
            machine.run(runtime_of(district), ACTOR, rotation_id, chunk_rows=30)
        assert caught.value.kind is ROTATION_ROWS_BAD and caught.value.params["rows"] == "17"
    with database.read() as session:
        rotation = queries.get(session, rotation_id)
        assert rotation.state == RotationState.REENCRYPT and rotation.finished_at is None
    # the fence lets nobody put the old envelope back; the row is repaired with its value under the new key
    with pytest.raises(Exception, match="mulian fence|busy"):
        with database.write() as session:
            put(session, 17, original)
    database.run(lambda s: persons.change(s, 17, id_number=people[16].id_number))
    machine.run(runtime_of(district), ACTOR, rotation_id, chunk_rows=30)
    assert_finished(district, rotation_id, {p.id: p.id_number for p in people})


def test_a_row_broken_after_reencryption_is_found_by_verify(district: District) -> None:
    district.fill(40)
    database, rotation_id = district.database, district.rotation()

    def damage(rotation: CryptoRotation) -> None:
        if rotation.state == RotationState.VERIFY:
            with database.write() as session:
                value = session.scalar(select(ProtectedPerson.id_number_env).where(ProtectedPerson.id == 9)) or b""
                session.execute(update(ProtectedPerson).where(ProtectedPerson.id == 9)
                                .values(id_number_env=value[:-1] + bytes((value[-1] ^ 1,))))

    with pytest.raises(MulianError) as caught:
        machine.run(runtime_of(district), ACTOR, rotation_id, observe=damage)
    assert caught.value.kind is ROTATION_ROWS_BAD and caught.value.params["rows"] == "9"
    with database.read() as session:
        assert queries.get(session, rotation_id).state == RotationState.VERIFY


# SQLite has one writer at a time: no write unit is older than a switch
@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_writer_that_still_has_the_old_key_is_refused_and_tries_again(district: District) -> None:
    """PostgreSQL: a snapshot from before the switch would encrypt under the old key; it is run again."""
    people = district.fill(5)
    rotation_id, attempts = district.rotation(), []

    def slow(session: Session) -> None:
        session.execute(select(CryptoDek.key_id)).all()  # the snapshot is taken here
        attempts.append(1)
        if len(attempts) == 1:
            machine.run(runtime_of(district), ACTOR, rotation_id)
        persons.change(session, 3, id_number="700000199001010000")

    district.database.run(slow)
    assert len(attempts) > 1
    expected = {p.id: p.id_number for p in people} | {3: "700000199001010000"}
    assert_finished(district, rotation_id, expected)


def test_certificate_form_is_fixed() -> None:
    from kernel import clock

    made = rules.certificate(
        rotation_id=uuid.UUID(int=1), department_id=uuid.UUID(int=2), table=TABLE, column="name_env", old_key_id=3,
        new_key_id=9, rows=10, skipped=0, passes=1, digest="ab" * 32, snapshot_at=clock.from_micros(0),
        maker="甲", checker="乙",
    )
    assert canonical.dumps(made).decode() == (
        '{"checker":"乙","digest":"sm3:' + "ab" * 32 + '","maker":"甲","new_key":9,"old_key":3,"passes":1,'
        '"rotation":"00000000-0000-0000-0000-000000000001","rows":10,"scope":{"column":"name_env",'
        '"department":"00000000-0000-0000-0000-000000000002","table":"protected_person"},"skipped":0,'
        '"snapshot_at":"1970-01-01T00:00:00.000000Z","type":"mulian-rotation-certificate","v":1}'
    )


