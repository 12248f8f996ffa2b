"""One rotation after another, killed with SIGKILL everywhere, while processes write to the rows it re-encrypts."""

import random
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, func, select, text, type_coerce
from sqlalchemy.exc import DBAPIError

from crypto.drill import rules as drill
from crypto.drill.processes import mark, read_journal
from crypto.keys.keyring import Keyring
from crypto.keys.models import CryptoDek
from crypto.keys.rules import KeyState
from crypto.persons.models import ProtectedPerson
from crypto.rotation import machine, queries
from crypto.rotation.queries import ScopeRows
from crypto.rotation.rules import RotationState
from crypto.scopes import fences, registry
from crypto.scopes.rules import Scope
from kernel.identity.actor import system_actor
from tests.crypto.conftest import TABLE, District, Rotator
from tests.support.scale import Scale

COLUMN, SECRET, MISSED = "id_number_env", b"of this run", 3
Journal = dict[int, list[tuple[str, str]]]


class Rows:
    """The rows of a department: who writes them, and which values each may have."""

    def __init__(self, district: District, rotator: Rotator, count: int, folder: Path, writers: int) -> None:
        self._district, self._rotator = district, rotator
        self.first = {p.id: mark(SECRET, p.id_number) for p in district.fill(count)}
        self._scope = Scope(district.department, TABLE, COLUMN)
        self._rows = ScopeRows(registry.table_of(TABLE), self._scope)
        self._journals = [folder / f"journal{lane}" for lane in range(writers)]
        keys, places = sorted(self.first)[1:], range(writers)  # the first one is for the database to refuse
        random.Random(5).shuffle(keys)  # they meet the re-encryption everywhere
        self._pids = [rotator.write(district, keys[lane::writers], SECRET, self._journals[lane]) for lane in places]

    def end_writers(self) -> set[int]:
        """Kill the writers; return how they ended: what had ended by itself was not killed."""
        return {self._rotator.end(self._district, pid) for pid in self._pids}

    def writes(self) -> int:
        """Return how many values were acknowledged."""
        return sum(kind == "done" for lines in self._journal().values() for kind, _ in lines)

    def wrong(self, *, ended: bool, every: int = 1) -> list[int]:
        """Return the rows (of every nth ten) that do not open, or to what was never to be in them.

        While writers go on, a row may have any value ever begun; once they have ended the last acknowledged one, or
        one begun after it.
        """
        may = drill.allowed if ended else drill.ever
        found = dict(self._opened(every))
        journal = self._journal()  # read after the rows: whatever was in a row had been announced
        assert every > 1 or found.keys() == self.first.keys()
        return [key for key, value in found.items() if drill.wrong(may(self.first[key], journal.get(key, ())), value)]

    def sample(self) -> tuple[int, bytes]:
        """Return a row with its envelope."""
        with self._district.database.read() as session:
            return next(iter(self._rows.page(session, None, 1)))

    def older(self, key_id: int) -> int:
        """Return how many rows are under keys older than this one."""
        with self._district.database.read() as session:
            return self._rows.count_others(session, key_id)

    def _opened(self, every: int) -> Iterator[tuple[int, str | None]]:
        envelope = type_coerce(ProtectedPerson.id_number_env, LargeBinary)
        mine = ProtectedPerson.dept_id == self._district.department, ProtectedPerson.id // 10 % every == 0
        with self._district.database.read() as session:
            found = [(row[0], row[1]) for row in session.execute(
                select(ProtectedPerson.id, envelope).where(*mine).order_by(ProtectedPerson.id))]
            opened = Keyring.open(self._district.runtime).decrypt(self._scope, found, session=session)
        for (key, _), value in zip(found, opened, strict=True):
            yield key, mark(SECRET, value) if isinstance(value, bytes) else None

    def _journal(self) -> Journal:
        return {key: lines for journal in self._journals for key, lines in read_journal(journal).items()}


def moments(timed: int, chunks: int, seconds: float, source: random.Random) -> list[tuple[str, str, int, float]]:
    """Return the kills of one rotation in the order in which it meets them.

    ``timed`` of them are at no boundary, but up to ``seconds`` after one of the next ``chunks`` chunks.
    """
    found: list[tuple[str, str, int, float]] = [(one.when, one.state, one.nth, 0.0) for one in drill.moments()]
    at = next(at for at, one in enumerate(found) if one[1] == RotationState.SCAN)
    state = RotationState.REENCRYPT
    found[at:at] = [("timed", state, source.randint(1, chunks), source.uniform(0, seconds)) for _ in range(timed)]
    return found


def assert_rotated(district: District, rows: Rows, rotation_id: uuid.UUID, old: tuple[int, bytes]) -> None:
    """Exactly one key is active, no row is under an older one, and the database refuses an old envelope."""
    with district.database.read() as session:
        rotation = queries.get(session, rotation_id)
        states = dict(session.execute(select(CryptoDek.key_id, CryptoDek.state).where(
            CryptoDek.scope_id == rotation.scope_id, CryptoDek.purpose == "enc")).tuples().all())
        fences.check(session)
        assert session.scalar(select(func.count()).select_from(ProtectedPerson)) == len(rows.first)
    assert rotation.state == RotationState.RETIRED and rotation.certificate and rotation.new_key_id
    assert [key for key, state in states.items() if state == KeyState.ACTIVE] == [rotation.new_key_id]
    assert states[rotation.old_key_id] == KeyState.RETIRED and rows.older(rotation.new_key_id) == 0
    with pytest.raises(DBAPIError, match="mulian fence"), district.database.write() as session:
        session.execute(text(f"UPDATE {TABLE} SET {COLUMN} = :old WHERE id = :id"), {"old": old[1], "id": old[0]})


@pytest.mark.requirement("S4-27")
def test_killed_everywhere_while_processes_write(
    district: District, rotator: Rotator, scale: Scale, tmp_path: Path,
) -> None:
    """After each kill the rows open to values that somebody wrote; it goes on where it stood, to its end."""
    count, kills, chunk = scale.of(100, 200_000), scale.of(14, 100), 2_000 if scale.full else 15
    rows = Rows(district, rotator, count, tmp_path, writers=2 if scale.full else 1)
    source, killed, rotations = random.Random(2026), list[tuple[str, str]](), 0
    everywhere = {(when, state) for state in drill.WORKING for when in ("committed", "inside")}
    try:
        while len(killed) < kills or not everywhere <= set(killed):
            rotation_id, old = district.rotation(), rows.sample()
            planned = moments(10, 6, 0.15, source) if scale.full else moments(1, 1, 0.001, source)
            for when, state, nth, delay in planned:
                status = rotator.run(district, rotation_id, when, state, nth, delay=delay, chunk=chunk)
                assert rows.wrong(ended=False, every=20 if scale.full else 1) == [], (when, state, nth)
                # missed: the writers had left too few rows to re-encrypt
                assert status in (-signal.SIGKILL, MISSED), (when, state, nth)
                killed += [(when, state)] * (status != MISSED)
            machine.run(district.runtime, system_actor("test"), rotation_id, chunk_rows=chunk)
            rotations += 1
            assert_rotated(district, rows, rotation_id, old)
            assert rows.wrong(ended=False) == []
    finally:
        ended = rows.end_writers()
    assert ended == {-signal.SIGKILL}
    assert rows.wrong(ended=True) == [] and rows.writes() > 5
    scale.counts += [len(killed), rotations, rows.writes()]
