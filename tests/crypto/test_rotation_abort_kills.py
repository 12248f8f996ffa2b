"""The way back of aborted rotations, killed everywhere while processes write to the rows it re-encrypts."""

import random
import signal
import uuid
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crypto.rotation import machine
from crypto.rotation.rules import RotationState
from crypto.scopes import fences
from tests.crypto.conftest import TABLE, District, Rotator
from tests.crypto.test_rotation_abort import ACTOR, BACK, abort, carry, seen, states
from tests.crypto.test_rotation_kills import COLUMN, MISSED, Rows
from tests.support.scale import Scale

Plan = list[tuple[str, str, int, float]]


def moments(timed: int, source: random.Random) -> Plan:
    """Return the kills of one way back in the order in which it meets them, ``timed`` of them at no boundary."""
    found: Plan = [(when, state, 1, 0.0) for state in BACK for when in ("committed", "inside")]
    at = next(at for at, one in enumerate(found) if one[1] == RotationState.SCAN)
    state = RotationState.REENCRYPT
    found[at:at] = [("timed", state, source.randint(1, 6), source.uniform(0, 0.15)) for _ in range(timed)]
    return found


def assert_kept(district: District, rows: Rows, rotation_id: uuid.UUID, new: tuple[int, bytes]) -> None:
    """Exactly the old key is in use, no row is under another one, and the database refuses what the new one closed."""
    rotation = seen(district, rotation_id)
    found = states(district, rotation.scope_id)
    assert rotation.state == RotationState.ABORTED and rotation.new_key_id and rotation.certificate
    assert [key for key, state in found.items() if state == "active"] == [rotation.old_key_id]
    assert found[rotation.new_key_id] == "retired" and rows.older(rotation.old_key_id) == 0
    with district.database.read() as session:
        fences.check(session)
    with pytest.raises(DBAPIError, match="mulian fence"), district.database.write() as session:
        session.execute(text(f"UPDATE {TABLE} SET {COLUMN} = :new WHERE id = :id"), {"new": new[1], "id": new[0]})


@pytest.mark.requirement("S4-27")
def test_killed_everywhere_on_the_way_back(
    district: District, rotator: Rotator, scale: Scale, tmp_path: Path,
) -> None:
    """After each kill the rows open to values that somebody wrote; it goes on where it stood, back to the old key."""
    count, kills, chunk = scale.of(80, 200_000), scale.of(5, 100), 2_000 if scale.full else 15
    rows = Rows(district, rotator, count, tmp_path, writers=2 if scale.full else 1)
    source, killed, aborted = random.Random(2027), list[tuple[str, str]](), 0
    everywhere = {(when, state) for state in BACK for when in ("committed", "inside")}
    # small: after the commits on one database, inside them on the other
    half = "inside" if district.database.dialect == "sqlite" else "committed"
    wanted = everywhere if scale.full else {one for one in everywhere if one[0] == half}
    try:
        while len(killed) < kills or not wanted <= set(killed):
            rotation_id = district.rotation()
            carry(district, rotation_id, lambda r: r.state == RotationState.VERIFY, chunk)
            new = rows.sample()
            abort(district, rotation_id)
            planned = moments(10, source) if scale.full else [one for one in moments(0, source) if one[0] == half]
            for when, state, nth, delay in planned:
                status = rotator.run(district, rotation_id, when, state, nth, delay=delay, chunk=chunk)
                assert rows.wrong(ended=False, every=20 if scale.full else 1) == [], (when, state, nth)
                # missed: the writers had left too few rows to re-encrypt
                assert status in (-signal.SIGKILL, MISSED), (when, state, nth)
                killed += [(when, state)] * (status != MISSED)
            machine.run(district.runtime, ACTOR, rotation_id, chunk_rows=chunk)
            aborted += 1
            assert_kept(district, rows, rotation_id, new)
            assert rows.wrong(ended=False) == []
    finally:
        ended = rows.end_writers()
    assert ended == {-signal.SIGKILL}
    assert rows.wrong(ended=True) == [] and rows.writes() > 5
    scale.counts += [len(killed), aborted, rows.writes()]
