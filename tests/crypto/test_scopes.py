"""Encrypted columns: clear text is never bound, fences hold, one encryption per flush and table."""

import logging
import uuid
from typing import Any

import pytest
from sqlalchemy import delete, event, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from crypto.columns.service import WRONG_TAG
from crypto.envelope import rules as envelope
from crypto.errors import SCOPE_UNKNOWN
from crypto.persons import service as persons
from crypto.persons.models import ProtectedPerson
from crypto.persons.rules import Person
from crypto.scopes import fences, hook, registry
from crypto.scopes import service as scopes
from crypto.scopes.types import ClearText, EncryptedText
from kernel import clock, ids
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from tests.crypto.conftest import TABLE, District


def person(district: District, person_id: int, **values: object) -> ProtectedPerson:
    return ProtectedPerson(id=person_id, dept_id=district.department, updated_at=clock.now(), **values)


@pytest.mark.requirement("S4-25", "S4-26")
def test_clear_text_is_never_bound(sqlite_district: District) -> None:
    for value in ("张三", "张三".encode(), b"\x4d\x11" + b"x" * 10, b"", 7):
        with pytest.raises((MulianError, StatementError)) as caught:
            sqlite_district.database.run(lambda session,
                value=value: session.add(person(sqlite_district, 1, name_env=value)))
        original = caught.value.orig if isinstance(caught.value, StatementError) else caught.value
        assert isinstance(original, MulianError) and original.code == "crypto.column.clear_text"


def test_plain_without_the_hook_is_refused(sqlite_district: District) -> None:
    hook.install()
    event.remove(Session, "before_flush", hook._encrypt_pending)
    try:
        with pytest.raises((MulianError, StatementError)):
            clear = person(sqlite_district, 1, name_env=ClearText("张三"))
            sqlite_district.database.run(lambda session: session.add(clear))
    finally:
        hook.install()


@pytest.mark.requirement("S4-25")
def test_one_flush_encrypts_a_column_once(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    hook.install()
    calls: list[int] = []
    real = scopes.keyring_of
    monkeypatch.setattr(hook, "keyring_of", lambda session: _Counting(real(session), calls))
    rows = [person(district, n, name_env=ClearText(f"姓{n}"), id_number_env=None if n % 3 else ClearText(f"{n:018d}"))
            for n in range(100)]
    district.database.run(lambda session: session.add_all(rows))
    assert sorted(calls) == [34, 100]
    with district.database.read() as session:
        loaded = list(session.scalars(select(ProtectedPerson).order_by(ProtectedPerson.id)))
        opened = scopes.decrypt_rows(session, loaded)
    assert [fields["name_env"] for fields in opened] == [f"姓{n}" for n in range(100)]
    assert [fields["id_number_env"] for fields in opened] == [None if n % 3 else f"{n:018d}" for n in range(100)]
    assert all((row.id_number_bi is None) == (row.id % 3 != 0) for row in loaded)


class _Counting:
    def __init__(self, inner: Any, calls: list[int]) -> None:
        self._inner, self._calls = inner, calls

    def encrypt(self, session: object, scope: object, rows: list[object]) -> Any:
        self._calls.append(len(rows))
        return self._inner.encrypt(session, scope, rows)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


def test_empty_text_and_null_are_different(sqlite_district: District) -> None:
    hook.install()
    sqlite_district.database.run(lambda session: session.add(person(sqlite_district, 1, name_env=ClearText(""),
        phone_env=None)))
    with sqlite_district.database.read() as session:
        row = session.get_one(ProtectedPerson, 1)
        assert row.name_env is not None and len(row.name_env) == envelope.OVERHEAD and row.phone_env is None
        assert scopes.decrypt_rows(session, [row]) == [{"name_env": "", "id_number_env": None, "phone_env": None}]


def test_change_renews_the_blind_index(district: District) -> None:
    people = district.fill(5)
    database = district.database
    database.run(lambda session: persons.change(session, 2, name="新 名", id_number="110101900307123"))
    found = database.run(lambda session: persons.find(session, district.department, "１１０１０１１９９００３０７１２３６"), write=False)
    assert [p.id for p in found] == [] or found[0].id == 2
    by_old = database.run(lambda session: persons.find(session, district.department, people[1].id_number), write=False)
    assert by_old == []
    by_short = database.run(lambda session: persons.find(session, district.department, "110101900307123"), write=False)
    assert [(p.id, p.name) for p in by_short] == [(2, "新 名")]
    other = database.run(lambda session: persons.find(session, district.other, people[0].id_number), write=False)
    assert other == []


def test_damaged_and_moved_rows_fail_alone(sqlite_district: District) -> None:
    sqlite_district.fill(20)
    database = sqlite_district.database
    with database.read() as session:
        rows = list(session.scalars(select(ProtectedPerson).order_by(ProtectedPerson.id)))
        session.expunge_all()
        broken = bytearray(rows[4].phone_env or b"")
        broken[20] ^= 1
        rows[4].phone_env = bytes(broken)
        rows[7].phone_env, rows[8].phone_env = rows[8].phone_env, rows[7].phone_env
        opened = scopes.decrypt_rows(session, rows, ["phone_env"])
    assert [n for n, fields in enumerate(opened) if fields["phone_env"] == WRONG_TAG] == [4, 7, 8]


def test_the_database_itself_refuses(district: District) -> None:
    district.fill(2)
    row = "UPDATE protected_person SET {} WHERE id = 1"
    sqlite = district.database.dialect == "sqlite"

    def blob(data: bytes) -> str:
        return f"x'{data.hex()}'" if sqlite else f"'\\x{data.hex()}'::bytea"

    key = (district.scope("name_env").fence_key_id - 1).to_bytes(4)
    statements = {
        "clear": row.format("name_env = " + blob("张三丰张三丰张三丰张三丰张三丰".encode())),
        "short": row.format("name_env = " + blob(b"\x4d\x11")),
        "old key": row.format("name_env = " + blob(b"\x4d\x11" + key + bytes(40))),
        "unknown department": "INSERT INTO protected_person (id, dept_id, name_env, updated_at) VALUES (9, "
        + (f"'{uuid.UUID(int=5).hex}', " if sqlite else f"'{uuid.UUID(int=5)}'::uuid, ")
        + blob(b"\x4d\x11" + b"\xff\xff\xff\xfe" + bytes(40)) + ", 0)",
        "move": row.format("dept_id = " + (f"'{district.other.hex}'" if sqlite else f"'{district.other}'::uuid")),
        "rekey": row.format("id = 77"),
    }
    for statement in statements.values():
        with pytest.raises(DBAPIError, match="mulian fence"):
            with district.database.write() as session:
                session.connection().exec_driver_sql(statement)
    with district.database.write() as session:
        session.connection().exec_driver_sql(row.format("name_env = NULL"))
        session.execute(delete(ProtectedPerson))


def test_missing_changed_and_disabled_fences_are_found_and_rebuilt(district: District) -> None:
    database = district.database
    name = f"mulian_fence_{TABLE}"
    if database.dialect == "sqlite":
        empty = f"CREATE TRIGGER {name}_update BEFORE UPDATE ON {TABLE} BEGIN SELECT 1; END"
        attacks = [[f"DROP TRIGGER {name}_insert"], [f"DROP TRIGGER {name}_scope"],
                   [f"DROP TRIGGER {name}_update", empty]]
    else:
        empty = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        attacks = [[f"DROP TRIGGER {name} ON {TABLE}"], [f"ALTER TABLE {TABLE} DISABLE TRIGGER {name}"], [empty]]
    for attack in attacks:
        with database.read() as session:
            assert fences.findings(session) == []
        with database.write() as session:
            for statement in attack:
                session.connection().exec_driver_sql(statement)
        with database.read() as session:
            assert fences.findings(session) == [TABLE]
            with pytest.raises(MulianError) as caught:
                fences.check(session)
        assert caught.value.code == "crypto.fence.missing" and caught.value.status == 503
        database.run(fences.rebuild_all)


def test_a_department_without_scopes_cannot_be_written(sqlite_district: District) -> None:
    stranger = ids.new()
    with pytest.raises(MulianError) as caught:
        sqlite_district.database.run(lambda session: persons.insert_many(
            session, stranger, [Person(1, "甲", "700000199001010000", "10000000000")]
        ))
    assert caught.value.kind is SCOPE_UNKNOWN


def test_declaring_twice_is_refused(sqlite_district: District) -> None:
    with pytest.raises(MulianError) as caught:
        sqlite_district.database.run(lambda session: scopes.declare(
            session, system_actor("t"), table=TABLE, department_ids=[sqlite_district.department]
        ))
    assert caught.value.code == "crypto.scope.exists"
    with pytest.raises(MulianError) as caught:
        registry.table_of("department")
    assert caught.value.code == "crypto.table.unknown"


def test_text_type_stores_the_text_form(sqlite_district: District) -> None:
    kind = EncryptedText()
    dialect = sqlite_district.database.engine.dialect
    data = envelope.seal(b"k" * 16, 9, bytes(8), b"x", bytes(12))
    stored = kind.process_bind_param(data, dialect)
    assert stored is not None and stored.startswith("mlc1.00000009.")
    assert kind.process_result_value(stored, dialect) == data
    with pytest.raises(MulianError):
        kind.process_bind_param("张三", dialect)


def test_clear_values_do_not_show_in_repr_or_logs(sqlite_district: District, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "金丝雀七零零"
    hook.install()
    sqlite_district.database.run(lambda session: session.add(person(sqlite_district, 1, name_env=ClearText(canary))))
    assert canary not in repr(ClearText(canary)) + repr(Person(1, canary, canary, canary)) + caplog.text
    with sqlite_district.database.read() as session:
        assert session.execute(text("SELECT count(*) FROM protected_person")).scalar_one() == 1
