"""Scanning for clear text, inventory, facts, masks and synthetic persons."""

import io
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from typer.testing import CliRunner

from crypto.commands import app
from crypto.facts import crypto_facts
from crypto.keys.models import CryptoDek
from crypto.persons.rules import synthetic
from crypto.rotation import machine
from crypto.scopes.rules import check_digit, normalise_id_number
from crypto.selfcheck import rules, service
from kernel import clock
from kernel.identity.actor import system_actor
from tests.crypto.conftest import District


@pytest.mark.requirement("S4-26")
def test_no_clear_value_lies_in_home_or_database_and_a_planted_one_is_found(
    district: District, monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = district.fill(200)
    runtime = district.database.runtime
    assert runtime is not None
    machine.run(runtime, system_actor("test"), district.rotation())
    with district.database.read() as session:
        values = service.samples(session, 10)
        monkeypatch.setattr(service.random, "randrange", lambda end: end - 1)
        last = service.samples(session, 2)
    known = {p.id_number for p in people} | {p.phone for p in people}
    assert len(values) == 20 and set(values) <= known
    assert set(last) <= {p.id_number for p in people[100:]} | {p.phone for p in people[100:]}  # any row may be drawn
    clean = service.scan(runtime, values)
    assert clean["hits"] == [] and clean["files"] > 5
    # a dump in UTF-16, a log line, a value across the border of two chunks
    (runtime.home.logs_dir / "app.log").write_text(f"身份证 {values[0]} 查询")
    (runtime.home.files_dir / "dump.bin").write_bytes(values[1].encode("utf-16-le"))
    found = service.scan(runtime, values)
    assert {(hit["place"], hit["value"]) for hit in found["hits"]} == {
        ("logs/app.log", rules.mark(values[0])), ("files/dump.bin", rules.mark(values[1])),
    }
    assert values[0] not in json.dumps(found)


@pytest.mark.parametrize("dialect", ["postgresql"])  # SQLite is a file of the home
def test_postgresql_columns_are_scanned(district: District) -> None:
    runtime = district.database.runtime
    assert runtime is not None
    from kernel.audit.service import record

    canary = "金丝雀明文样本"
    district.database.run(lambda s: record(
        s, system_actor("t"), action="x", object_type="x", object_id=canary, detail={}
    ))
    hits = service.scan(runtime, [canary])["hits"]
    assert [hit["place"] for hit in hits] == ["audit_log.object_id"]


@given(st.binary(max_size=300), st.integers(0, 300), st.integers(1, 40))
def test_search_finds_a_needle_at_any_border(noise: bytes, at: int, chunk: int) -> None:
    needle = rules.Needle("m", "utf-8", b"110101199003071233")
    data = noise[:at] + needle.data + noise[at:]
    before = rules.CHUNK
    rules.CHUNK = chunk
    try:
        hits = list(rules.search("p", io.BytesIO(data), [needle]))
    finally:
        rules.CHUNK = before
    assert any(hit.offset == data.find(needle.data) for hit in hits)
    assert not list(rules.search("p", io.BytesIO(noise), [needle])) or needle.data in noise


def test_short_canaries_are_refused() -> None:
    with pytest.raises(ValueError, match="6 characters"):
        rules.needles(["张三"])


@pytest.mark.requirement("S3-26")
def test_inventory_and_facts(district: District) -> None:
    district.fill(12)
    now, day = clock.now(), timedelta(days=1)
    runtime = district.database.runtime
    assert runtime is not None
    machine.run(runtime, system_actor("test"), district.rotation("phone_env"))
    with district.database.read() as session:
        listed = service.inventory(session)
        whole = crypto_facts(session, start=now - day, end=clock.now() + day)
        other = crypto_facts(session, start=now - day, end=now + day, department_id=district.other)
        earlier = crypto_facts(session, start=now - 2 * day, end=now - day)
    assert listed["root"]["certified_product"] is False and len(listed["columns"]) == 6 and listed["overdue"] == []
    assert (whole.declared_columns, whole.scoped_columns, whole.fields, whole.old_key_fields) == (6, 6, 36, 0)
    assert (whole.active_keys, whole.overdue_keys, whole.open_rotations, whole.finished_rotations) == (8, 0, 0, 1)
    assert (other.fields, other.active_keys, other.finished_rotations, earlier.finished_rotations) == (0, 4, 0, 0)
    district.database.run(lambda s: s.execute(
        update(CryptoDek).values(activated_at=clock.now() - timedelta(days=365))
    ))
    with district.database.read() as session:
        assert crypto_facts(session, start=now, end=now + day).overdue_keys == 6
        assert len(service.inventory(session)["overdue"]) == 6


def test_commands_on_a_home(sqlite_district: District) -> None:
    sqlite_district.fill(5)
    runtime = sqlite_district.database.runtime
    assert runtime is not None
    run = CliRunner()

    def call(*words: str) -> tuple[int, str]:
        done = run.invoke(app, [*words, "--home", str(runtime.home.root), "--json"])
        return done.exit_code, done.stdout

    code, shown = call("scan-plaintext", "--sample", "3")
    assert code == 0 and json.loads(shown)["hits"] == []
    assert call("fences") == (0, '{\n  "missing": []\n}\n')
    with sqlite_district.database.write() as session:
        session.connection().exec_driver_sql("DROP TRIGGER mulian_fence_protected_person_insert")
    assert call("fences")[0] == 1
    assert call("fences", "--rebuild")[0] == 0
    rotation_id = sqlite_district.rotation()
    assert json.loads(call("rotations")[1])[0]["state"] == "planned"
    assert json.loads(call("resume", str(rotation_id))[1])["state"] == "retired"
    assert len(json.loads(call("inventory")[1])["columns"]) == 6
    (runtime.home.logs_dir / "leak.log").write_text("查询 金丝雀明文样本 完成")
    code, shown = call("scan-plaintext", "--sample", "0", "--canary", "金丝雀明文样本")
    assert code == 1 and json.loads(shown)["hits"][0]["place"] == "logs/leak.log"


def test_synthetic_persons_cannot_be_real() -> None:
    people = synthetic(500)
    assert people == synthetic(500) and len({p.id_number for p in people}) > 495
    for person in people:
        assert person.id_number[0] == "7" and person.id_number[-1] == check_digit(person.id_number[:17])
        assert len(person.phone) == 11 and person.phone.startswith("100")


@pytest.mark.parametrize(
    ("text", "same"),
    [("11010119900307123x", True), (" 1101 0119 9003 07123X\n", True), ("１１０１０１１９９００３０７１２３Ｘ", True),
     ("110101199003071231", False), ("", False)],
)
def test_one_spelling_before_the_blind_index(text: str, same: bool) -> None:
    assert (normalise_id_number(text) == normalise_id_number("11010119900307123X")) is same


def test_fifteen_digits_widen_to_eighteen() -> None:
    widened = normalise_id_number("110101900307123").decode()[1:]
    assert widened[:17] == "11010119900307123" and widened[17] == check_digit(widened[:17])
