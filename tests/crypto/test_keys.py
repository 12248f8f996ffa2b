"""Root, KEK, DEK and keyring: nothing opens that should not, and a sealed root stops data keys only."""

import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crypto.columns import engine, mac
from crypto.columns.service import WRONG_TAG
from crypto.errors import KEY_EXHAUSTED, KEY_MATERIAL, PASSPHRASE_WRONG, ROOT_EXISTS, SEALED
from crypto.keys import doors, rules
from crypto.keys import service as keys
from crypto.keys.adapters.sealed_file import SealedFile
from crypto.keys.keyring import RETIRED_KEY, UNKNOWN_KEY, WRONG_SCOPE, Keyring
from crypto.keys.models import CryptoDek, CryptoKek
from crypto.keys.rules import KeyState
from crypto.keys.vault import ensure_dev_root, vault_of
from crypto.persons import service as persons
from crypto.persons.models import ProtectedPerson
from crypto.scopes import queries as scopes
from crypto.scopes.rules import Scope
from crypto.servicekeys import service as servicekeys
from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from kernel.home import Home
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from kernel.settings import Settings
from tests.crypto.conftest import TABLE, District

ACTOR = system_actor("test")


def envelopes(database: Database, column: str = "name_env") -> list[tuple[int, bytes | None]]:
    with database.read() as session:
        return [(row[0], row[1]) for row in session.execute(
            select(ProtectedPerson.id, getattr(ProtectedPerson, column)).order_by(ProtectedPerson.id)
        )]


def test_sealed_file_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    provider = SealedFile(tmp_path)
    provider.create("correct horse")
    kek = uuid.uuid4()
    provider.put_kek(kek, b"k" * 16)
    again = SealedFile(tmp_path)
    with pytest.raises(MulianError) as caught:
        again.get_kek(kek)
    assert caught.value.kind is SEALED and caught.value.status == 503
    with pytest.raises(MulianError) as caught:
        again.unseal("wrong horse")
    assert caught.value.kind is PASSPHRASE_WRONG
    again.unseal("correct horse")
    assert again.get_kek(kek) == b"k" * 16
    with pytest.raises(MulianError) as caught:
        again.create("another")
    assert caught.value.kind is ROOT_EXISTS
    other = uuid.uuid4()
    (tmp_path / f"kek-{other}.bin").write_bytes((tmp_path / f"kek-{kek}.bin").read_bytes())
    with pytest.raises(MulianError) as caught:
        again.get_kek(other)
    assert caught.value.code == "crypto.provider.damaged"
    made = [tmp_path / "root.json", tmp_path / f"kek-{kek}.bin"]
    assert {oct(path.stat().st_mode & 0o777) for path in made} == {"0o600"}


def test_no_key_material_in_the_database(sqlite_district: District) -> None:
    sqlite_district.fill(20)
    database = sqlite_district.database
    assert database.runtime is not None
    vault = vault_of(database.runtime)
    with database.read() as session:
        keks = [vault.kek(kek_id) for kek_id in session.scalars(select(CryptoKek.id))]
        deks = [
            rules.unwrap(vault.kek(item.kek_id), item.wrapped, item.scope, item.purpose, item.version,
                         item.kek_id.bytes, item.kcv, item.key_id)
            for item in keys.queries.by_ids(session, list(session.scalars(select(CryptoDek.key_id))))
        ]
    home = database.runtime.home
    stored = home.database_file.read_bytes() + Path(f"{home.database_file}-wal").read_bytes()
    assert len(keks) == 2 and len(deks) == 8 and len({*keks, *deks}) == 10
    assert not any(key in stored or key.hex().encode() in stored for key in keks + deks)


def test_a_key_moved_to_another_scope_purpose_or_version_does_not_unwrap() -> None:
    scope, kek, key, kek_id = Scope(uuid.uuid4(), "t", "c"), b"k" * 16, b"d" * 16, b"i" * 16
    wrapped = rules.wrap(kek, key, scope, "enc", 1, kek_id)
    kcv = rules.check_value(key)
    assert rules.unwrap(kek, wrapped, scope, "enc", 1, kek_id, kcv, 1) == key
    wrong = [
        (kek, Scope(uuid.uuid4(), "t", "c"), "enc", 1, kek_id, kcv),
        (kek, Scope(scope.department_id, "t", "d"), "enc", 1, kek_id, kcv),
        (kek, scope, "bi", 1, kek_id, kcv), (kek, scope, "enc", 2, kek_id, kcv), (kek, scope, "enc", 1, b"j" * 16, kcv),
        (b"x" * 16, scope, "enc", 1, kek_id, kcv), (kek, scope, "enc", 1, kek_id, b"0000"),
    ]
    for kek_, scope_, purpose, version, kek_id_, kcv_ in wrong:
        with pytest.raises(MulianError) as caught:
            rules.unwrap(kek_, wrapped, scope_, purpose, version, kek_id_, kcv_, 1)
        assert caught.value.kind is KEY_MATERIAL


@pytest.mark.requirement("S4-50")
def test_keyring_of_another_process_opens_only_its_scope(district: District) -> None:
    people = district.fill(50)
    database = district.database
    assert database.runtime is not None
    # what another process does: its own runtime over the same home and database
    reader = Runtime(settings=database.runtime.settings, home=database.runtime.home, database=Database(database.url),
                     box=database.runtime.box)
    keyring = Keyring.open(reader)
    rows = envelopes(database)
    assert keyring.decrypt(Scope(district.department, TABLE, "name_env"), rows) == [p.name.encode() for p in people]
    for wrong in (Scope(district.other, TABLE, "name_env"), Scope(district.department, TABLE, "phone_env")):
        assert set(keyring.decrypt(wrong, rows)) == {WRONG_SCOPE}
    moved = [(key + 1, value) for key, value in rows]
    assert set(keyring.decrypt(Scope(district.department, TABLE, "name_env"), moved)) == {WRONG_TAG}
    unknown = [(key, (value or b"")[:2] + b"\0\0\xff\xff" + (value or b"")[6:]) for key, value in rows]
    assert set(keyring.decrypt(Scope(district.department, TABLE, "name_env"), unknown)) == {UNKNOWN_KEY}
    reader.database.close()


def test_keyring_meets_a_key_that_was_made_after_it_was_opened(sqlite_district: District) -> None:
    database = sqlite_district.database
    assert database.runtime is not None
    reader = Runtime(settings=database.runtime.settings, home=database.runtime.home, database=Database(database.url),
                     box=database.runtime.box)
    keyring = Keyring.open(reader)
    scope = Scope(sqlite_district.department, TABLE, "name_env")
    first = sqlite_district.fill(3)
    assert keyring.decrypt(scope, envelopes(database)) == [p.name.encode() for p in first]
    from crypto.rotation import machine

    machine.run(database.runtime, ACTOR, sqlite_district.rotation("name_env"))
    assert keyring.decrypt(scope, envelopes(database)) == [p.name.encode() for p in first]
    reader.database.close()


def test_sealed_state_answers_503_and_opens_again(sqlite_district: District) -> None:
    people = sqlite_district.fill(3)
    database = sqlite_district.database
    assert database.runtime is not None
    vault_of(database.runtime).seal()
    for call in (
        lambda session: persons.read(session, [1]),
        lambda session: persons.insert_many(session, sqlite_district.department, people),
        lambda session: persons.change(session, 1, name="新名"),
        lambda session: persons.find(session, sqlite_district.department, people[0].id_number),
    ):
        with pytest.raises(MulianError) as caught:
            database.run(call)
        assert caught.value.code == "crypto.sealed" and caught.value.status == 503
    sealed = Keyring.open(database.runtime)
    with pytest.raises(MulianError):
        sealed.decrypt(Scope(sqlite_district.department, TABLE, "name_env"), envelopes(database))
    vault_of(database.runtime).provider.unseal((database.runtime.home.keys_dir / "dev-passphrase").read_text())
    assert database.run(lambda session: persons.read(session, [1, 2, 3])) == people


def test_production_profile_does_not_use_the_dev_passphrase(sqlite_district: District) -> None:
    runtime = sqlite_district.database.runtime
    assert runtime is not None
    settings = Settings(home=runtime.home.root, profile="production")
    other = Runtime(settings=settings, home=runtime.home, database=Database(runtime.database.url), box=runtime.box)
    assert not vault_of(other).provider.is_open()
    other.database.close()


def test_systemd_credential_unseals(
    sqlite_district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = sqlite_district.database.runtime
    assert runtime is not None
    (tmp_path / "mulian-root").write_text((runtime.home.keys_dir / "dev-passphrase").read_text() + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    settings = Settings(home=runtime.home.root, profile="production")
    other = Runtime(settings=settings, home=runtime.home, database=Database(runtime.database.url), box=runtime.box)
    assert vault_of(other).provider.is_open()
    # a wrong one is tried once: a device would count
    (tmp_path / "mulian-root").write_text("wrong")
    tried: list[str] = []
    unseal = SealedFile.unseal
    monkeypatch.setattr(SealedFile, "unseal", lambda root, secret: (tried.append(secret), unseal(root, secret)))
    other.extras.clear()
    for _ in range(3):
        assert not vault_of(other).provider.is_open()
    assert tried == ["wrong"]
    other.database.close()


def test_two_threads_make_one_vault_and_sealing_reaches_whoever_holds_keys(
    sqlite_district: District, monkeypatch: pytest.MonkeyPatch,
) -> None:
    sqlite_district.fill(3)
    runtime = sqlite_district.database.runtime
    assert runtime is not None
    runtime.extras.clear()
    made: list[SealedFile] = []
    start = SealedFile.__init__

    def slow(root: SealedFile, folder: Path) -> None:
        start(root, folder)
        made.append(root)
        time.sleep(0.05)

    with monkeypatch.context() as patch:
        patch.setattr(SealedFile, "__init__", slow)
        with ThreadPoolExecutor(4) as pool:
            opened = list(pool.map(lambda _: Keyring.open(runtime), range(4)))
    assert len(made) == 1 and len({id(one) for one in opened}) == 1
    scope, vault = Scope(sqlite_district.department, TABLE, "name_env"), vault_of(runtime)
    rows = envelopes(sqlite_district.database)
    assert opened[0].decrypt(scope, rows) and opened[0]._kept and engine._tables.cache_info().currsize
    # a device that refuses to close holds nothing back
    def refusing(root: SealedFile) -> None:
        root._root = None
        raise OSError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(SealedFile, "seal", refusing)
        with pytest.raises(OSError, match="refused"):
            vault.seal()
    assert not opened[0]._kept and not vault._keks
    assert engine._tables.cache_info().currsize == mac._subkeys.cache_info().currsize == 0
    with pytest.raises(MulianError) as caught:
        opened[0].decrypt(scope, rows)
    assert caught.value.kind is SEALED
    # whoever empties the cache while a key is read leaves the reader its key
    vault.unseal((runtime.home.keys_dir / "dev-passphrase").read_text())
    read = SealedFile.get_kek
    monkeypatch.setattr(SealedFile, "get_kek", lambda root, kek: (read(root, kek), vault.seal())[0])
    with sqlite_district.database.read() as session:
        kek = session.scalars(select(CryptoKek.id)).first()
    assert kek is not None and len(vault.kek(kek)) == 16 and not vault._keks


def test_the_dev_passphrase_is_used_and_never_replaced(home: Home, sqlite_database: Database) -> None:
    def with_provider(name: Literal["sealed-file", "pkcs11"]) -> Runtime:
        settings, box = Settings(home=home.root, root_provider=name, root_module="/no/module"), servicekeys.create(home)
        return Runtime(settings=settings, home=home, database=sqlite_database, box=box)

    file = home.keys_dir / "dev-passphrase"
    file.write_text("all that opens the root of before")
    ensure_dev_root(with_provider("pkcs11"))
    assert file.read_text() == "all that opens the root of before"
    ensure_dev_root(with_provider("sealed-file"))
    again = SealedFile(home.data_keys_dir)
    again.unseal("all that opens the root of before")
    assert again.is_open()


def test_a_door_answers_whatever_happens_and_a_silent_one_is_told(
    sqlite_district: District, monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = sqlite_district.database.runtime
    assert runtime is not None
    door = doors.Door(runtime, "worker")
    try:
        with monkeypatch.context() as patch:
            patch.setattr(SealedFile, "seal", lambda root: 1 / 0)
            assert [(one.process, one.error) for one in doors.ask(runtime, "seal")] == [("worker", "kernel.internal")]
            patch.setattr(doors, "_act", lambda runtime, asked: 1 / 0)
            silent = doors.ask(runtime, "seal")
        assert [(one.process, one.pid, one.open, one.error) for one in silent] == [
            ("worker", os.getpid(), True, "crypto.process.silent")]
        assert [(one.open, one.error) for one in doors.ask(runtime, "seal")] == [(False, "")]
        assert [path.name for path in runtime.home.run_dir.glob("unseal-*")] == [f"unseal-worker-{os.getpid()}.sock"]
    finally:
        door.close()


def test_retired_key_opens_for_a_grace_then_asks_to_read_again(sqlite_district: District) -> None:
    people = sqlite_district.fill(2)
    database = sqlite_district.database
    assert database.runtime is not None
    scope, rows = Scope(sqlite_district.department, TABLE, "name_env"), envelopes(database)
    key_id = int.from_bytes((rows[0][1] or b"")[2:6])

    def retire(when: object) -> None:
        database.run(lambda session: session.execute(
            update(CryptoDek).where(CryptoDek.key_id == key_id).values(state=KeyState.RETIRED, retired_at=when)
        ))

    retire(clock.now())
    assert Keyring(database.runtime).decrypt(scope, rows) == [p.name.encode() for p in people]
    retire(clock.now() - rules.RETIRED_GRACE)
    assert Keyring(database.runtime).decrypt(scope, rows) == [RETIRED_KEY] * 2


def test_uses_are_reserved_in_blocks_and_end(district: District) -> None:
    database = district.database
    district.fill(5)
    district.fill(5, first_id=100)

    def reserved() -> set[int]:
        with database.read() as session:
            return set(session.scalars(select(CryptoDek.reserved).join(
                scopes.CryptoScope, scopes.CryptoScope.id == CryptoDek.scope_id
            ).where(CryptoDek.purpose == "enc", scopes.CryptoScope.department_id == district.department)))

    assert reserved() == {rules.USES_PER_BLOCK}
    with pytest.raises(RuntimeError):
        database.run(lambda session: _reserve_and_fail(session))
    assert reserved() == {rules.USES_PER_BLOCK}
    database.run(lambda session: session.execute(update(CryptoDek).values(reserved=rules.MAX_USES)))
    assert database.runtime is not None
    database.runtime.extras.pop("crypto.keyring")
    with pytest.raises(MulianError) as caught:
        district.fill(1, first_id=500)
    assert caught.value.kind is KEY_EXHAUSTED and caught.value.status == 503


def _reserve_and_fail(session: Session) -> None:
    keys.reserve(session, 1, 10)
    raise RuntimeError("roll back")


def test_key_of_a_rolled_back_transaction_is_never_used(district: District) -> None:
    """The next key gets the same number; the keyring must not remember the material of the one before."""
    database = district.database
    scope = district.scope("name_env")

    def fail(session: Session) -> None:
        made = keys.create_key(session, ACTOR, scope, "enc", state=KeyState.PRE_ACTIVE)
        assert database.runtime is not None
        Keyring.open(database.runtime)._load(session, [made.key_id])
        raise RuntimeError("roll back")

    with pytest.raises(RuntimeError):
        database.run(fail)
    from crypto.rotation import machine

    people = district.fill(20)
    assert database.runtime is not None
    machine.run(database.runtime, ACTOR, district.rotation("name_env"))
    assert database.run(lambda session: persons.read(session, [p.id for p in people]), write=False) == people


def test_one_active_key_per_scope_and_purpose(sqlite_district: District) -> None:
    with pytest.raises(IntegrityError, match="UNIQUE"):
        sqlite_district.database.run(lambda session: session.execute(text(
            "UPDATE crypto_dek SET scope_id = (SELECT min(scope_id) FROM crypto_dek), version = key_id"
        )))
