"""Replacement where it gets difficult: dirty data, rows written meanwhile, collisions, what is refused and why."""

import uuid
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from crypto.copies import queries as copies
from crypto.identifiers import service as identifiers
from crypto.identifiers.rules import Form, recognise, wrong_digit
from crypto.persons.rules import synthetic
from crypto.replacement import engine, jobs, queries, service, targets
from crypto.replacement.errors import (
    COLUMN_TWICE,
    DIALECT_REFUSED,
    FORM_UNFIT,
    STATE,
    TARGET_FAILED,
    TARGET_IN_USE,
    UNDECIDED,
    UNDO_UNREADABLE,
    UNSUITED,
)
from crypto.replacement.models import SECRET_TABLE
from crypto.replacement.port import Change, Facts, Slot
from crypto.replacement.rules import State
from crypto.rotation import service as rotations
from crypto.scopes import queries as scopes
from crypto.scopes.rules import Scope
from kernel.approvals import service as approvals
from kernel.errors import NOT_FOUND, MulianError
from kernel.identity.actor import Actor
from kernel.jobs.context import JobContext
from kernel.jobs.errors import CANCELLED
from kernel.outbound.errors import ADDRESS_REFUSED
from kernel.settings import Settings
from tests.crypto.bureaus import (
    NUMBER,
    PHONE,
    SYSTEM,
    Bureau,
    agreed,
    allow,
    assessed,
    bureau,
    column,
    job_row,
    list_target,
    made,
    work_off,
)
from tests.crypto.conftest import District

GOOD = [one.id_number for one in synthetic(40, seed=11)]
FACTS = Facts("varchar(60)", True, 60, True, "", 1, "id", "int")


def refused(call: Any) -> Any:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value.kind


DIRTY = [
    (1, GOOD[0]), (2, GOOD[1].lower()), (3, f" {GOOD[2]} "), (4, "".join(chr(ord(c) + 0xFEE0) for c in GOOD[3])),
    (5, "110101900307123"), (6, GOOD[4][:17] + ("0" if GOOD[4][17] != "0" else "1")), (7, "ABCDEF"),
    (8, f"{GOOD[5]},{GOOD[6]}"), (9, ""), (10, None), (11, "   "), (12, GOOD[0]), (13, "' OR 1=1 -- \\%s"), (14, "王五😀"),
]


@pytest.mark.parametrize(("form", "there"), [("id18", "mysql"), ("native", "postgresql")], indirect=["there"])
def test_a_dirty_column_ends_without_clear_values_outside_the_list(
    sqlite_district: District, there: Bureau, form: str,
) -> None:
    district = sqlite_district
    allow(district)
    [issued] = district.database.run(lambda s: identifiers.issue(
        s, identifiers.Field(district.department, NUMBER), [GOOD[7]], Form(form)))
    assert isinstance(issued, identifiers.Issued)
    alike = issued.identifier
    there.run("CREATE TABLE dirty (id INT PRIMARY KEY, sfz VARCHAR(60), sj VARCHAR(30))")
    there.fill("dirty", 3, [(at, value, "+86 138-0013-80" + f"{at:02d}") for at, value in [*DIRTY, (15, alike)]])
    before = there.run("SELECT * FROM dirty ORDER BY id")
    job = made(district, list_target(district, there), column("dirty", "sfz"), column("dirty", "sj", PHONE),
               forms={NUMBER: form, PHONE: "phone11"})
    seen = assessed(district.database, job)[0]["counts"]
    assert seen["lookalike"] >= 1 and seen["known_identifiers"] == 1 and seen["empty"] == 3
    ask = {"replacement_id": job, "reason": "最小必要"}
    assert refused(lambda: district.database.run(lambda s: service.request_run(s, SYSTEM, **ask))) is UNDECIDED
    district.database.run(lambda s: service.decide(s, SYSTEM, replacement_id=job, lookalikes="exceptions"))
    assert there.run("SELECT * FROM dirty ORDER BY id") == before  # the rehearsal left nothing
    agreed(district, service.request_run, **ask)
    done = work_off(district.database)
    assert done.state == "done", done.error
    after = dict(there.run("SELECT id, sfz FROM dirty"))
    with district.database.read() as session:
        listed = {int(one.row_key) for one in session.scalars(queries.findings(job)) if one.slot == 0}
    clear = {at for at, value in after.items() if value and value.strip() and recognise(value) is None}
    assert clear <= listed
    assert clear == ({7, 8, 13, 14} | ({6} & clear) if form == "id18" else set())
    assert after[1] == after[12] and after[15] == alike and after[10] is None and after[9] == ""
    assert all(recognise(one) is Form.PHONE11 for one, in there.run("SELECT sj FROM dirty"))
    agreed(district, service.request_undo, **ask)
    assert work_off(district.database).state == "done"
    assert there.run("SELECT * FROM dirty ORDER BY id") == before


@pytest.mark.parametrize("there", ["mysql"], indirect=True)
def test_rows_written_meanwhile_are_found_and_never_overwritten(
    sqlite_district: District, there: Bureau, monkeypatch: pytest.MonkeyPatch,
) -> None:
    district, whole, times = sqlite_district, engine.apply, []
    alike = GOOD[22][:17] + wrong_digit(GOOD[22][:17])  # what nobody issued
    allow(district)
    there.run("CREATE TABLE live (id INT PRIMARY KEY, sfz VARCHAR(18))")
    there.fill("live", 2, list(enumerate(GOOD[:10])))
    job = made(district, list_target(district, there), column("live", "sfz"))
    agreed(district, service.request_run, replacement_id=job, reason="最小必要")

    def busy(work: engine.Work) -> None:
        if not times:
            there.run(f"UPDATE live SET sfz = '{GOOD[20]}' WHERE id = 3")
            there.run("DELETE FROM live WHERE id = 4")
            there.fill("live", 2, [(-1, GOOD[21]), (-2, alike), (-3, "ABC")])
        times.append(1)
        whole(work)

    monkeypatch.setattr(engine, "apply", busy)
    assert work_off(district.database).state == "done"
    evidence = job_row(district.database, job).evidence or {}
    assert evidence["rounds"] == 3 and evidence["clear_left"] == 0
    values = dict(there.run("SELECT id, sfz FROM live"))
    assert len(values) == 12 and {at for at, one in values.items() if recognise(one) is not Form.ID18} == {-3}
    with district.database.read() as session:
        stays = [(one.row_key, one.reason) for one in session.scalars(queries.findings(job, "exception"))]
        assert sorted(stays) == [("-2", "identifier_unknown"), ("-3", "unfit")]  # once, in however many rounds
        found = identifiers.look_up(session, identifiers.Field(district.department, NUMBER), [values[3], values[-1]])
    assert [one.value for one in found] == [GOOD[20], GOOD[21]]
    there.run("UPDATE live SET sfz = 'somebody' WHERE id = 5")
    agreed(district, service.request_undo, replacement_id=job, reason="误操作")
    assert work_off(district.database).state == "done"
    back = dict(there.run("SELECT id, sfz FROM live"))
    expected = {**dict(enumerate(GOOD[:10])), 3: GOOD[20], -1: GOOD[21], -2: alike, -3: "ABC", 5: "somebody"}
    assert back == {key: value for key, value in expected.items() if key != 4}
    with district.database.read() as session:
        undone = [(one.row_key, one.reason) for one in session.scalars(queries.findings(job, "undo"))]
    assert ("5", "changed") in undone
    there.run("UPDATE live SET sfz = %s WHERE id = 5", [values[5]])
    agreed(district, service.request_undo, replacement_id=job, reason="改回后再撤")
    assert work_off(district.database).state == "done"
    assert dict(there.run("SELECT id, sfz FROM live"))[5] == GOOD[5]


LOUD = {
    "mysql": ["CREATE TRIGGER loud BEFORE UPDATE ON loud FOR EACH ROW IF OLD.id = 1 THEN SIGNAL SQLSTATE '45000'"
              " SET MYSQL_ERRNO = 30001, MESSAGE_TEXT = 'value of a person'; ELSE SET NEW.sfz = 'x'; END IF"],
    "postgresql": ["CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id = 1 THEN RAISE"
                   " 'value of a person' USING ERRCODE = 'XX001'; END IF; NEW.sfz := 'x'; RETURN NEW; END $$",
                   "CREATE TRIGGER loud BEFORE UPDATE ON loud FOR EACH ROW EXECUTE FUNCTION loud()"],
}


def nothing_is_quoted(district: District, there: Bureau, target: uuid.UUID) -> None:
    """An error of the database is its number; what a trigger makes of a value shows in the rehearsal."""
    there.run("CREATE TABLE loud (id INT PRIMARY KEY, sfz VARCHAR(40))")
    there.fill("loud", 2, [(1, GOOD[0]), (2, GOOD[1])])
    for statement in LOUD[there.product]:
        there.run(statement)
    assert district.database.runtime is not None
    with district.database.read() as session:
        source = targets.connect(district.database.runtime, queries.target(session, target))
    slot = Slot("", "loud", "sfz")
    facts = source.facts(slot)
    with pytest.raises(MulianError) as caught:
        source.swap(slot, facts, [Change("1", GOOD[0], "y")])
    assert caught.value.kind is TARGET_FAILED and "person" not in f"{caught.value} {caught.value.text('zh')}"
    assert source.swap(slot, facts, [Change("2", GOOD[1], "y")], rehearse=True) == ["2"]
    source.close()
    assert there.run("SELECT * FROM loud ORDER BY id") == [(1, GOOD[0]), (2, GOOD[1])]


def test_what_collides_once_normalised_is_listed_and_stays(
    sqlite_district: District, request: pytest.FixtureRequest,
) -> None:
    district = sqlite_district
    allow(district)
    with bureau("postgresql", request) as there:
        number = next(one for one in GOOD if one.endswith("X"))
        there.run("CREATE TABLE two (id int PRIMARY KEY, sfz varchar(18) UNIQUE)")
        others = [one for one in GOOD[:6] if one != number]
        there.fill("two", 2, [(1, number), (2, number.lower()), *[(at + 9, one) for at, one in enumerate(others)]])
        there.run("CREATE TABLE pair (sfz varchar(30) NOT NULL UNIQUE, sj varchar(30) NOT NULL UNIQUE)")
        there.fill("pair", 2, [(one, f"1380013{at:04d}") for at, one in enumerate(GOOD[:9])])
        before = [there.run(f"SELECT * FROM {name} ORDER BY 1") for name in ("two", "pair")]
        target = list_target(district, there)
        nothing_is_quoted(district, there, target)
        job = made(district, target, column("two", "sfz"), column("pair", "sfz"), column("pair", "sj", PHONE))
        seen = assessed(district.database, job)[0]
        assert seen["counts"]["merged"] == 1 and not seen["refusal"]
        agreed(district, service.request_run, replacement_id=job, reason="最小必要")
        assert work_off(district.database).state == "done"
        evidence = job_row(district.database, job).evidence
        assert evidence is not None and evidence["clear_left"] == 1 and evidence["settled"]
        with district.database.read() as session:
            listed = {(one.row_key, one.reason) for one in session.scalars(queries.findings(job, "apply"))}
        [(key, reason)] = listed
        assert reason == "refused: PostgreSQL 23505"
        values = dict(there.run("SELECT id, sfz FROM two"))
        assert [at for at, value in values.items() if recognise(value) is None] == [int(key)]
        # unique columns that are all replaced do not name each other's rows
        assert all(recognise(one) for row in there.run("SELECT * FROM pair") for one in row)
        agreed(district, service.request_undo, replacement_id=job, reason="误操作")
        assert work_off(district.database).state == "done"
        assert [there.run(f"SELECT * FROM {name} ORDER BY 1") for name in ("two", "pair")] == before


@pytest.mark.parametrize("there", ["mysql"], indirect=True)
def test_what_cannot_be_replaced_is_said_before_anything_runs(
    sqlite_district: District, there: Bureau,
) -> None:
    district = sqlite_district
    allow(district)
    there.run("CREATE TABLE head (sfz VARCHAR(18) PRIMARY KEY)")
    there.run("CREATE TABLE tail (id INT PRIMARY KEY, sfz VARCHAR(18), FOREIGN KEY (sfz) REFERENCES head (sfz))")
    there.run("CREATE TABLE keyless (sfz VARCHAR(18))")
    there.run("CREATE TABLE narrow (id INT PRIMARY KEY, sfz VARCHAR(15), born DATE)")
    there.run("CREATE TABLE keyed (a VARCHAR(9) NOT NULL UNIQUE, z VARCHAR(9) PRIMARY KEY, sfz VARCHAR(15))")
    target = list_target(district, there)
    nothing_is_quoted(district, there, target)
    job = made(district, target, column("tail", "sfz"), column("keyless", "sfz"), column("narrow", "born"))
    seen = {one["column"]: one for one in assessed(district.database, job)}
    said = {name: "".join(one["zh"] for one in report["obstacles"]) for name, report in seen.items()}
    assert "外键" in said["tail.sfz"] and "主键" in said["keyless.sfz"] and "不是文本" in said["narrow.born"]
    assert refused(lambda: district.database.run(lambda s: service.request_run(
        s, SYSTEM, replacement_id=job, reason="最小必要"))) is UNSUITED
    narrow = made(district, target, column("narrow", "sfz"), column("keyed", "sfz"))
    tight = job_row(district.database, narrow).checked
    assert tight is not None and "列宽 15" in tight["columns"][0]["obstacles"][0]["zh"]
    assert tight["columns"][1]["facts"]["key"] == "z"
    assert refused(lambda: made(district, target, column("tail", "sfz"), column("tail", "sfz"))) is COLUMN_TWICE
    assert refused(lambda: made(district, target, column("tail", "sfz"), forms={NUMBER: "phone11"})) is FORM_UNFIT
    assert refused(lambda: district.database.run(lambda s: targets.remove(s, SYSTEM, target_id=target))) \
        is TARGET_IN_USE
    foreign = Actor(None, "x", district.other, frozenset({"crypto.replacement.manage", "crypto.replacement.read"}))
    assert refused(lambda: district.database.run(lambda s: service.owned(s, foreign, job))) is NOT_FOUND
    assert refused(lambda: district.database.run(lambda s: targets.columns(s, foreign, target_id=target))) is NOT_FOUND
    for one in (job, narrow):
        district.database.run(partial(service.drop, actor=SYSTEM, replacement_id=one))
    assert refused(lambda: district.database.run(lambda s: service.resume(s, SYSTEM, replacement_id=job))) is STATE
    district.database.run(lambda s: targets.remove(s, SYSTEM, target_id=target))


def test_an_account_that_may_not_suspend_foreign_keys_learns_it_from_the_assessment(
    sqlite_district: District, request: pytest.FixtureRequest,
) -> None:
    district = sqlite_district
    allow(district)
    with bureau("postgresql", request) as there:
        role = f"plain_{there.name}"
        there.run("CREATE TABLE head (id int PRIMARY KEY, sfz varchar(18) UNIQUE)")
        there.run("CREATE TABLE tail (id int PRIMARY KEY, sfz varchar(18) REFERENCES head (sfz))")
        there.run(f"CREATE ROLE {role} LOGIN")
        there.run(f"GRANT SELECT, UPDATE ON head, tail TO {role}")
        there.fill("head", 2, list(enumerate(GOOD[:3])))
        plain = replace(there, user=role)
        columns = column("head", "sfz"), column("tail", "sfz")
        seen = job_row(district.database, made(district, list_target(district, plain), *columns)).checked
        assert seen is not None and all("session_replication_role" in one["obstacles"][0]["zh"]
                                        for one in seen["columns"])
        there.run(f"GRANT SET ON PARAMETER session_replication_role TO {role}")
        job = made(district, list_target(district, plain), *columns)
        seen = job_row(district.database, job).checked
        assert seen is not None and not any(one["obstacles"] or one["refusal"] for one in seen["columns"])
        there.run(f"DROP OWNED BY {role}")
        there.run(f"DROP ROLE {role}")


@pytest.mark.parametrize("there", ["postgresql"], indirect=True)
def test_connections_are_guarded_and_say_nothing_of_the_account(
    sqlite_district: District, there: Bureau,
) -> None:
    district = sqlite_district
    runtime = allow(district)
    wrong = district.database.run(lambda s: targets.register(
        s, SYSTEM, department_id=district.department, name="业务库", product=there.product, host=there.host,
        port=there.port, database=f"no_{there.name}", username="someone", password="s3cret-word", tls="off"))
    with pytest.raises(MulianError) as caught:
        district.database.run(lambda s: targets.columns(s, SYSTEM, target_id=wrong.id))
    told = f"{caught.value} {caught.value.text('zh')} {caught.value.__cause__!r} {wrong!r}"
    assert "s3cret" not in told and "someone" not in told and b"s3cret" not in wrong.secret
    assert caught.value.code == "crypto.target.unreachable"
    runtime.database.runtime = replace(runtime, settings=Settings(home=runtime.home.root))
    assert refused(lambda: district.database.run(
        lambda s: targets.columns(s, SYSTEM, target_id=wrong.id))) is ADDRESS_REFUSED
    assert refused(lambda: list_target(district, there, "mysql+pymysql")) is DIALECT_REFUSED


def rotated(district: District) -> None:
    """Change the data key under which keys of undo files are kept."""
    database = district.database
    with database.read() as session:
        scope = scopes.named(session, Scope(district.department, SECRET_TABLE, "secret_env"))
        assert scope is not None
    asked = database.run(lambda s: rotations.request(s, district.maker, scope_id=scope.id, reason="定期更换").id)
    database.run(lambda s: approvals.decide(s, district.checker, asked, approve=True))
    done = work_off(database)
    assert done.kind == rotations.JOB and done.state == "done", done.error


def _stopped_within_a_range(
    district: District, there: Bureau, target: uuid.UUID, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Work ends between a range's rows and its line in the journal, and is undone from there."""
    def stopping(*arguments: Any) -> None:
        raise CANCELLED()

    job = made(district, target, column("p", "sfz"))
    agreed(district, service.request_run, replacement_id=job, reason="最小必要")
    with monkeypatch.context() as patch:
        patch.setattr(engine.journal, "finish", stopping)
        assert work_off(district.database).state == "cancelled"
    assert sum(recognise(one) is not None for one, in there.run("SELECT sfz FROM p")) == 7
    agreed(district, service.request_undo, replacement_id=job, reason="误操作")
    assert work_off(district.database).state == "done"
    evidence = job_row(district.database, job).evidence
    assert evidence is not None and (evidence["undone"], evidence["not_undone"]) == (20, 0)
    assert refused(lambda: district.database.run(lambda s: service.request_undo(
        s, SYSTEM, replacement_id=job, reason="再撤一次"))) is STATE
    district.database.run(lambda s: service.discard(s, SYSTEM, replacement_id=job))
    assert refused(lambda: district.database.run(lambda s: service.request_undo(
        s, SYSTEM, replacement_id=job, reason="再撤一次"))) is STATE


def test_a_dialect_of_the_settings_serves_too(
    sqlite_district: District, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The generic adapter, on a server that can be had here; a spoilt undo file opens nothing."""
    district = sqlite_district
    allow(district)
    monkeypatch.setattr(engine, "PAGE", 7)
    with bureau("mysql", request) as there:
        there.run("CREATE TABLE p (id BIGINT PRIMARY KEY, sfz VARCHAR(40), UNIQUE KEY u (sfz))")
        there.fill("p", 2, [(at * 10, one) for at, one in enumerate(GOOD[:20])])
        before, target = there.run("SELECT * FROM p ORDER BY id"), list_target(district, there, "mysql+pymysql")
        _stopped_within_a_range(district, there, target, monkeypatch)
        assert there.run("SELECT * FROM p ORDER BY id") == before
        job = made(district, target, column("p", "sfz"))
        agreed(district, service.request_run, replacement_id=job, reason="最小必要")
        done = work_off(district.database)
        assert done.state == "done", done.error
        assert all(recognise(one) is Form.NATIVE for one, in there.run("SELECT sfz FROM p"))
        runtime = district.database.runtime
        assert runtime is not None
        path = runtime.home.files_dir / "replacement" / f"{job}.undo"
        whole = path.read_bytes()
        assert not any(one.encode() in whole for one in GOOD[:20])
        rotated(district)
        agreed(district, service.request_undo, replacement_id=job, reason="误操作")
        path.write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
        failed = work_off(district.database)
        assert failed.state == "failed" and failed.error is not None and failed.error["code"] == UNDO_UNREADABLE.code
        path.write_bytes(whole)
        district.database.run(lambda s: service.resume(s, SYSTEM, replacement_id=job))
        assert work_off(district.database).state == "done"
        assert there.run("SELECT * FROM p ORDER BY id") == before
        assert job_row(district.database, job).state == State.UNDONE
        with district.database.read() as session:
            [copy] = [one for one in session.scalars(copies.listing()) if one.location == str(path)]
        assert copy.kind == "undo" and copy.location == str(path) and copy.deleted_at is None
        district.database.run(lambda s: service.discard(s, SYSTEM, replacement_id=job))
        with district.database.read() as session:
            [copy] = [one for one in session.scalars(copies.listing()) if one.location == str(path)]
        assert copy.deleted_at is not None
        assert jobs.prune(JobContext(runtime, lambda s: None, name="test"), {}) == {"files": 2} and not path.exists()
        (path.parent / f"{uuid.uuid4()}.undo").touch()
        assert jobs.prune(JobContext(runtime, lambda s: None, name="test"), {}) == {"files": 0}
        district.database.run(lambda s: targets.remove(s, SYSTEM, target_id=target))
        assert refused(lambda: district.database.run(lambda s: service.discard(s, SYSTEM, replacement_id=job))) is STATE
