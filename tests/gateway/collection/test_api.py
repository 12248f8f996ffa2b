"""The whole way over real HTTP and a worker's job; what another department and a stranger get."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.collection import freshness, hooks, queries
from kernel import clock
from kernel.identity.service import create_department
from kernel.jobs import runner
from kernel.watch.registry import ProbeFailed
from tests.conftest import Live
from tests.gateway.collection.support import COLUMNS, SYSTEM, Collecting, Upstream, people, person

BASE = "/gateway/collection"


@pytest.fixture
def live(lite: Collecting, live_server: Live) -> Iterator[Live]:
    """The served application over the department's database."""
    assert live_server.runtime is lite.runtime
    lite.codes.append("people")
    yield live_server


def work(here: Collecting) -> None:
    """Do what a worker does with the job that waits."""
    held = runner.claim(here.runtime)
    assert held is not None
    runner.execute(here.runtime, held, runner.context_of(here.runtime, held))


def test_from_a_declaration_to_a_corrected_row(lite: Collecting, live: Live, serve: Callable[..., Upstream]) -> None:
    engineer = live.signed_in("data_engineer", department_id=lite.department)
    officer = live.signed_in("data_officer", department_id=lite.department)
    stranger = live.signed_in("data_officer", department_id=other(lite))
    table = engineer.post(f"{BASE}/tables", {
        "code": "people", "name": "人口", "department_id": str(lite.department), "columns": COLUMNS}).json()
    upstream = engineer.post(f"{BASE}/upstreams", {
        "code": "ww", "name": "上游", "department_id": str(lite.department), "base_url": serve(people(230)).url,
        "login": {"kind": "basic"}, "secret": {"username": "u", "password": "geheim-9"}})
    assert upstream.status_code == 201 and "geheim" not in upstream.text
    made = engineer.post(f"{BASE}/tasks", {
        "code": "people", "name": "人口汇聚", "table_id": table["id"], "kind": "http", "promise_hours": 24,
        "source": {"upstream_id": upstream.json()["id"], "path": "people", "rows_path": "data.list",
                   "total_path": "data.total", "paging": {"style": "page", "size": 100}}})
    assert made.status_code == 201, made.text
    task = f"{BASE}/tasks/{made.json()['id']}"
    preview = engineer.get(f"{task}/preview").json()
    assert len(preview["rows"]) == 20 and preview["fields"][:2] == ["code", "name"]
    assert person(1)["id_number"] not in json.dumps(preview) and preview["rows"][0]["values"]["code"] == "1"
    watched = target_of(lite, made.json()["id"])
    with pytest.raises(ProbeFailed, match="never"):
        freshness.probe(lite.runtime, {"task": watched})
    assert officer.post(f"{task}/runs").status_code == 202
    assert officer.post(f"{task}/runs").json()["code"] == "gateway.collection.running"
    work(lite)
    freshness.probe(lite.runtime, {"task": watched})
    [run] = officer.get(f"{task}/runs").json()["items"]
    assert (run["state"], run["percent"], run["rows"], run["bad"]) == ("succeeded", 100, 230, 11)
    page = officer.get(f"{task}/problems", params={"reason": "phone:pattern"}).json()
    assert page["total"] == 2 and {"state": "open", "reason": "phone:pattern", "count": 2} in page["counts"]
    row = page["items"][0]
    assert person(107)["phone"] not in json.dumps(page, ensure_ascii=False)
    fixed = officer.post(f"{task}/problems/correct", {"items": [{"id": row["id"], "values": {"phone": "10000000009"}}]})
    assert fixed.json() == {"items": [{"id": row["id"], "reasons": []}]}
    assert engineer.post(f"{task}/problems/reveal", {"ids": [row["id"]], "reason": "看看"}).status_code == 403
    for path in (task, f"{task}/problems", f"{task}/runs", f"{BASE}/tables/{table['id']}"):
        assert stranger.get(path).status_code == 404, path
    assert stranger.get(f"{BASE}/tasks").json()["total"] == 0
    changed = {name: made.json()[name] for name in ("name", "kind", "source", "mode")} | {"bad_limit": 5}
    assert engineer.send("PUT", task, json=changed).status_code == 428
    assert engineer.send("PUT", task, json=changed, headers={"If-Match": '"1"'}).json()["bad_limit"] == 5
    assert engineer.send("PUT", task, json=changed, headers={"If-Match": '"1"'}).status_code == 412
    callback(live, engineer.post(f"{task}/hook-secret").json()["secret"], made.json()["id"])


def callback(live: Live, secret: str, task_id: str) -> None:
    """A signed message is taken, an unsigned one is not."""
    stamp, client = clock.now_micros() // 1000, live.client()
    path = f"/api/v1{BASE}/hooks/{task_id}"
    headers = {"X-Mulian-Timestamp": str(stamp), "Content-Type": "application/octet-stream"}
    signed = hooks.signature(secret.encode(), stamp, uuid.UUID(task_id), b"new")
    assert client.post(path, content=b"old", headers=headers | {"X-Mulian-Signature": signed}).status_code == 401
    taken = client.post(path, content=b"new", headers=headers | {"X-Mulian-Signature": signed})
    assert (taken.status_code, taken.json()) == (202, {"state": "paused"})


def other(here: Collecting) -> uuid.UUID:
    """Another department."""
    return here.database.run(lambda session: create_department(session, SYSTEM, name="旁局", kind="bureau").id)


def target_of(here: Collecting, task_id: str) -> str:
    """The task as the watch names it, once it promises something and is active."""
    with here.database.write() as session:
        queries.task(session, uuid.UUID(task_id)).state = "active"
    with here.database.read() as session:
        [target] = freshness.targets(session)
    with here.database.write() as session:
        queries.task(session, uuid.UUID(task_id)).state = "paused"
    found: Any = target.spec["task"]
    return str(found)
