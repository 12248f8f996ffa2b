"""Columns of text envelopes: fences, rotations and look-ups do with them what they do with binary ones."""

import base64
import hashlib
import signal
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crypto.columns.service import NOT_AN_ENVELOPE, WRONG_TAG
from crypto.drill import processes
from crypto.drill import service as drill
from crypto.drill.copying import Copy
from crypto.drill.rules import Moment
from crypto.envelope import rules as envelope
from crypto.envelope.row_keys import KeyKind
from crypto.errors import ROTATION_ROWS_BAD
from crypto.keys.keyring import Keyring
from crypto.keys.vault import vault_of
from crypto.rotation import machine
from crypto.rotation.queries import ScopeRows
from crypto.rotation.rules import RotationState
from crypto.rotation.transfer import Page
from crypto.scopes import blind, fences, forms, registry
from crypto.scopes import queries as scope_queries
from crypto.scopes import service as scopes
from crypto.scopes.registry import EncryptedColumn, EncryptedTable
from crypto.scopes.rules import BLIND_INDEX, normalise_text
from crypto.scopes.types import ClearText
from crypto.selfcheck import service as selfcheck
from kernel.db import Base, Database
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from tests.crypto import keyed
from tests.crypto.conftest import District
from tests.crypto.test_rotation_plans import assert_by_key, changes
from tests.crypto.test_row_keys import Place
from tests.support.scale import examples

ACTOR = system_actor("test")
TABLE = keyed.TextEnvelopes.__tablename__
forking = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


class TextPlace(Place):
    """The table with integers as keys, filled for two departments."""

    @property
    def keys(self) -> list[Any]:
        return list(range(1, 61))

    @property
    def model(self) -> Any:
        return keyed.TextEnvelopes

    def stored(self) -> dict[int, Any]:
        """Return what the column really holds."""
        with self.district.database.read() as session:
            return dict(session.execute(text(f"SELECT code, value_env FROM {TABLE} ORDER BY code")).tuples().all())

    def put(self, values: dict[int, Any]) -> None:
        """Write as somebody does who goes by the program."""
        with self.district.database.write() as session:
            session.execute(text(f"UPDATE {TABLE} SET value_env = :value WHERE code = :code"),
                            [{"code": code, "value": value} for code, value in values.items()])

    def write(self, *keys: int) -> None:
        """Give rows their values again, as the program does."""
        def unit(session: Session) -> None:
            for key in keys:
                session.get_one(self.model, key).value_env = ClearText(self.value(key))

        self.district.database.run(unit)

    def limit(self) -> int:
        """Return the oldest key that may be written."""
        with self.district.database.read() as session:
            found = scope_queries.named(session, self.scope)
            assert found is not None
            return found.fence_key_id


@pytest.fixture
def place(district: District) -> Iterator[TextPlace]:
    yield from filled(district)


def filled(district: District) -> Iterator[TextPlace]:
    with keyed.declared(
        district.database, keyed.TextEnvelopes, [district.department, district.other],
    ) as table:
        made = TextPlace(district, KeyKind.BIGINT, table)
        made.fill()
        yield made


def sealed(key_id: int) -> str:
    return envelope.to_text(envelope.encode(envelope.Envelope(envelope.GCM, False, key_id, bytes(12), bytes(34))))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Text envelopes, and what is nearly one."""
    found = envelope.to_text(envelope.encode(envelope.Envelope(
        draw(st.sampled_from([1, 2, 3])), draw(st.booleans()), draw(st.integers(1, envelope.MAX_KEY_ID)),
        draw(st.binary(min_size=12, max_size=12)), draw(st.binary(min_size=16, max_size=40)),
    )))
    at, letter = draw(st.integers(-3, len(found) - 1)), draw(st.sampled_from("AQgwBZz059-_+/=. \n\0é街"))
    return draw(st.sampled_from([
        found, found, found[:at] + letter + found[at + 1:] if at >= 0 else found[:at] + letter, found[:at],
        found + letter, found[:14].upper() + found[14:], found[:5] + f"{int(found[5:13], 16) ^ 1:08x}" + found[13:],
    ]))


@settings(max_examples=examples(10, 1_000), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(texts(), min_size=5, max_size=20))
def test_databases_read_what_we_read(database: Database, found: list[str]) -> None:
    """What a fence takes is what parses; key id and nonce are where the parser finds them."""
    form, dialect = forms.TEXT, database.dialect
    asked = text(
        f"SELECT {form.broken('v', dialect)}, {form.key_id('v', dialect)}, {form.nonce('v', dialect)} "
        "FROM (SELECT CAST(:v AS TEXT) AS v) AS s")
    with database.read() as session:
        for value in found:
            if "\0" in value and dialect == "postgresql":
                continue  # it has no such texts
            broken, key_id, nonce = session.execute(asked, {"v": value}).one()
            try:
                data = envelope.from_text(value)
            except MulianError:
                # key id 0 is older than any limit
                assert (broken or key_id == "0" * 8) and form.envelopes([value]) == [forms.UNREADABLE]
                continue
            parsed = envelope.parse(data)
            assert not broken and form.envelopes([value]) == [data]
            assert key_id == form.limit(parsed.key_id)
            assert base64.urlsafe_b64decode(nonce) == parsed.nonce and form.nonces([data]) == nonce.encode()


@pytest.mark.requirement("S4-25")
def test_the_fence_takes_nothing_but_text_envelopes(place: TextPlace) -> None:
    database, limit = place.district.database, place.limit()
    assert place.read() == [place.value(key) for key in place.mine]
    assert all(value.startswith(f"mlc1.{limit:08x}.") for key, value in place.stored().items() if key in place.mine)
    sound, older = sealed(limit), sealed(limit - 1)
    refused: list[Any] = [
        older, "11010119900307123X" * 4, "", sound[:14] + older[14:], older[:14] + sound[14:], sound[:59], sound + "=",
        sound.upper(), "M\x11" + "a" * 60,
    ]
    for value in [*refused, sound.encode()] if database.dialect == "sqlite" else refused:
        with pytest.raises(DBAPIError, match="mulian fence"):
            place.put({1: value})
    with pytest.raises(DBAPIError, match="mulian fence"), database.write() as session:
        session.add(place.model(code=999, dept_id=uuid.UUID(int=5), value_env=envelope.from_text(sound)))
    place.put({1: sound, 2: None})

    def both(session: Session) -> None:
        session.get_one(place.model, 3).name_env = ClearText("甲")

    database.run(both)
    with database.read() as session:
        row = session.get_one(place.model, 3)
        assert scopes.decrypt_rows(session, [row]) == [{"value_env": place.value(3), "name_env": "甲"}]
        assert fences.findings(session) == []
    with pytest.raises(DBAPIError, match="mulian fence"), database.write() as session:
        session.execute(text(f"UPDATE {TABLE} SET name_env = :value WHERE code = 3"), {"value": sound.encode()})


@forking
@pytest.mark.requirement("S4-27")
def test_a_rotation_is_killed_and_carried_on(place: TextPlace) -> None:
    district, before, rotation_id = place.district, place.stored(), place.rotation()
    runtime, database, rows = district.runtime, district.database, ScopeRows(place.table, place.scope)
    copy = Copy(runtime.settings, runtime.home, database.url, runtime.box, vault_of(runtime))
    database.close()
    for state, when, nth in (("reencrypt", "inside", 2), ("reencrypt", "committed", 3), ("verify", "inside", 2)):
        moment = Moment(RotationState(state), when, nth)
        assert processes.rotate(copy, rotation_id, moment, 10) == -signal.SIGKILL
        assert place.read() == [place.value(key) for key in place.mine]
    rotation = machine.run(runtime, ACTOR, rotation_id, chunk_rows=10)
    assert rotation.state == RotationState.RETIRED and rotation.new_key_id == place.limit()
    assert (rotation.done, rotation.skipped, rotation.passes) == (len(place.mine), 0, 1)
    after, digest = place.stored(), hashlib.new("sm3")
    for key, value in after.items():
        assert value.startswith(f"mlc1.{rotation.new_key_id:08x}.") if key in place.mine else value == before[key]
    for row in place.rows():
        digest.update(row_bytes(row))
    assert place.read() == [place.value(key) for key in place.mine]
    issued = rotation.certificate or {}
    assert (issued["v"], issued["rows"], issued["digest"]) == (1, len(place.mine), f"sm3:{digest.hexdigest()}")
    with database.read() as session:
        fences.check(session)
        # what is asked before a key is destroyed: does a row lie under it?
        assert [rows.count_others(session, rotation.new_key_id + more) for more in (0, 1)] == [0, len(place.mine)]
        if database.dialect == "postgresql":
            checks = dict(session.execute(text(
                "SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conname LIKE 'mulian_key_%'"
            )).tuples().all())
            [[check, validated]] = checks.items()
            assert validated and "substr(value_env, 6, 8)" in check and f"{rotation.new_key_id:08x}" in check
    with pytest.raises(DBAPIError, match="mulian fence"):
        place.put({1: before[1]})


def row_bytes(row: Any) -> bytes:
    """Return what a certificate digests of a row: the envelope, not its text."""
    return bytes(row.code.to_bytes(8) + row.value_env)


@pytest.mark.requirement("S4-27")
def test_texts_that_are_no_envelopes_are_listed_by_their_keys(place: TextPlace) -> None:
    """All at once: none is under the new key, whatever it sorts before."""
    database, stored, name = place.district.database, place.stored(), f"mulian_fence_{TABLE}"
    off = {"sqlite": f"DROP TRIGGER {name}_update", "postgresql": f"ALTER TABLE {TABLE} DISABLE TRIGGER {name}"}
    with database.write() as session:
        session.execute(text(off[database.dialect]))
    turned = "B" if stored[3][-3] == "A" else "A"
    place.put({
        3: stored[3][:-3] + turned + stored[3][-2:], 5: "张三", 6: "mlc1.ffffffff." + stored[6][14:],
        7: "11010119900307123X" * 4, 8: stored[8] + "\n",
    })
    late = [6, 7, 8]
    if database.dialect == "sqlite":
        place.put({11: stored[11].encode()})  # bytes sort behind every text
        late = [6, 7, 8, 11]
    failed = dict(zip(place.mine, place.read(), strict=True))
    assert {key for key, value in failed.items() if value == NOT_AN_ENVELOPE} == {5, *late}
    assert failed[3] == WRONG_TAG and failed[4] == place.value(4)
    rotation_id = place.rotation()
    bad = [3, 5, *late]
    with pytest.raises(MulianError) as caught:
        machine.run(place.district.runtime, ACTOR, rotation_id, chunk_rows=10)
    assert caught.value.kind is ROTATION_ROWS_BAD
    assert caught.value.params["rows"] == ", ".join(map(str, bad))
    place.write(*bad)
    assert machine.run(place.district.runtime, ACTOR, rotation_id).state == RotationState.RETIRED
    assert place.read() == [place.value(key) for key in place.mine]


def test_swaps_leave_rows_that_somebody_else_wrote(place: TextPlace) -> None:
    """Chunks of one length and of several."""
    rows, keyring = ScopeRows(place.table, place.scope), Keyring.open(place.district.runtime)
    with place.district.database.read() as session:
        page = rows.page(session, None, 1_000)
        assert list(page.keys) == place.mine and list(rows.at(session, 4, 3)) == list(page)[4:7]
    for length in (3, len(page)):
        def swap(session: Session, count: int = length) -> int:
            now = rows.page(session, None, count)
            fresh = keyring.encrypt(session, place.scope, [(key, place.value(key)) for key in now.keys])
            stale = [old if at % 3 else old[:6] + bytes(12) + old[18:] for at, old in enumerate(now.envelopes)]
            return rows.swap(session, Page(now.keys, stale), [new or b"" for new in fresh])

        assert place.district.database.run(swap) == length - -(-length // 3)
    with place.district.database.read() as session:
        after = rows.page(session, None, 1_000)
    assert [at for at, (old, new) in enumerate(zip(page, after, strict=True)) if old == new] == list(
        range(0, len(page), 3))
    assert place.read() == [place.value(key) for key in place.mine]


@pytest.mark.requirement("S4-27")
def test_index_keys_are_exchanged(place: TextPlace) -> None:
    rotation = machine.run(place.district.runtime, ACTOR, place.rotation(BLIND_INDEX), chunk_rows=7)
    assert rotation.state == RotationState.RETIRED and rotation.done == len(place.mine)
    assert all(row.value_bi and row.value_bi_next is None for row in place.rows())
    with place.district.database.read() as session:
        table, asked = Base.metadata.tables[TABLE], normalise_text(place.value(7))
        found = blind.matches(session, place.scope, place.table.columns[0], table, asked)
        assert list(session.scalars(select(table.c.code).where(found))) == [7]


def test_samples_and_drills_know_such_columns(place: TextPlace) -> None:
    database, runtime = place.district.database, place.district.runtime
    with database.read() as session:
        scope = scope_queries.named(session, place.scope)
        assert scope is not None
        target = drill._target(session, scope.id)
        assert set(selfcheck.samples(session, 60)) == {place.value(key) for key in place.mine} | {"其他单位"}
    assert list(target.before) == place.mine and target.sample[0] == 1
    processes._put(runtime, place.scope, 1, "演练")
    assert place.read()[0] == "演练"
    machine.run(runtime, ACTOR, place.rotation())
    assert drill._refused(runtime, target)


def test_sqlite_changes_chunks_by_key(sqlite_district: District) -> None:
    engine = sqlite_district.database.engine
    for place in filled(sqlite_district):
        with changes(engine, TABLE) as found:
            machine.run(sqlite_district.runtime, ACTOR, place.rotation(), chunk_rows=7)
            machine.run(sqlite_district.runtime, ACTOR, place.rotation(BLIND_INDEX), chunk_rows=7)
        assert any("json_each" in one for one in found) and any("SET value_env = CAST(?" in one for one in found)
        assert_by_key(engine, TABLE, "code", found)


@pytest.mark.pure
@pytest.mark.parametrize("stored", [LargeBinary(), Text()])
def test_columns_that_take_anything_are_not_declared(stored: Any) -> None:
    table = Table("test_no_envelopes", Base.metadata, Column("id", BigInteger, primary_key=True), Column("v", stored))
    try:
        with pytest.raises(ValueError, match="holds no envelopes"):
            registry.declare(EncryptedTable(table.name, (EncryptedColumn("v", zh="", mask="all"),)))
    finally:
        Base.metadata.remove(table)
