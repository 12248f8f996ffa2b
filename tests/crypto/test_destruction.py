"""Hierarchy and destruction: what may open, until when, and that afterwards nothing does."""

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from crypto.columns.engine import ColumnKey, column_key
from crypto.columns.service import decrypt_column
from crypto.copies import service as copies
from crypto.copies.rules import TITLES, CopyKind
from crypto.destruction import service as destruction
from crypto.errors import COPIES_LEFT, KEK_IN_USE, KEK_OLDER_LEFT, KEK_STATE
from crypto.keys import hierarchy, queries, rules
from crypto.keys.keyring import DESTROYED_KEY, Keyring
from crypto.keys.models import CryptoDek, CryptoKek
from crypto.keys.rules import KeyState
from crypto.keys.vault import vault_of
from crypto.persons import service as persons
from crypto.persons.models import ProtectedPerson
from crypto.rotation import machine
from crypto.rotation import queries as rotations
from crypto.rotation.rules import RotationState
from crypto.scopes.rules import Scope
from kernel import clock, events
from kernel.approvals import service as approvals
from kernel.audit.models import AuditLog
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.jobs import runner
from kernel.jobs.models import Job
from kernel.runtime import Runtime
from tests.crypto.conftest import TABLE, District
from tests.support import postgres

ACTOR = system_actor("test")
COLUMN = "id_number_env"


def always(key: ColumnKey) -> Callable[[int], ColumnKey]:
    return lambda _: key


def keks(district: District) -> list[CryptoKek]:
    """The KEKs of the first department, oldest first."""
    with district.database.read() as session:
        return list(session.scalars(queries.keks(district.department)))[::-1]


def rotate(district: District) -> None:
    machine.run(district.runtime, ACTOR, district.rotation())


def past_grace(district: District) -> None:
    """Retirements lie six minutes back, as if one had waited for the readers' grace."""
    def unit(session: Any) -> None:
        early = clock.now() - rules.RETIRED_GRACE - timedelta(minutes=1)
        session.execute(update(CryptoDek).where(CryptoDek.state == KeyState.RETIRED).values(retired_at=early))
    district.database.run(unit)


def destroy(district: District, kek: CryptoKek) -> dict[str, Any]:
    """Ask, approve, run the job; return the certificate."""
    database = district.database
    asked = database.run(lambda s: destruction.request(s, district.maker, kek_id=kek.id, reason="到期销毁").id)
    database.run(lambda s: approvals.decide(s, district.checker, asked, approve=True))
    with database.read() as session:
        params = session.scalars(select(Job.params).where(Job.kind == destruction.JOB).order_by(Job.id.desc())).first()
    assert params is not None
    return destruction.carry_out(district.runtime, ACTOR, params)


def refused(call: Callable[[], object]) -> MulianError:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value


def dump(database: Database, target: Path, server: postgres.Server | None) -> None:
    """What an operator's tool would write: a dump of the whole database."""
    if server is None:
        assert database.runtime is not None
        with sqlite3.connect(database.runtime.home.database_file) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
        return
    folder = postgres.binaries()
    assert folder is not None
    url = database.url.replace("+psycopg", "")
    subprocess.run([folder / "pg_dump", "-f", target, url], check=True, capture_output=True)


def restored(source: Path, server: postgres.Server | None, like: Runtime) -> Database:
    """A database made from a dump, with the home (and so the provider) as it is now."""
    if server is None:
        copy = source.with_suffix(".restored")
        shutil.copy(source, copy)
        database = Database.sqlite(copy)
    else:
        url = server.create(f"r_{source.stem}_{clock.now_micros()}")
        folder = postgres.binaries()
        assert folder is not None
        subprocess.run([folder / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", source, url.replace("+psycopg", "")],
                       check=True, capture_output=True)
        database = Database(url)
    Runtime(settings=like.settings, home=like.home, database=database, box=like.box)
    return database


def everything_that_opens(database: Database, runtime: Runtime, wraps: list[Any]) -> dict[int, bytes]:
    """Try each wrap of each key ever seen under every object that the provider has; key id → clear key."""
    found = {}
    for kek_file in runtime.home.data_keys_dir.glob("kek-*.bin"):
        for item in wraps:
            try:
                material = vault_of(runtime).provider.get_kek(item.kek_id)
                found[item.key_id] = rules.unwrap(material, item.wrapped, item.scope, item.purpose, item.version,
                                                  item.kek_id.bytes, item.kcv, item.key_id)
            except MulianError:
                continue
        assert kek_file.exists()
    return found


def wraps_of(database: Database) -> list[Any]:
    with database.read() as session:
        return queries.by_ids(session, list(session.scalars(select(CryptoDek.key_id))))


@pytest.mark.requirement("S4-50")
def test_destroyed_keys_open_nothing_and_later_backups_open_everything(
    district: District, dialect: str, tmp_path: Path, request: pytest.FixtureRequest,
) -> None:
    server = request.getfixturevalue("postgres_server") if dialect == "postgresql" else None
    database, runtime = district.database, district.runtime
    people = district.fill(25)
    old_envelopes = _envelopes(database)
    old_key = int.from_bytes(old_envelopes[0][1][2:6])
    seen = wraps_of(database)
    dump(database, tmp_path / "before.dump", server)
    before = database.run(lambda s: copies.register(
        s, district.maker, kind=CopyKind.DUMP, location="before.dump", made_at=clock.now()
    ).id)
    rotate(district)
    first, second = keks(district)
    assert (first.state, second.state, second.version) == (KeyState.RETIRED, KeyState.ACTIVE, 2)
    moved = {item.key_id: item for item in wraps_of(database) if item.scope.department_id == district.department}
    assert {key for key, item in moved.items() if item.kek_id == first.id} == {old_key}
    assert len([item for item in moved.values() if item.kek_id == second.id]) == 4
    dump(database, tmp_path / "after.dump", server)
    database.run(lambda s: copies.register(
        s, district.maker, kind=CopyKind.DUMP, location="after.dump", made_at=clock.now()))
    past_grace(district)
    error = refused(lambda: destroy(district, first))
    assert error.kind is COPIES_LEFT and "before.dump" in str(error) and "after.dump" not in str(error)

    # before the destruction a restored old backup reads; deleting the copy lets the destruction go on
    old = restored(tmp_path / "before.dump", server, runtime)
    assert old.run(lambda s: persons.read(s, [p.id for p in people]), write=False) == people
    old.close()
    database.run(lambda s: copies.mark_deleted(s, district.maker, copy_id=before, note="已粉碎"))
    published: list[Any] = []
    events.subscribe(destruction.KekDestroyed, lambda _, event: published.append(event))
    issued = destroy(district, first)
    events._handlers[destruction.KekDestroyed].pop()

    # the dump that somebody kept all the same, with the current root, opens nothing of the destroyed key
    vault_of(runtime)._keks.clear()
    assert not (runtime.home.data_keys_dir / f"kek-{first.id}.bin").exists()
    opened = everything_that_opens(database, runtime, [*seen, *wraps_of(database)])
    assert old_key not in opened and len(opened) == 8
    for key_id, key in opened.items():
        cells = decrypt_column(always(column_key(key_id, key)), [row for row, _ in old_envelopes],
                               [value for _, value in old_envelopes])
        assert not any(isinstance(cell, bytes) for cell in cells)
    old = restored(tmp_path / "before.dump", server, runtime)
    assert refused(lambda: old.run(lambda s: persons.read(s, [1]), write=False)).code == "crypto.provider.damaged"
    old.close()
    live = Keyring(runtime).decrypt(Scope(district.department, TABLE, COLUMN), old_envelopes)
    assert set(live) == {DESTROYED_KEY}

    # the later backup and the installation itself read everything
    late = restored(tmp_path / "after.dump", server, runtime)
    for place in (late, database):
        assert place.run(lambda s: persons.read(s, [p.id for p in people]), write=False) == people
    late.close()
    _check_certificate(district, issued, first, old_key)
    assert [event.certificate for event in published] == [issued]


def _check_certificate(district: District, issued: dict[str, Any], kek: CryptoKek, old_key: int) -> None:
    with district.database.read() as session:
        row = session.get(CryptoDek, old_key)
        rotation = session.scalars(rotations.listing(district.department)).one()
        logged = list(session.scalars(select(AuditLog).where(AuditLog.action == "crypto.kek.destroy")))
        stored = queries.kek(session, kek.id)
        copy = session.scalars(select(copies.CryptoCopy).where(copies.CryptoCopy.deleted_at.is_not(None))).one()
    assert row is not None and (row.state, row.wrapped) == (KeyState.DESTROYED, b"") and row.destroyed_at
    assert rotation.state == RotationState.DESTROYED
    assert stored.state == KeyState.DESTROYED and stored.certificate == issued and len(logged) == 1
    assert [key["key_id"] for key in issued["keys"]] == [old_key] and copy.deleted_at is not None
    assert issued["last_copy_until"] == clock.iso(copy.deleted_at) and issued["copies"][0]["how"] == "deleted"
    assert (issued["maker"], issued["checker"]) == ("maker", "checker")
    json.dumps(issued)


def _envelopes(database: Database) -> list[tuple[int, bytes]]:
    with database.read() as session:
        rows = session.execute(select(ProtectedPerson.id, getattr(ProtectedPerson, COLUMN)))
        return [(row[0], row[1]) for row in rows]


def test_what_stands_in_the_way_of_a_destruction(sqlite_district: District) -> None:
    district, database = sqlite_district, sqlite_district.database
    district.fill(3)

    def ask(kek: CryptoKek) -> Callable[[], object]:
        return lambda: database.run(lambda s: destruction.request(s, district.maker, kek_id=kek.id, reason="销毁"))

    assert refused(ask(keks(district)[0])).kind is KEK_STATE
    rotate(district)
    rotate(district)
    first, second, third = keks(district)
    assert refused(ask(third)).kind is KEK_STATE
    assert refused(ask(second)).kind is KEK_OLDER_LEFT
    assert refused(ask(first)).kind is KEK_IN_USE  # the readers' grace runs
    past_grace(district)
    # a backup with the key store counts whenever it was made; one that has expired does not
    home = database.run(lambda s: copies.register(
        s, district.maker, kind=CopyKind.HOME, location="/backup/home", made_at=clock.now()).id)
    database.run(lambda s: copies.register(
        s, district.maker, kind=CopyKind.DUMP, location="old", made_at=clock.now() - timedelta(days=9),
        expires_at=clock.now() - timedelta(days=2)))
    assert refused(ask(first)).kind is COPIES_LEFT
    # approved, then a copy turns up: nothing is removed
    database.run(lambda s: copies.mark_deleted(s, district.maker, copy_id=home, note="删除"))
    asked = database.run(lambda s: destruction.request(s, district.maker, kek_id=first.id, reason="销毁").id)
    database.run(lambda s: approvals.decide(s, district.checker, asked, approve=True))
    database.run(lambda s: copies.register(
        s, district.maker, kind=CopyKind.HOME, location="/found", made_at=clock.now()))
    assert run_jobs(district) == [("failed", COPIES_LEFT.code)]
    assert vault_of(district.runtime).provider.has_kek(first.id)
    assert refused(ask(first)).kind is COPIES_LEFT
    database.run(lambda s: s.execute(
        update(copies.CryptoCopy).where(copies.CryptoCopy.key_store).values(deleted_at=clock.now())))
    # killed between object and certificate, and a copy is recorded: what was approved again is certified all the same
    vault_of(district.runtime).destroy_kek(first.id)
    kept = database.run(lambda s: copies.register(
        s, district.maker, kind=CopyKind.HOME, location="/nightly", made_at=clock.now(), key_store=False).id)
    again = database.run(lambda s: destruction.request(s, district.maker, kek_id=first.id, reason="销毁").id)
    database.run(lambda s: approvals.decide(s, district.checker, again, approve=True))
    assert run_jobs(district) == [("failed", COPIES_LEFT.code), ("done", None)]
    issued = keks(district)[0].certificate
    assert issued and {copy["how"] for copy in issued["copies"]} == {"deleted", "expired", "left"}
    assert (issued["copies_left"], issued["last_copy_until"]) == (1, None)
    with database.read() as session:
        params = session.scalars(select(Job.params).where(Job.kind == destruction.JOB)).first()
    assert params and destruction.carry_out(district.runtime, ACTOR, params) == issued
    assert refused(ask(keks(district)[0])).kind is KEK_STATE
    database.run(lambda s: copies.mark_deleted(s, district.maker, copy_id=kept, note="删除"))
    last = destroy(district, second)
    assert (last["version"], last["copies_left"]) == (2, 0) and last["last_copy_until"]


def run_jobs(district: District) -> list[tuple[str, str | None]]:
    """Let a worker take whatever waits; return state and error of every destruction, oldest first."""
    runtime = district.runtime
    while held := runner.claim(runtime):
        runner.execute(runtime, held, runner.context_of(runtime, held))
    with district.database.read() as session:
        rows = session.scalars(select(Job).where(Job.kind == destruction.JOB).order_by(Job.id))
        return [(row.state, (row.error or {}).get("code")) for row in rows]


def test_a_rewrap_moves_every_surviving_key_or_none(sqlite_district: District) -> None:
    district, database = sqlite_district, sqlite_district.database
    people = district.fill(4)
    envelopes = _envelopes(database)

    def fail(session: Any) -> None:
        hierarchy.rewrap(session, ACTOR, district.department, reason="test")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        database.run(fail)
    assert [kek.state for kek in keks(district)] == [KeyState.ACTIVE]
    database.run(lambda s: hierarchy.rewrap(s, ACTOR, district.department, reason="test"))
    first, second = keks(district)
    with database.read() as session:
        assert not queries.under_kek(session, first.id) and len(queries.under_kek(session, second.id)) == 4
    district.runtime.extras.pop("crypto.keyring", None)
    assert database.run(lambda s: persons.read(s, [p.id for p in people]), write=False) == people
    assert _envelopes(database) == envelopes  # no envelope changed


@pytest.mark.pure
def test_the_console_calls_copies_what_the_answers_call_them() -> None:
    """The dialog and a certificate name kinds before any answer does."""
    messages = Path(__file__).parents[2] / "web" / "src" / "i18n" / "messages" / "crypto.ts"
    block = re.search(r"kinds: \{(.+?)\}", messages.read_text(encoding="utf-8"))
    assert block is not None
    words = re.findall(r'(\w+): \["([^"]+)", "([^"]+)"\]', block[1])
    assert {key: (zh, en.casefold()) for key, zh, en in words} == {
        str(kind): (zh, en.casefold()) for kind, (zh, en) in TITLES.items()
    }
