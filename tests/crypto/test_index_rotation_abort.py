"""An aborted exchange of a blind-index key: every state of the way back finds every row, killed anywhere."""

import uuid

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crypto.keys.keyring import keyring_of
from crypto.keys.rules import KeyState
from crypto.persons import service as persons
from crypto.persons.models import ProtectedPerson
from crypto.persons.rules import synthetic
from crypto.rotation import machine, queries
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import RotationState
from crypto.scopes.rules import BLIND_INDEX, normalise_id_number
from tests.crypto.conftest import District, Rotator
from tests.crypto.test_index_rotation import WORK, assert_exchanged, found, plan
from tests.crypto.test_rotation_abort import ACTOR, abort, carry, seen, states
from tests.support.scale import Scale

EARLY = [RotationState.ABORTING, RotationState.CLEAR, RotationState.ABORTED]
LATE = [RotationState.ABORTING, RotationState.MOVE, RotationState.SWITCH, RotationState.REENCRYPT, RotationState.SCAN,
        RotationState.VERIFY, RotationState.ABORTED]


def assert_kept(district: District, rotation_id: uuid.UUID, expected: dict[int, str]) -> None:
    """The old key is in use, the second column is empty, every first one is what the old key makes of the value."""
    rotation = seen(district, rotation_id)
    kept = states(district, rotation.scope_id, BLIND_INDEX)
    keys = sorted(expected)

    def look(session: Session) -> tuple[dict[int, bytes], int | None, list[bytes | None]]:
        rows = session.execute(select(ProtectedPerson.id, ProtectedPerson.id_number_bi).where(
            ProtectedPerson.dept_id == district.department)).tuples().all()
        left = session.scalar(select(func.count()).where(ProtectedPerson.id_number_bi_next.is_not(None)))
        messages = [normalise_id_number(expected[key]) for key in keys]
        return dict(rows), left, keyring_of(session).index_under(session, rotation.old_key_id, messages)

    rows, left, wanted = district.database.run(look, write=False)
    assert rotation.state == RotationState.ABORTED and (rotation.certificate or {})["purpose"] == "bi"
    assert [key for key, state in kept.items() if state == KeyState.ACTIVE] == [rotation.old_key_id]
    assert rotation.new_key_id is None or kept[rotation.new_key_id] == KeyState.RETIRED
    assert left == 0 and rows == dict(zip(keys, wanted, strict=True))


@pytest.mark.requirement("S4-27")
def test_aborted_in_every_state_every_state_back_finds_every_row(district: District, scale: Scale) -> None:
    people, database = district.fill(45), district.database
    expected = {p.id: p.id_number for p in people}
    district.fill(9, first_id=5_000, department=district.other)
    turns = WORK if scale.full else [RotationState.PLANNED, RotationState.REENCRYPT, RotationState.MOVE]
    for at, state in enumerate(turns):
        rotation_id, back = plan(district), list[str]()
        carry(district, rotation_id, lambda r, state=state: r.state == state and (
            state != RotationState.REENCRYPT or r.done >= 20))
        abort(district, rotation_id)

        def observe(rotation: CryptoRotation, at: int = at, back: list[str] = back) -> None:
            if rotation.state not in back:
                back.append(rotation.state)
                key = 1 + (at * 7 + len(back)) % len(people)
                number = synthetic(1, seed=10_000 + at * 10 + len(back))[0].id_number
                database.run(lambda s: persons.change(s, key, id_number=number))
                expected[key] = number
                assert key in found(district, number)
            for key in list(expected)[len(back)::scale.of(40, 11)]:
                assert key in found(district, expected[key]), (rotation.state, key)

        machine.run(district.runtime, ACTOR, rotation_id, observe=observe, chunk_rows=20)
        states_back = EARLY if state != RotationState.MOVE else LATE
        assert back == (states_back if state != RotationState.PLANNED else [EARLY[0], EARLY[-1]])
        assert_kept(district, rotation_id, expected)
    last = plan(district)
    machine.run(district.runtime, ACTOR, last, chunk_rows=20)
    assert_exchanged(district, last, expected)


@pytest.mark.requirement("S4-27")
@pytest.mark.parametrize(("aborted_in", "way"), [(RotationState.SCAN, EARLY), (RotationState.MOVE, LATE)])
def test_killed_in_every_state_of_the_way_back(
    district: District, rotator: Rotator, scale: Scale, aborted_in: RotationState, way: list[RotationState],
) -> None:
    people = district.fill(scale.of(35, 2_000))
    # small: after the commits on one database, inside them on the other
    half = ["inside" if district.database.dialect == "sqlite" else "committed"]
    rotation_id, killed = plan(district), 0
    carry(district, rotation_id, lambda r: r.state == aborted_in and (r.cursor is not None or r.state != way[1]))
    abort(district, rotation_id)
    met = [*way[:-1], *way[1:2]] if way is LATE else way[:-1]  # the move is met twice
    moments = [(when, state) for state in met for when in (["committed", "inside"] if scale.full else half)]
    for when, state in moments:
        killed += rotator.run(district, rotation_id, when, state) != 0
        assert all(found(district, p.id_number) == [p.id] for p in people[::9]), (when, state)
    machine.run(district.runtime, ACTOR, rotation_id, chunk_rows=30)
    assert_kept(district, rotation_id, {p.id: p.id_number for p in people})
    assert killed == len(moments)
    with district.database.read() as session:
        assert queries.open_of(session, seen(district, rotation_id).scope_id, BLIND_INDEX) is None
