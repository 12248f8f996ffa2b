"""问题数据 and what happens around a run: correction, workbook, files, undo, callbacks, cancel, schedule, databases."""

import io
import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
import python_calamine
from sqlalchemy import text

from crypto.keys.keyring import keyring_of
from crypto.masking.rules import mask
from crypto.replacement import targets
from crypto.scopes.rules import Scope
from gateway.collection import engine, hooks, jobs, problem_files, problems, queries, runs, tasks, views
from gateway.collection.models import CollectionTask, CollectionUpstream
from gateway.collection.tasks import Plan
from gateway.policy.rules import compile_policy
from gateway.snapshot.rules import Grant, Route
from gateway.sources.adapters.keyring import KeyringDecipher
from gateway.sources.service import TableSources
from kernel import clock
from kernel.errors import MulianError
from kernel.identity.actor import Actor
from tests.crypto.bureaus import bureau
from tests.gateway.collection.support import COLUMNS, SYSTEM, Collecting, Upstream, people, person
from tests.gateway.support import field

Make = Callable[..., Actor]


@pytest.fixture
def task(lite: Collecting, serve: Callable[..., Upstream]) -> CollectionTask:
    """A task that has collected 220 people, four of them bad."""
    made = lite.http_task(lite.table(), serve(people(220)).url, size=100)
    lite.carry(lite.queue(made))
    return made


def open_ids(here: Collecting, task: CollectionTask) -> dict[int, uuid.UUID]:
    with here.database.read() as session:
        return {row.number: row.id for row in session.scalars(queries.problems(task.id, state="open"))}


def workbook_rows(data: bytes) -> list[list[Any]]:
    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def test_refused_rows_are_masked_and_corrected_one_by_one(lite: Collecting, task: CollectionTask) -> None:
    found = open_ids(lite, task)
    assert sorted(found) == [101, 103, 107, 109, 113, 127, 202, 206, 214, 218]
    with lite.database.read() as session:
        [one] = problems.shown(session, task, queries.problems_by_id(session, task.id, [found[107]]), clear=False)
        counts = {(one.reason, one.count) for one in views.counts(session, task.id)}
    assert one.values["phone"].endswith("07") and "*" in one.values["phone"] and one.values["code"] == "107"
    assert person(107)["id_number"] not in str(one.values)
    assert ("phone:pattern", 2) in counts and ("born:type", 1) in counts

    def correct(number: int, **values: str) -> tuple[str, ...]:
        return lite.database.run(lambda session: problems.correct(
            session, SYSTEM, task_id=task.id, corrections={found[number]: values}))[found[number]]

    assert correct(107, phone="12345") == ("phone:pattern",)
    assert correct(107, phone="10000000001") == ()
    assert correct(109, code="1", kind="02") == ("row:duplicate_key",)
    assert lite.rows("SELECT kind FROM collected_people_live WHERE code = 107") == [("01",)]
    assert len(open_ids(lite, task)) == 9
    with pytest.raises(MulianError, match="corrected"):
        correct(107, phone="10000000002")
    assert lite.database.run(lambda session: problems.drop(
        session, SYSTEM, task_id=task.id, problem_ids=[found[113]], reason="来源单位确认作废")) == 1
    assert len(open_ids(lite, task)) == 8


def test_a_workbook_of_refused_rows_comes_back_corrected(lite: Collecting, task: CollectionTask) -> None:
    with lite.database.read() as session:
        rows = workbook_rows(problem_files.workbook(session, SYSTEM, task_id=task.id))
    at = rows[1].index("类别")
    assert len(rows) == 12 and person(103)["phone"] not in str(rows) and "手机号码：不符合格式" in str(rows)
    for row in rows[2:]:
        row[at] = "02" if row[at] == "09" else row[at]
    lines = "\n".join(",".join(str(cell) for cell in row) for row in rows).encode()
    ended = lite.database.run(lambda session: problem_files.correct(
        session, SYSTEM, task_id=task.id, name="改正.csv", data=lines))
    assert ended == {"stored": 2, "refused": 0}
    assert lite.rows("SELECT code, kind FROM collected_people_live WHERE kind = '02' ORDER BY code") == [
        (109, "02"), (218, "02")]
    with lite.database.read() as session:  # what was masked in the file is in the table as it came
        stored = session.execute(text("SELECT id, phone FROM collected_people_live WHERE code = 109")).one()
        [phone] = keyring_of(session).decrypt(
            Scope(lite.department, "collected_people", "phone"), [(stored.id, stored.phone)], session=session)
    assert phone == person(109)["phone"].encode()


def test_clear_values_need_a_right_and_leave_a_trace(lite: Collecting, task: CollectionTask, make_actor: Make) -> None:
    ids = [open_ids(lite, task)[107]]

    def reveal(actor: Actor) -> list[problems.Shown]:
        return lite.database.run(lambda session: problems.reveal(
            session, actor, task_id=task.id, problem_ids=ids, reason="核对"))

    for refused in (make_actor("gateway.collection.run", department_id=lite.department),
                    make_actor("gateway.collection.reveal", department_id=uuid.uuid4())):
        with pytest.raises(MulianError):
            reveal(refused)
    officer = make_actor("gateway.collection.reveal", department_id=lite.department)
    assert reveal(officer)[0].values["phone"] == person(107)["phone"]
    [(detail,)] = lite.rows("SELECT detail FROM audit_log WHERE action = 'gateway.collection.reveal'")
    assert str(ids[0]) in detail and person(107)["phone"] not in detail


def test_a_full_load_is_undone_once(lite: Collecting, serve: Callable[..., Upstream], task: CollectionTask) -> None:
    before = lite.rows("SELECT count(*) FROM collected_people_live")
    with pytest.raises(MulianError, match="no full load"):
        lite.database.run(lambda session: runs.undo(session, SYSTEM, task_id=task.id))
    smaller = serve(people(30)).url
    lite.database.run(lambda session: setattr(
        session.get(CollectionUpstream, uuid.UUID(task.source["upstream_id"])), "base_url", smaller))
    lite.carry(lite.queue(task))
    assert lite.rows("SELECT count(*) FROM collected_people_live") == [(30,)] and not open_ids(lite, task)
    undone = lite.database.run(lambda session: runs.undo(session, SYSTEM, task_id=task.id))
    assert undone.state == "undone" and lite.rows("SELECT count(*) FROM collected_people_live") == before
    lite.carry(lite.queue(task))
    assert lite.rows("SELECT count(*), count(DISTINCT load) FROM collected_people") == [(before[0][0] + 30, 2)]


def test_a_load_with_too_much_bad_is_not_shown_until_the_limit_is_raised(
    lite: Collecting, serve: Callable[..., Upstream],
) -> None:
    made = lite.http_task(lite.table(), serve(people(150)).url, bad_limit=1)
    run = lite.queue(made)
    with pytest.raises(MulianError, match="did not end"):
        jobs.here(lite.runtime, run.id, lambda done, total: None)
    assert lite.rows("SELECT count(*) FROM collected_people_live") == [(0,)]
    plan = Plan(made.name, made.kind, made.source, made.mapping, bad_limit=10)
    lite.database.run(lambda session: tasks.change(session, SYSTEM, task_id=made.id, plan=plan))
    again = lite.database.run(lambda session: runs.resume(session, SYSTEM, run_id=run.id))
    assert jobs.here(lite.runtime, again.id, lambda done, total: None)["bad"] == 6
    assert lite.rows("SELECT count(*) FROM collected_people_live") == [(144,)]


def test_a_cancelled_run_is_never_seen_and_the_next_one_clears_it(
    lite: Collecting, serve: Callable[..., Upstream], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "CHUNK", 50)
    made = lite.http_task(lite.table(), serve(people(200)).url, size=50)
    run = lite.queue(made)

    def cancel(done: int, total: int) -> None:
        if done == 100:
            lite.database.run(lambda session: runs.cancel(session, SYSTEM, run_id=run.id))

    with pytest.raises(MulianError, match="cancelled"):
        lite.carry(run, cancel)
    assert lite.rows("SELECT count(*) FROM collected_people") != [(0,)]
    lite.carry(lite.queue(made))
    assert lite.rows("SELECT count(*) FROM collected_people") == lite.rows("SELECT count(*) FROM collected_people_live")


def test_keys_that_come_twice_in_one_load_are_bad(lite: Collecting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.collection.adapters.file.PAGE", 3)
    monkeypatch.setattr(engine, "CHUNK", 3)
    columns: list[dict[str, Any]] = [{"name": "no", "title": "号", "key": True}, {"name": "v", "type": "integer"}]
    made = lite.task(lite.table("ff", columns), Plan("文件", "file", {"header": 2}, {"no": "号"}), "f")
    data = "说明,\n号,v\na,1\nb,2\na,3\nc,x\n,\nb,4\nd,5\n".encode("gb18030")
    run = lite.database.run(lambda session: runs.run_file(
        session, SYSTEM, task_id=made.id, name="数据.csv", data=data))
    assert lite.carry(run) == {"rows": 6, "good": 3, "bad": 3}
    assert lite.rows("SELECT no, v FROM collected_ff_live ORDER BY no") == [("a", 1), ("b", 2), ("d", 5)]
    assert lite.rows("SELECT number, reason FROM collection_problem ORDER BY number") == [
        (3, "row:duplicate_key"), (4, "v:type"), (5, "row:duplicate_key")]
    files = [path.read_bytes() for path in lite.runtime.home.files_dir.rglob("*") if path.is_file()]
    assert files and not any(data[:9] in one for one in files), "the upload is sealed"


def test_a_callback_queues_one_run_and_is_taken_once(lite: Collecting, task: CollectionTask) -> None:
    secret = lite.database.run(lambda session: tasks.new_hook(session, SYSTEM, task_id=task.id)).encode()
    lite.database.run(lambda session: tasks.start(session, SYSTEM, task_id=task.id))
    now = clock.now_micros() // 1000

    def call(at: int, body: bytes = b"{}", signed: str | None = None, to: uuid.UUID | None = None) -> str:
        wanted = signed or hooks.signature(secret, at, task.id, body)
        return lite.database.run(lambda session: hooks.accept(
            session, task_id=to or task.id, timestamp=str(at), signed=wanted, body=body))

    assert call(now) == "queued" and call(now + 1) == "running"
    wrong: list[dict[str, Any]] = [{"at": now + 1}, {"at": now - 400_000}, {"at": now + 2, "signed": "0" * 64},
                                   {"at": now + 2, "to": uuid.uuid4()}, {"at": now + 400_000}]
    for refused in wrong:
        with pytest.raises(MulianError) as error:
            call(**refused)
        assert error.value.code == "gateway.collection.hook_refused"
    assert lite.rows("SELECT count(*) FROM collection_run WHERE cause = 'callback'") == [(1,)]


def test_a_schedule_queues_what_is_due_once(lite: Collecting, task: CollectionTask) -> None:
    plan = Plan(task.name, task.kind, task.source, task.mapping, schedule={"every_minutes": 1}, promise_hours=1)
    lite.database.run(lambda session: tasks.change(session, SYSTEM, task_id=task.id, plan=plan))
    lite.database.run(lambda session: tasks.start(session, SYSTEM, task_id=task.id))
    assert lite.database.run(lambda session: runs.queue_due(session, SYSTEM)) == 0
    with lite.database.write() as session:
        session.execute(text("UPDATE collection_task SET next_at = 1"))
    assert lite.database.run(lambda session: runs.queue_due(session, SYSTEM)) == 1
    assert lite.database.run(lambda session: runs.queue_due(session, SYSTEM)) == 0
    with lite.database.read() as session:
        assert views.task(session, queries.task(session, task.id)).freshness == "fresh"


@pytest.mark.parametrize(("product", "cursor"), [("postgresql", ""), ("mysql", "changed")])
def test_a_table_of_a_departments_database(
    lite: Collecting, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, product: str, cursor: str,
) -> None:
    monkeypatch.setattr("gateway.collection.adapters.database.PAGE", 40)
    monkeypatch.setattr(engine, "CHUNK", 40)
    start = datetime(2026, 1, 1)
    rows = [(*person(number).values(), start + timedelta(minutes=number // 7)) for number in range(1, 121)]
    with bureau(product, request) as there:
        there.run("CREATE TABLE people (code bigint PRIMARY KEY, name varchar(40), id_number varchar(20),"
                  " phone varchar(20), kind char(2), amount numeric(8,2), born varchar(10), changed timestamp(6) NULL)")
        there.fill("people", 8, rows)
        target = lite.database.run(lambda session: targets.register(
            session, SYSTEM, department_id=lite.department, name="前置库", product=product, host=there.host,
            port=there.port, database=there.name, username=there.user, password=there.password, tls="off"))
        source = {"target_id": str(target.id), "table": "people", "key": "code", "cursor": cursor}
        made = lite.task(lite.table(), Plan("前置库", "database", source, mode="cursor" if cursor else "full"))
        counts = lite.carry(lite.queue(made))
        assert (counts["rows"], counts["bad"]) == (120, 5)
        assert lite.rows("SELECT count(*), min(amount) FROM collected_people_live") == [(115, "12.50")]
        there.run("UPDATE people SET kind = '02', changed = '2026-02-01 00:00:00' WHERE code = 5")
        there.run("DELETE FROM people WHERE code = 6")
        # by cursor: what changed, and the rows that were as new as the newest one of the last run
        assert lite.carry(lite.queue(made))["rows"] == (3 if cursor else 119)
        assert lite.rows("SELECT kind FROM collected_people_live WHERE code = 5") == [("02",)]
        assert lite.rows("SELECT count(*) FROM collected_people_live WHERE code = 6") == [(1 if cursor else 0,)]


def test_columns_of_a_contract(lite: Collecting) -> None:
    assert [one["name"] for one in COLUMNS if one.get("encrypted")] == ["name", "id_number", "phone"]
    lite.table()
    scopes = lite.rows("SELECT table_name, column_name FROM crypto_scope ORDER BY 1, 2")
    assert scopes == [("collected_people", "id_number"), ("collected_people", "name"), ("collected_people", "phone"),
                      ("collection_problem", "row_env")]
    with pytest.raises(MulianError, match="taken"):
        lite.table()


def test_a_live_view_is_served_with_masks(lite: Collecting, task: CollectionTask) -> None:
    fields = [field("code", "编号", type="integer"),
              field("phone", "手机号码", sensitive=True, encrypted=True, mask="phone")]
    source = {
        "kind": "table", "table": "collected_people_live", "key": "id", "page_max": 100,
        "department": {"column": "dept_id", "id": str(lite.department)}, "parameters": [],
        "columns": {"code": {"column": "code", "type": "integer"}, "phone": {"column": "phone", "type": "envelope"}},
    }
    route = Route("people", b"/p", frozenset({b"GET"}), "appkey", "table", source, 0, 5.0, retired=False)
    served = TableSources(lite.database, KeyringDecipher(lite.runtime))
    for clear in (False, True):
        grant = cast("Grant", SimpleNamespace(policy=compile_policy(fields, {"code": False, "phone": clear})))
        first = json.loads(served.query(route, grant, b"size=2").result())["items"][0]
        assert first == {"code": 1, "phone": person(1)["phone"] if clear else mask("phone", person(1)["phone"])}
    served.close()
