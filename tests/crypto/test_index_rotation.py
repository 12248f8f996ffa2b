"""The exchange of a blind-index key: every state finds every row, killed anywhere, with writers older than the key."""

import dataclasses
import threading
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from crypto.errors import ROTATION_NO_SECOND, ROTATION_ROWS_BAD, ROTATION_WAITS
from crypto.keys.keyring import keyring_of
from crypto.keys.models import CryptoDek
from crypto.keys.rules import KeyState
from crypto.persons import service as persons
from crypto.persons.models import ProtectedPerson
from crypto.persons.rules import synthetic
from crypto.rotation import index_machine, index_queries, machine, queries, service
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import RotationState
from crypto.scopes import registry
from crypto.scopes.rules import BLIND_INDEX, Scope, normalise_id_number
from kernel.approvals import service as approvals
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from tests.crypto.conftest import TABLE, District, Rotator
from tests.crypto.test_rotation import runtime_of
from tests.support.scale import Scale

ACTOR = system_actor("test")
WORK = [RotationState.PLANNED, RotationState.KEY_READY, RotationState.SWITCH, RotationState.REENCRYPT,
        RotationState.SCAN, RotationState.VERIFY, RotationState.MOVE]


def plan(district: District) -> uuid.UUID:
    scope, database = district.scope(), district.database
    asked = database.run(lambda s: service.request(
        s, district.maker, scope_id=scope.id, reason="定期更换", purpose=BLIND_INDEX).id)
    database.run(lambda s: approvals.decide(s, district.checker, asked, approve=True))
    with database.read() as session:
        row = queries.open_of(session, scope.id, BLIND_INDEX)
        assert row is not None and queries.open_of(session, scope.id) is None
        return row.id


def found(district: District, number: str) -> list[int]:
    return [p.id for p in district.database.run(
        lambda s: persons.find(s, district.department, number), write=False)]


def assert_exchanged(
    district: District, rotation_id: uuid.UUID, expected: dict[int, str], *, since: int = 0,
) -> CryptoRotation:
    """One key is active, the second column is empty, every first one is what the new key makes of the value."""
    scope = Scope(district.department, TABLE, "id_number_env")
    with district.database.read() as session:
        rotation = queries.get(session, rotation_id)
        states = dict(session.execute(select(CryptoDek.key_id, CryptoDek.state).where(
            CryptoDek.scope_id == rotation.scope_id, CryptoDek.purpose == BLIND_INDEX)).tuples().all())
        rows = dict(session.execute(select(ProtectedPerson.id, ProtectedPerson.id_number_bi).where(
            ProtectedPerson.dept_id == district.department)).tuples().all())
        left = session.scalar(select(func.count()).select_from(ProtectedPerson).where(
            ProtectedPerson.id_number_bi_next.is_not(None)))
        keys = sorted(expected)
        wanted = keyring_of(session).asked_indexes(
            session, scope, [normalise_id_number(expected[key]) for key in keys])[0]
    assert rotation.state == RotationState.RETIRED and rotation.certificate is not None
    assert (rotation.certificate["purpose"], rotation.certificate["rows"]) == ("bi", len(expected) - since)
    assert states[rotation.old_key_id] == KeyState.RETIRED
    assert [key for key, state in states.items() if state == KeyState.ACTIVE] == [rotation.new_key_id]
    assert left == 0 and rows == dict(zip(keys, wanted, strict=True))
    return rotation


@pytest.mark.requirement("S4-27")
def test_every_state_finds_every_row_also_those_written_in_it(district: District) -> None:
    people, others = district.fill(60), district.fill(9, first_id=5_000, department=district.other)
    database, numbers = district.database, [p.id_number for p in synthetic(60, seed=77)]
    expected, seen, moved = {p.id: p.id_number for p in people}, list[str](), list[int | None]()
    with database.read() as session:
        envelopes = dict(session.execute(select(ProtectedPerson.id, ProtectedPerson.id_number_env)).tuples().all())

    def observe(rotation: CryptoRotation) -> None:
        if rotation.state == RotationState.MOVE:
            moved.append(rotation.cursor)
        if rotation.state not in seen:
            seen.append(rotation.state)
            at = len(seen) * 5
            database.run(lambda s: persons.change(s, at, id_number=numbers[at]))
            fresh = synthetic(1, first_id=900 + at, seed=900 + at)
            database.run(lambda s: persons.insert_many(s, district.department, fresh))
            expected.update({at: numbers[at], fresh[0].id: fresh[0].id_number})
            assert found(district, people[at - 1].id_number) == []
        for key in (*list(expected)[::11], *list(expected)[-3:], len(seen) * 5):
            assert key in found(district, expected[key]), (rotation.state, key)

    first = plan(district)
    machine.run(runtime_of(district), ACTOR, first, observe=observe, chunk_rows=20)
    assert seen == [*WORK, RotationState.RETIRED]
    after = [cursor for cursor in moved if cursor is not None]
    assert moved == [None, *sorted(after), None] and len(after) == len(expected) // 20  # no chunk begins anew
    last, number = 5 * len(seen), numbers[5 * len(seen)]
    assert expected[last] == number  # also what was written after the old key had gone
    rotation = assert_exchanged(district, first, expected, since=1)
    assert rotation.total >= 60 and rotation.switched_at is not None
    # envelopes stay, the other department's indexes too, and the next exchange finds the columns as this one did
    with database.read() as session:
        after = dict(session.execute(select(ProtectedPerson.id, ProtectedPerson.id_number_env)).tuples().all())
    assert all(after[key] == value for key, value in envelopes.items() if key % 5)
    alone = database.run(lambda s: persons.find(s, district.other, others[3].id_number), write=False)
    assert [p.id for p in alone] == [others[3].id]
    second = plan(district)
    machine.run(runtime_of(district), ACTOR, second, chunk_rows=20)
    assert_exchanged(district, second, expected)


@pytest.mark.requirement("S4-27")
def test_killed_in_every_state_of_an_index_exchange(district: District, rotator: Rotator, scale: Scale) -> None:
    people = district.fill(scale.of(80, 2_000))
    expected, database = {p.id: p.id_number for p in people}, district.database
    rotation_id, killed = plan(district), 0
    # small: after the commits on one database, inside them on the other
    half = ["inside" if database.dialect == "sqlite" else "committed"]
    whens = ["committed", "inside"] if scale.full else half
    moments = [(when, state) for state in WORK for when in whens]
    for when, state in moments:
        status = rotator.run(district, rotation_id, when, state)
        killed += status != 0
        with database.read() as session:
            current = queries.get(session, rotation_id).state
        assert all(found(district, p.id_number) == [p.id] for p in people[::9]), (when, state, current)
        if current == RotationState.RETIRED:
            assert_exchanged(district, rotation_id, expected)
            rotation_id = plan(district)
    machine.run(runtime_of(district), ACTOR, rotation_id, chunk_rows=30)
    assert_exchanged(district, rotation_id, expected)
    assert killed == len(moments)


# SQLite has one writer at a time: no write unit is older than a key
@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_writer_older_than_the_coming_key_is_waited_for(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    people, database = district.fill(20), district.database
    number, begun, go = synthetic(1, seed=5)[0].id_number, threading.Event(), threading.Event()
    result: list[Any] = []

    def late(session: Session) -> None:
        session.execute(select(CryptoDek.key_id)).all()  # the snapshot is taken here
        begun.set()
        go.wait(10)
        persons.change(session, people[4].id, id_number=number)

    def write() -> None:
        with database.session(write=True) as session:
            late(session)
            session.commit()
        result.append("committed")

    rotation_id = plan(district)
    with database.engine.connect() as dump, database.read() as session:
        dump.execute(text("SELECT set_config('application_name', 'pg_dump', false)"))
        assert index_queries.older_transactions(session, index_queries.now_there(session)) == 0
    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(10)
    with monkeypatch.context() as patch, pytest.raises(MulianError) as caught:
        patch.setattr(index_machine, "_SETTLE_SECONDS", 0.0)
        machine.run(runtime_of(district), ACTOR, rotation_id, chunk_rows=20)
    assert caught.value.kind is ROTATION_WAITS and str(rotation_id) in caught.value.fix("zh")

    def observe(rotation: CryptoRotation) -> None:
        if rotation.state == RotationState.SWITCH:
            threading.Timer(0.3, go.set).start()

    machine.run(runtime_of(district), ACTOR, rotation_id, observe=observe, chunk_rows=20)
    writer.join(10)
    assert result == ["committed"] and found(district, number) == [people[4].id]
    assert_exchanged(district, rotation_id, {p.id: p.id_number for p in people} | {people[4].id: number})


def test_a_wrong_index_stops_the_exchange_by_name(district: District) -> None:
    district.fill(30)
    rotation_id, database = plan(district), district.database

    def damage(rotation: CryptoRotation) -> None:
        if rotation.state == RotationState.VERIFY:
            database.run(lambda s: s.execute(
                update(ProtectedPerson).where(ProtectedPerson.id == 9).values(id_number_bi_next=b"x" * 16)))

    with pytest.raises(MulianError) as caught:
        machine.run(runtime_of(district), ACTOR, rotation_id, observe=damage)
    assert caught.value.kind is ROTATION_ROWS_BAD and caught.value.params["rows"] == "9"
    with database.read() as session:
        assert queries.get(session, rotation_id).state == RotationState.VERIFY
    assert found(district, synthetic(30, seed=1)[8].id_number) == [9]  # by the old key, which is still in use


def test_a_table_without_a_second_column_is_refused(sqlite_district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    table, scope = registry.table_of(TABLE), sqlite_district.scope()
    columns = tuple(dataclasses.replace(column, blind_index_next=None) for column in table.columns)
    monkeypatch.setitem(registry._tables, TABLE, dataclasses.replace(table, columns=columns))
    with pytest.raises(MulianError) as caught:
        sqlite_district.database.run(lambda s: service.request(
            s, sqlite_district.maker, scope_id=scope.id, reason="更换", purpose=BLIND_INDEX))
    assert caught.value.kind is ROTATION_NO_SECOND
