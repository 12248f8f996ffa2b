"""An aborted rotation: from every state back to the old key, beside readers and writers, refused where it must be."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crypto.destruction import service as destruction
from crypto.errors import ABORT_LEAKED, KEK_IN_USE, ROTATION_OPEN, ROTATION_STATE
from crypto.facts import crypto_facts
from crypto.keys.models import CryptoDek
from crypto.keys.rules import KeyState
from crypto.persons import service as persons
from crypto.persons.models import ProtectedPerson
from crypto.persons.rules import synthetic
from crypto.requests import service as control
from crypto.rotation import aborting, certify, machine, queries
from crypto.rotation import service as rotations
from crypto.rotation.events import RotationFinished
from crypto.rotation.models import CryptoRotation
from crypto.rotation.queries import ScopeRows
from crypto.rotation.rules import RotationState, abort_certificate
from crypto.scopes import fences, registry
from crypto.scopes.rules import Scope
from kernel import canonical, clock, events
from kernel.approvals import service as approvals
from kernel.approvals.errors import SAME_PERSON
from kernel.identity.actor import system_actor
from kernel.jobs.models import Job
from tests.crypto.conftest import TABLE, District
from tests.crypto.test_requests import decided, refused
from tests.crypto.test_rotation import WORK, assert_finished, rows_of
from tests.support.scale import Scale

ACTOR = system_actor("test")
BACK = [RotationState.ABORTING, RotationState.SWITCH, RotationState.REENCRYPT, RotationState.SCAN, RotationState.VERIFY]


class Stop(Exception):
    """The test wants no further step."""


def carry(
    district: District, rotation_id: uuid.UUID, until: Callable[[CryptoRotation], bool], chunk: int = 20,
) -> CryptoRotation:
    """Carry a rotation on until it is as asked; return it."""

    def observe(rotation: CryptoRotation) -> None:
        if until(rotation):
            raise Stop

    with pytest.raises(Stop):
        machine.run(district.runtime, ACTOR, rotation_id, observe=observe, chunk_rows=chunk)
    return seen(district, rotation_id)


def met(district: District, rotation_id: uuid.UUID) -> list[str]:
    """Carry a rotation on to its end; return the states it met, each once."""
    found = list[str]()
    machine.run(district.runtime, ACTOR, rotation_id, observe=lambda r: found.append(r.state), chunk_rows=20)
    return list(dict.fromkeys(found))


def seen(district: District, rotation_id: uuid.UUID) -> CryptoRotation:
    with district.database.read() as session:
        return queries.get(session, rotation_id)


def abort(district: District, rotation_id: uuid.UUID) -> None:
    """Ask and agree; the maker may not agree."""
    decided(district, lambda s: aborting.request(s, district.maker, rotation_id=rotation_id, reason="新密钥误建"))


def envelope_of(district: District, row: int) -> bytes:
    with district.database.read() as session:
        return session.scalars(select(ProtectedPerson.id_number_env).where(ProtectedPerson.id == row)).one() or b""


def put(district: District, row: int, envelope: bytes) -> None:
    """Write an envelope past the ORM, once: whoever retries would ask for the key again."""
    with district.database.write() as session:
        session.execute(text(f"UPDATE {TABLE} SET id_number_env = :new WHERE id = :id"), {"new": envelope, "id": row})


def states(district: District, scope_id: uuid.UUID, purpose: str = "enc") -> dict[int, str]:
    with district.database.read() as session:
        return dict(session.execute(select(CryptoDek.key_id, CryptoDek.state).where(
            CryptoDek.scope_id == scope_id, CryptoDek.purpose == purpose)).tuples().all())


def assert_back(district: District, rotation_id: uuid.UUID, expected: dict[int, str]) -> CryptoRotation:
    """The old key is the one in use, every row is under it and opens, the new one holds nothing, and it says so."""
    rotation = seen(district, rotation_id)
    found = states(district, rotation.scope_id)
    with district.database.read() as session:
        fences.check(session)
        opened = persons.read(session, sorted(expected))
        rows = ScopeRows(registry.table_of(TABLE), Scope(district.department, TABLE, "id_number_env"))
        assert rows.count_others(session, rotation.old_key_id) == 0
    assert rotation.state == RotationState.ABORTED and rotation.finished_at and rotation.abort
    assert [key for key, state in found.items() if state == KeyState.ACTIVE] == [rotation.old_key_id]
    assert rotation.new_key_id is None or found[rotation.new_key_id] == KeyState.RETIRED
    assert {p.id: p.id_number for p in opened} == expected
    certificate = rotation.certificate or {}
    assert certificate["type"] == "mulian-rotation-abort-certificate" and canonical.dumps(certificate)
    assert (certificate["kept_key"], certificate["dropped_key"]) == (rotation.old_key_id, rotation.new_key_id)
    assert (certificate["abort_maker"], certificate["abort_checker"]) == ("maker", "checker")
    return rotation


@pytest.mark.requirement("S4-27")
def test_aborted_in_every_state_it_goes_back_to_the_old_key(district: District, scale: Scale) -> None:
    """One abort after another from each state; afterwards the next rotation runs as ever."""
    turns = WORK if scale.full else [RotationState.PLANNED, RotationState.KEY_READY, RotationState.REENCRYPT]
    people, others = district.fill(50), district.fill(10, first_id=5_000, department=district.other)
    database, expected = district.database, {p.id: p.id_number for p in people}
    foreign = {row.id: row.id_number_env for row in rows_of(database, district.other)}
    begun = dict(database.run(lambda s: s.execute(select(CryptoDek.key_id, CryptoDek.activated_at)).tuples().all()))
    finished = list[RotationFinished]()
    events.subscribe(RotationFinished, lambda _, event: finished.append(event))
    try:
        for at, state in enumerate(turns):
            rotation_id = district.rotation()
            stopped = carry(district, rotation_id, lambda r, state=state: r.state == state and (
                state != RotationState.REENCRYPT or r.done >= 20))
            abort(district, rotation_id)
            expected[at + 1] = synthetic(1, seed=700 + at)[0].id_number
            database.run(lambda s, at=at: persons.change(s, at + 1, id_number=expected[at + 1]))
            back = met(district, rotation_id)
            rotation = assert_back(district, rotation_id, expected)
            moved = stopped.switched_at is not None
            assert back == [*(BACK if moved else BACK[:1]), RotationState.ABORTED]
            certificate = rotation.certificate or {}
            assert (certificate["aborted_in"], certificate["rows"]) == (state, len(people) if moved else None)
            assert finished[-1].certificate == certificate
    finally:
        events._handlers[RotationFinished].pop()
    assert len({key for event in finished if (key := event.new_key_id)}) == len(turns) - 1
    old = finished[-1].old_key_id
    with database.read() as session:
        key = session.get_one(CryptoDek, old)
        assert (key.activated_at, key.replaced_at) == (begun[old], None)
        facts = crypto_facts(
            session, start=clock.now() - timedelta(days=1), end=clock.now(), department_id=district.department)
        assert (facts.old_key_fields, facts.finished_rotations, facts.open_rotations) == (0, 0, 0)
    last = district.rotation()
    machine.run(district.runtime, ACTOR, last, chunk_rows=20)
    assert_finished(district, last, expected)
    assert foreign == {row.id: row.id_number_env for row in rows_of(database, district.other)}
    assert database.run(lambda s: persons.read(s, [p.id for p in others]), write=False) == others


@pytest.mark.requirement("S4-27")
def test_the_fence_turns_with_it_and_the_new_key_can_be_destroyed(district: District) -> None:
    people, database = district.fill(40), district.database
    rotation_id, under_old = district.rotation(), envelope_of(district, 5)
    carry(district, rotation_id, lambda r: r.state == RotationState.VERIFY)
    under_new = envelope_of(district, 5)
    with pytest.raises(DBAPIError, match="mulian fence"):
        put(district, 5, under_old)
    abort(district, rotation_id)
    put(district, 5, under_new)  # agreed, and nothing has turned yet
    carry(district, rotation_id, lambda r: r.state == RotationState.SWITCH)
    with pytest.raises(DBAPIError, match="mulian fence"):
        put(district, 5, under_new)
    put(district, 5, under_old)
    machine.run(district.runtime, ACTOR, rotation_id, chunk_rows=20)
    rotation = assert_back(district, rotation_id, {p.id: p.id_number for p in people})
    with pytest.raises(DBAPIError, match="mulian fence"):
        put(district, 5, under_new)
    with database.read() as session:
        if database.dialect == "postgresql":
            kept = session.execute(text("SELECT convalidated FROM pg_constraint WHERE conname LIKE 'mulian_key_%'"))
            assert kept.scalars().all() == [True]
        assert rotation.new_key_id is not None
        kek_id = session.get_one(CryptoDek, rotation.new_key_id).kek_id
    ask = destruction.request
    assert refused(lambda: database.run(
        lambda s: ask(s, district.maker, kek_id=kek_id, reason="误建"))) is KEK_IN_USE  # readers have five minutes
    database.run(lambda s: s.execute(text("UPDATE crypto_dek SET retired_at = 0 WHERE retired_at > 0")))
    assert database.run(lambda s: ask(s, district.maker, kek_id=kek_id, reason="误建").id)


def test_who_may_abort_and_when_it_is_too_late(sqlite_district: District) -> None:
    district, database = sqlite_district, sqlite_district.database
    people, rotation_id = district.fill(30), sqlite_district.rotation()

    def ask(session: Session) -> uuid.UUID:
        return aborting.request(session, district.maker, rotation_id=rotation_id, reason="新密钥误建").id

    def agree(approval_id: uuid.UUID) -> object:
        return database.run(lambda s: approvals.decide(s, district.checker, approval_id, approve=True))

    early, late = database.run(ask), database.run(ask)
    assert refused(lambda: database.run(
        lambda s: approvals.decide(s, district.maker, early, approve=True))) is SAME_PERSON
    carry(district, rotation_id, lambda r: r.state == RotationState.REENCRYPT)
    agree(early)
    for call in (lambda: database.run(ask), lambda: agree(late)):
        assert refused(call) is ROTATION_STATE  # going back already
    rotation = seen(district, rotation_id)
    # the key that comes back is not declared leaked before it is there, the one that goes may be
    assert refused(lambda: database.run(lambda s: control.request_compromise(
        s, district.maker, key_id=rotation.old_key_id, reason="疑似泄露"))) is ROTATION_OPEN
    carry(district, rotation_id, lambda r: r.state == RotationState.SWITCH)
    decided(district, lambda s: control.request_compromise(
        s, district.maker, key_id=rotation.new_key_id or 0, reason="疑似泄露"))
    assert seen(district, rotation_id).urgent
    machine.run(district.runtime, ACTOR, rotation_id)
    assert_back(district, rotation_id, {p.id: p.id_number for p in people})
    assert refused(lambda: database.run(ask)) is ROTATION_STATE
    rotation_id = district.rotation()
    late = database.run(ask)
    machine.run(district.runtime, ACTOR, rotation_id)
    assert refused(lambda: agree(late)) is ROTATION_STATE, "its old key has retired meanwhile"
    assert_finished(district, rotation_id, {p.id: p.id_number for p in people})


@pytest.mark.parametrize("first", ["leaked", "asked"])
def test_a_leaked_key_does_not_come_back(sqlite_district: District, first: str) -> None:
    district, database = sqlite_district, sqlite_district.database
    people, rotation_id = district.fill(30), sqlite_district.rotation()
    rotation = carry(district, rotation_id, lambda r: r.state == RotationState.REENCRYPT)
    asked: Any = first == "asked" and database.run(
        lambda s: aborting.request(s, district.maker, rotation_id=rotation_id, reason="新密钥误建").id)
    decided(district, lambda s: control.request_compromise(
        s, district.maker, key_id=rotation.old_key_id, reason="疑似泄露"))
    call = (lambda: database.run(lambda s: approvals.decide(s, district.checker, asked, approve=True))) if asked else (
        lambda: database.run(lambda s: aborting.request(s, district.maker, rotation_id=rotation_id, reason="误建")))
    assert refused(call) is ABORT_LEAKED
    machine.run(district.runtime, ACTOR, rotation_id)
    assert_finished(district, rotation_id, {p.id: p.id_number for p in people})


def test_it_turns_at_once_and_goes_back_in_its_window(
    sqlite_district: District, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was agreed while it paused: nothing is written under the new key from now on, the rows wait."""
    district, database = sqlite_district, sqlite_district.database
    people, rotation_id = district.fill(60), sqlite_district.rotation()
    carry(district, rotation_id, lambda r: r.done >= 20)
    opens = (clock.now() + timedelta(hours=3)).replace(second=0, microsecond=0)
    start, end = ((opens + timedelta(hours=n)).astimezone(clock.BEIJING).strftime("%H:%M") for n in (0, 1))
    database.run(lambda s: rotations.set_schedule(
        s, district.maker, scope_id=district.scope().id, rotate_every_days=90,
        window={"days": "any", "from": start, "to": end}))
    assert machine.run(district.runtime, ACTOR, rotation_id).waits_until == opens
    abort(district, rotation_id)
    with database.read() as session:
        due = session.scalars(select(Job.run_at).where(Job.kind == rotations.JOB, Job.state == "queued")).all()
    assert min(due) <= clock.now()
    turned = machine.run(district.runtime, ACTOR, rotation_id, chunk_rows=20)
    assert (turned.state, turned.waits_until) == (RotationState.SWITCH, opens)
    assert states(district, turned.scope_id)[turned.old_key_id] == KeyState.ACTIVE
    monkeypatch.setattr(clock, "now", lambda: opens + timedelta(minutes=1))
    machine.run(district.runtime, ACTOR, rotation_id, chunk_rows=20)
    assert assert_back(district, rotation_id, {p.id: p.id_number for p in people}).done == 20


def test_a_worker_in_the_middle_of_a_step_forward_takes_none_more(district: District, scale: Scale) -> None:
    """The agreement falls between the reading of a chunk, or of all rows, and its write."""
    people = district.fill(60)
    for state in (RotationState.VERIFY, RotationState.REENCRYPT)[:scale.of(1, 2)]:
        rotation_id, agreed_in = district.rotation(), list[str]()

        def agreed(rotation: CryptoRotation, state: RotationState = state, agreed_in: list[str] = agreed_in) -> None:
            if rotation.state == state and not agreed_in:
                agreed_in.append(state)
                abort(district, rotation.id)  # after the machine has looked, before its step

        machine.run(district.runtime, ACTOR, rotation_id, observe=agreed, chunk_rows=20)
        rotation = assert_back(district, rotation_id, {p.id: p.id_number for p in people})
        assert rotation.done == (rotation.abort or {})["done"] == (0 if state == RotationState.REENCRYPT else 60)


# SQLite has one writer at a time: no write unit is older than a switch
@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_writer_who_still_has_the_new_key_is_refused_and_tries_again(district: District) -> None:
    people, rotation_id = district.fill(5), district.rotation()
    carry(district, rotation_id, lambda r: r.state == RotationState.VERIFY)
    abort(district, rotation_id)
    attempts = list[int]()

    def slow(session: Session) -> None:
        session.execute(select(CryptoDek.key_id)).all()  # the snapshot is taken here
        attempts.append(1)
        if len(attempts) == 1:
            machine.run(district.runtime, ACTOR, rotation_id)
        persons.change(session, 3, id_number="700000199001010000")

    district.database.run(slow)
    assert len(attempts) > 1
    assert_back(district, rotation_id, {p.id: p.id_number for p in people} | {3: "700000199001010000"})


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_the_check_of_another_department_never_refuses_the_way_back(district: District) -> None:
    """It is made from the scopes as they are: one that has changed meanwhile makes its transaction start again."""
    people = district.fill(40)
    district.fill(40, first_id=5_000, department=district.other)
    rotation_id, database = district.rotation(), district.database
    carry(district, rotation_id, lambda r: r.state == RotationState.VERIFY)
    abort(district, rotation_id)
    with database.session(write=True) as late:
        fences.queries.get(late, district.scope().id)  # the snapshot of before the switch
        carry(district, rotation_id, lambda r: r.state == RotationState.SWITCH)
        with pytest.raises(DBAPIError, match="could not serialize"):
            certify.add(late, registry.table_of(TABLE), "id_number_env")
    database.run(lambda s: persons.change(s, 7, id_number="700000199001010000"))
    machine.run(district.runtime, ACTOR, rotation_id, chunk_rows=20)
    assert_back(district, rotation_id, {p.id: p.id_number for p in people} | {7: "700000199001010000"})


@pytest.mark.requirement("S4-27")
def test_readers_and_writers_while_it_turns(district: District, scale: Scale) -> None:
    """Writers journal what was acknowledged, a reader compares every read, rotations go there and back."""
    people, database = district.fill(scale.of(40, 5_000)), district.database
    numbers = [p.id_number for p in synthetic(500, seed=77)]
    latest = {p.id: p.id_number for p in people}
    history = {p.id: {p.id_number} for p in people}
    stop, errors, counts = threading.Event(), list[Exception](), {"write": 0, "read": 0}

    def guarded(name: str, work: Callable[[int], None]) -> None:
        try:
            while not stop.is_set():
                work(counts[name])
                counts[name] += 1
                time.sleep(0.01)  # SQLite's lock is not fair
        except Exception as error:
            errors.append(error)

    def write(step: int) -> None:
        row, number = people[step * 7 % len(people)].id, numbers[step % len(numbers)]
        history[row].add(number)
        database.run(lambda s: persons.change(s, row, id_number=number))
        latest[row] = number

    def read(step: int) -> None:
        for person in database.run(lambda s: persons.read(s, [p.id for p in people][step % 7::7]), write=False):
            assert person.id_number in history[person.id]

    threads = [threading.Thread(target=guarded, args=given) for given in (("write", write), ("read", read))]
    for thread in threads:
        thread.start()
    try:
        turns, late = list[uuid.UUID](), time.monotonic() + 60
        while len(turns) < scale.of(1, 4) or (min(counts.values()) <= 5 and not errors and time.monotonic() < late):
            turns.append(district.rotation())
            carry(district, turns[-1], lambda r: r.done >= 20 or r.state == RotationState.VERIFY)
            abort(district, turns[-1])
            machine.run(district.runtime, ACTOR, turns[-1], chunk_rows=20)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert errors == [] and min(counts.values()) > 5
    assert_back(district, turns[-1], latest)


def test_abort_certificate_form_is_fixed() -> None:
    from crypto.envelope.row_keys import KeyKind

    made = abort_certificate(
        rotation_id=uuid.UUID(int=1), department_id=uuid.UUID(int=2), table=TABLE, column="name_env", kept_key_id=3,
        dropped_key_id=9, moved=4, passes=2, rows=10, digest="ab" * 32, snapshot_at=clock.from_micros(0), maker="甲",
        checker="乙", purpose="enc", row_key=KeyKind.BIGINT,
        abort={"state": "verify", "at": "t", "reason": "误建", "maker": "丙", "checker": "丁"},
    )
    assert canonical.dumps(made).decode() == (
        '{"abort_checker":"丁","abort_maker":"丙","aborted_in":"verify","checker":"乙","decided_at":"t","digest":"sm3:'
        + "ab" * 32 + '","dropped_key":9,"kept_key":3,"maker":"甲","moved":4,"passes":2,"purpose":"enc","reason":"误建",'
        '"rotation":"00000000-0000-0000-0000-000000000001","row_key":"bigint","rows":10,"scope":{"column":"name_env",'
        '"department":"00000000-0000-0000-0000-000000000002","table":"protected_person"},'
        '"snapshot_at":"1970-01-01T00:00:00.000000Z","type":"mulian-rotation-abort-certificate","v":1}'
    )
