"""Encrypted tables with text and uuid keys: one byte form of a key, and everything that rests on it."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from crypto.columns.service import WRONG_TAG
from crypto.drill import processes
from crypto.envelope import row_keys
from crypto.envelope.row_keys import KeyKind, RowKey
from crypto.errors import ROTATION_ROWS_BAD, ROW_KEY_KIND
from crypto.keys.keyring import Keyring
from crypto.rotation import machine, queries
from crypto.rotation import service as rotations
from crypto.rotation.models import CryptoRotation
from crypto.rotation.queries import ScopeRows
from crypto.rotation.rules import RotationState
from crypto.rotation.transfer import Page
from crypto.scopes import blind, fences
from crypto.scopes import queries as scope_queries
from crypto.scopes import service as scopes
from crypto.scopes.registry import EncryptedTable
from crypto.scopes.rules import BLIND_INDEX, ENC, Scope, normalise_text
from crypto.scopes.types import ClearText
from crypto.selfcheck import service as selfcheck
from kernel.approvals import service as approvals
from kernel.db import Base
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from tests.crypto import keyed
from tests.crypto.conftest import District

ACTOR = system_actor("test")
# in the order of their bytes; a locale would sort them otherwise, or take some for equal
TEXTS = sorted(
    ["", " ", "  ", "A", "B", "a", "a ", "a b", "á", "a\u0301", "b", "Z", "z", "10", "9", "0x", "街道", "街道\n2",
     "ﬁ", "fi"]
    + [f"case-{n:03d}" for n in range(60)], key=str.encode,
)
UUIDS = sorted(uuid.UUID(int=n * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128) for n in range(1, 81))
KEYS: dict[KeyKind, list[Any]] = {KeyKind.TEXT: list(TEXTS), KeyKind.UUID: list(UUIDS)}
MODELS: dict[KeyKind, keyed.Keyed] = {KeyKind.TEXT: keyed.TextKeyed, KeyKind.UUID: keyed.UuidKeyed}


@dataclass
class Place:
    """A table with keys of one kind, filled for a department."""

    district: District
    kind: KeyKind
    table: EncryptedTable

    @property
    def keys(self) -> list[Any]:
        return KEYS[self.kind]

    @property
    def model(self) -> Any:
        return MODELS[self.kind]

    @property
    def scope(self) -> Scope:
        return Scope(self.district.department, self.table.name, "value_env")

    def fill(self) -> None:
        """Insert rows through the session hook, of two departments."""
        def unit(session: Session) -> None:
            for at, key in enumerate(self.keys):
                own = at % 10 != 9
                session.add(self.model(
                    code=key, dept_id=self.district.department if own else self.district.other,
                    value_env=ClearText(self.value(key)) if own else ClearText("其他单位"),
                ))

        self.district.database.run(unit)

    @property
    def mine(self) -> list[Any]:
        return [key for at, key in enumerate(self.keys) if at % 10 != 9]

    def value(self, key: RowKey) -> str:
        """Return a row's value; a few are longer: a chunk has one length, or several."""
        number = self.keys.index(key)
        return f"11010119900307{number:03d}X" + "（旧）" * (number % 20 == 3)

    def rows(self) -> list[Any]:
        with self.district.database.read() as session:
            found = {row.code: row for row in session.scalars(select(self.model))}
        return [found[key] for key in self.mine]

    def read(self) -> list[Any]:
        """Decrypt the department's rows as a page does."""
        with self.district.database.read() as session:
            found = {row.code: row for row in session.scalars(select(self.model))}
            return [one["value_env"] for one in scopes.decrypt_rows(session, [found[key] for key in self.mine])]

    def rotation(self, purpose: str = ENC) -> uuid.UUID:
        """Request and approve a rotation."""
        database = self.district.database

        def scope_of(session: Session) -> uuid.UUID:
            found = scope_queries.named(session, self.scope)
            assert found is not None
            return found.id

        scope_id = database.run(scope_of, write=False)
        asked = database.run(lambda session: rotations.request(
            session, self.district.maker, scope_id=scope_id, reason="定期更换", purpose=purpose).id)
        database.run(lambda session: approvals.decide(session, self.district.checker, asked, approve=True))
        with database.read() as session:
            found = queries.open_of(session, scope_id, purpose)
            assert found is not None
            return found.id


@pytest.fixture(params=[KeyKind.TEXT, KeyKind.UUID])
def place(request: pytest.FixtureRequest, district: District) -> Iterator[Place]:
    kind = KeyKind(request.param)
    with keyed.declared(district.database, MODELS[kind], [district.department, district.other]) as table:
        made = Place(district, kind, table)
        made.fill()
        yield made


@pytest.mark.requirement("S4-25")
def test_rows_are_written_by_the_hook_and_read_in_pages(place: Place) -> None:
    assert place.read() == [place.value(key) for key in place.mine]
    key, database = place.mine[3], place.district.database

    def change(session: Session) -> None:
        row = session.get_one(place.model, key)
        row.value_env = ClearText("改过")

    database.run(change)
    with database.read() as session:
        table = Base.metadata.tables[place.table.name]
        found = blind.matches(session, place.scope, place.table.columns[0], table, normalise_text("改过"))
        assert list(session.scalars(select(table.c.code).where(found))) == [key]
    # an envelope belongs to its row: of two rows with exchanged envelopes neither opens, all others do
    first, second = place.rows()[5], place.rows()[6]

    def exchange(session: Session) -> None:
        for row, value in ((first, second.value_env), (second, first.value_env)):
            session.execute(update(place.model).where(place.model.code == row.code).values(value_env=value))

    database.run(exchange)
    opened = place.read()
    assert opened[5:7] == [WRONG_TAG] * 2 and opened.count(WRONG_TAG) == 2


def under_a_locale(place: Place) -> None:
    """Let the column sort as people do: a cursor must not follow it."""
    if place.kind is KeyKind.TEXT and place.district.database.dialect == "postgresql":
        with place.district.database.write() as session:
            session.execute(text(f'ALTER TABLE {place.table.name} ALTER COLUMN code TYPE text COLLATE "en-x-icu"'))
            natural = list(session.scalars(text(f"SELECT code FROM {place.table.name} ORDER BY code")))
        assert natural != TEXTS


@pytest.mark.requirement("S4-27")
def test_rotation_walks_every_row_and_certifies_them(place: Place) -> None:
    under_a_locale(place)
    rotation_id, cursors = place.rotation(), list[Any]()

    def observe(rotation: CryptoRotation) -> None:
        cursors.append(rotation.cursor)
        if rotation.cursor is not None and len(cursors) in (6, 9):
            raise RuntimeError("stopped")  # and carried on from where it stood

    for _ in range(2):
        with pytest.raises(RuntimeError, match="stopped"):
            machine.run(place.district.runtime, ACTOR, rotation_id, observe=observe, chunk_rows=7)
        assert isinstance(cursors[-1], str)
    rotation = machine.run(place.district.runtime, ACTOR, rotation_id, observe=observe, chunk_rows=7)
    assert rotation.state == RotationState.RETIRED and rotation.skipped == 0
    assert (rotation.done, rotation.passes) == (len(place.mine), 1)
    assert {int.from_bytes(row.value_env[2:6]) for row in place.rows()} == {rotation.new_key_id}
    assert place.read() == [place.value(key) for key in place.mine]
    digest = hashlib.new("sm3")
    for row in place.rows():  # in the order of bytes, on each database
        form = row_keys.canonical(row.code)
        digest.update(len(form).to_bytes(4) + form + len(row.value_env).to_bytes(4) + row.value_env)
    issued = rotation.certificate or {}
    assert (issued["v"], issued["row_key"], issued["rows"]) == (2, place.kind, len(place.mine))
    assert issued["digest"] == f"sm3:{digest.hexdigest()}"
    with place.district.database.read() as session:
        fences.check(session)


def test_swaps_leave_rows_that_somebody_else_wrote(place: Place) -> None:
    database, scope = place.district.database, place.scope
    rows = ScopeRows(place.table, scope)
    with database.read() as session:
        page = rows.page(session, None, 1_000)
        assert list(page.keys) == place.mine
        assert list(rows.at(session, 4, 3)) == list(page)[4:7]
        assert list(rows.page(session, page.keys[10], 2).keys) == place.mine[11:13]
    keyring = Keyring.open(place.district.runtime)

    def swap(session: Session) -> int:
        fresh = keyring.encrypt(session, scope, [(key, place.value(key)) for key, _ in page])
        stale = [old if at % 2 else old[:6] + bytes(12) + old[18:] for at, old in enumerate(page.envelopes)]
        return rows.swap(session, Page(page.keys, stale), [new or b"" for new in fresh])

    assert database.run(swap) == len(page) // 2
    with database.read() as session:
        after = rows.page(session, None, 1_000)
    assert [at for at, (old, new) in enumerate(zip(page, after, strict=True)) if old != new] == list(
        range(1, len(page), 2))
    assert place.read() == [place.value(key) for key in place.mine]


def test_keys_with_a_nul_are_swapped(sqlite_district: District) -> None:
    """PostgreSQL has no such texts; SQLite has, and its JSON ends at them."""
    database, names = sqlite_district.database, ["a\0", "a\0b", "b"]
    with keyed.declared(database, keyed.TextKeyed, [sqlite_district.department]) as table:
        database.run(lambda session: session.add_all([
            keyed.TextKeyed(code=name, dept_id=sqlite_district.department, value_env=ClearText("值"))
            for name in names]))
        rows = ScopeRows(table, Scope(sqlite_district.department, table.name, "value_env"))
        with database.write() as session:
            page = rows.page(session, None, 10)
            assert list(page.keys) == names
            assert rows.swap(session, page, [old[:6] + bytes(12) + old[18:] for old in page.envelopes]) == 3


@pytest.mark.requirement("S4-27")
def test_index_keys_are_exchanged(place: Place) -> None:
    rotation_id = place.rotation(BLIND_INDEX)
    rotation = machine.run(place.district.runtime, ACTOR, rotation_id, chunk_rows=7)
    assert rotation.state == RotationState.RETIRED and rotation.done == len(place.mine)
    assert (rotation.certificate or {})["row_key"] == place.kind
    digest = hashlib.new("sm3")
    with place.district.database.read() as session:
        messages = [normalise_text(place.value(key)) for key in place.mine]
        wanted = blind.values(session, place.scope, place.table.columns[0], messages)["value_bi"]
    for row, index in zip(place.rows(), wanted, strict=True):
        assert row.value_bi == index and row.value_bi_next is None
        digest.update(row_keys.digested(row.code, index or b""))
    assert (rotation.certificate or {})["digest"] == f"sm3:{digest.hexdigest()}"


def test_unreadable_rows_are_listed_by_their_keys(place: Place) -> None:
    broken, database = place.rows()[8], place.district.database
    damaged = broken.value_env[:-1] + bytes((broken.value_env[-1] ^ 1,))
    database.run(lambda session: session.execute(
        update(place.model).where(place.model.code == broken.code).values(value_env=damaged)))
    rotation_id = place.rotation()
    with pytest.raises(MulianError) as caught:
        machine.run(place.district.runtime, ACTOR, rotation_id, chunk_rows=7)
    assert caught.value.kind is ROTATION_ROWS_BAD and caught.value.params["rows"] == str(broken.code)
    with database.read() as session:
        assert queries.get(session, rotation_id).state == RotationState.REENCRYPT


def test_the_fence_holds_keys_still(place: Place) -> None:
    """Also where the two keys differ in case only."""
    database = place.district.database
    old, new = ("a b", "A B") if place.kind is KeyKind.TEXT else (place.mine[0], uuid.UUID(int=1))
    with pytest.raises(Exception, match="mulian fence"), database.write() as session:
        session.execute(update(place.model).where(place.model.code == old).values(code=new))
    with database.read() as session:
        assert fences.findings(session) == []


def test_keys_of_another_kind_are_refused_before_they_are_bound(place: Place) -> None:
    wrong: Any = 5 if place.kind is KeyKind.TEXT else str(place.mine[0])

    def unit(session: Session) -> None:
        session.add(place.model(code=wrong, dept_id=place.district.department, value_env=ClearText("x")))
        session.flush()

    with pytest.raises(MulianError) as caught:
        place.district.database.run(unit)
    assert caught.value.kind is ROW_KEY_KIND


def test_the_self_check_samples_such_tables(place: Place) -> None:
    with place.district.database.read() as session:
        found = selfcheck.samples(session, 50)
    assert len(found) == 50 + len(place.keys) - len(place.mine)
    assert set(found) <= {place.value(key) for key in place.mine} | {"其他单位"}


def test_a_drills_journal_holds_any_key(tmp_path: Path, place: Place) -> None:
    """Text keys may have spaces and line ends."""
    journal, district = tmp_path / "journal", place.district
    processes._put(district.runtime, place.scope, row_keys.to_json(place.mine[2]), "演练")
    assert place.read()[2] == "演练"
    lines = [f"{kind} {json.dumps(row_keys.to_json(key))} {at:x}\n"
             for at, key in enumerate(place.keys) for kind in ("try", "done")]
    journal.write_text("".join(lines))
    assert processes.read_journal(journal) == {
        row_keys.to_json(key): [("try", f"{at:x}"), ("done", f"{at:x}")] for at, key in enumerate(place.keys)}


def test_a_cursor_of_before_the_migration_is_read(district: District) -> None:
    """Rotations under way at an upgrade have integers in their cursor."""
    district.fill(30)
    rotation_id = district.rotation()

    def observe(rotation: CryptoRotation) -> None:
        if rotation.cursor is not None:
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        machine.run(district.runtime, ACTOR, rotation_id, observe=observe, chunk_rows=10)
    with district.database.read() as session:
        assert session.scalar(text("SELECT cursor FROM crypto_rotation")) == "10"
        assert queries.get(session, rotation_id).cursor == 10
