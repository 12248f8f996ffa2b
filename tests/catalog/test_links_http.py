"""Links, traces, orphan lists and the ledger over real HTTP and as commands."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
import python_calamine
from typer.testing import CliRunner

from catalog import commands
from catalog.nodes.models import DataEntry, Duty
from kernel.db import Database
from tests.catalog.conftest import ALL, Town, person
from tests.catalog.graph import Graph
from tests.catalog.test_http import Office
from tests.catalog.test_ledger import GOOD, HEAD, book


@pytest.fixture
def office(live_server: Any) -> Office:
    return Office(live_server)


@pytest.fixture
def graph(office: Office) -> Graph:
    """Nodes made by people who are not signed in, beside those who ask."""
    editor = person("maker", office.civil, *ALL)
    town = Town(
        office.civil, office.health, editor, person("checker", office.civil, *ALL),
        person("other", office.health, *ALL), editor, editor,
    )
    return Graph(office.database, town)


def one(kind: str, first: Any, second: Any, **more: str) -> dict[str, Any]:
    return {"links": [{"kind": kind, "from_id": str(first), "to_id": str(second), **more}]}


def test_a_link_from_both_sides_of_the_desk(office: Office, graph: Graph) -> None:
    duty, entry = graph.node("duty"), graph.entry("姓名")
    body = one("duty_data", duty, entry)
    assert office.officer.post("/catalog/links", body).json()[0]["state"] == "draft"
    page = office.stranger.get(f"/catalog/links?node_kind=data_entry&node_id={entry}")
    assert page.status_code == 404, "a foreign draft is not found"
    assert office.officer.post("/catalog/links/remove", body).json()[0]["state"] == "draft"
    graph.publish("duty", duty)
    graph.publish("data_entry", entry)
    assert office.stranger.post("/catalog/links", body).status_code == 404
    assert office.officer.post("/catalog/links", body).json()[0]["state"] == "pending"
    shown = office.officer.get(f"/catalog/links?node_kind=data_entry&node_id={entry}").json()
    assert shown["total"] == 0 and shown["pending"][0]["first"]["name"] == "婚姻登记"
    assert office.stranger.get(f"/catalog/links?node_kind=data_entry&node_id={entry}").json()["pending"] == []
    assert office.stranger.get("/catalog/links/changes").json()["total"] == 0
    assert office.officer.get("/catalog/links/changes?mine=true").json()["total"] == 1
    waiting_now = office.reviewer.get("/catalog/links/changes").json()["items"][0]
    change = waiting_now["id"]
    assert waiting_now["submitted_name"] == "测试", "姓名, not the user name"
    task = next(row for row in office.reviewer.get("/tasks").json()["items"] if row["source"] == "catalog.links")
    assert (task["url"], task["from_name"]) == (f"/catalog/links?change={change}", "测试")
    decision = {"ids": [change], "decision": "approve"}
    assert office.officer.post("/catalog/links/changes/decide", decision).status_code == 403
    assert office.reviewer.post("/catalog/links/changes/decide", decision).json() == {"count": 1, "effective": 1}
    assert office.reviewer.post("/catalog/links/changes/decide", decision).status_code == 404
    same = office.reviewer.get(f"/catalog/links/changes?change_id={change}").json()
    assert [(row["id"], row["decision"], row["decided_name"]) for row in same["items"]] == [(change, "approve", "测试")]
    assert office.stranger.get(f"/catalog/links/changes?change_id={change}").json()["total"] == 0
    listed = office.stranger.get(f"/catalog/links?node_kind=duty&node_id={duty}").json()["items"][0]
    assert (listed["state"], listed["second"]["department"]) == ("valid", "区民政局")
    versions = office.officer.get(f"/catalog/links/{listed['id']}/versions").json()
    assert [(row["version"], row["action"], row["anchor"]["state"]) for row in versions] == [(1, "add", "waiting")]
    assert office.officer.get(f"/catalog/links/{duty}/versions").status_code == 404
    wrong = [one("duty_duty", duty, duty, relation="moved"), one("data_data", entry, entry, relation="related")]
    assert [office.officer.post("/catalog/links", body).status_code for body in wrong] == [422, 422]
    office.officer.post("/catalog/links/remove", body)
    assert office.reviewer.get(f"/catalog/links/changes?change_id={change}").json()["total"] == 1, "another matter"
    waiting = [office.officer.get("/catalog/links/changes").json()["items"][0]["id"]]
    assert office.bureau.post("/catalog/links/changes/recall", {"ids": waiting}).status_code == 403
    assert office.officer.post("/catalog/links/changes/recall", {"ids": waiting}).json()["count"] == 1
    put = office.officer.send("PUT", f"/catalog/entries/{entry}/links", json={"duty_ids": [], "system_ids": []})
    assert put.status_code == 200 and put.json()["duties"], "the duty stays until its removal is approved"


def test_trace_lists_and_proposals(office: Office, graph: Graph) -> None:
    duty, entry, system = graph.node("duty"), graph.entry("姓名", "备注"), graph.node("system")
    table = graph.table(system, "姓名", "经办人")
    graph.link("duty_data", duty, entry)
    graph.link("data_system", entry, system)
    proposed = office.officer.get(f"/catalog/links/proposals?entry_id={entry}").json()
    assert [(row["item"]["name"], row["column"]["node_name"]) for row in proposed] == [("姓名", "婚姻登记表")]
    confirmed = one("item_column", proposed[0]["item"]["id"], proposed[0]["column"]["id"])
    assert office.officer.post("/catalog/links", confirmed).json()[0]["state"] == "draft"
    column = proposed[0]["column"]["id"]
    up = office.officer.get(f"/catalog/trace/db_column/{column}?direction=up").json()
    assert [level["kind"] for level in up["levels"]] == [
        "duty", "data_entry", "data_item", "db_column", "db_table", "system"
    ]
    assert up["levels"][0]["nodes"][0]["basis_doc"] == "《婚姻登记条例》" and up["gaps"] == {}
    down = office.officer.get(f"/catalog/trace/duty/{duty}?direction=down").json()
    assert [node["name"] for node in down["levels"][2]["nodes"]] == ["姓名", "备注"]
    assert list(down["gaps"]) == ["item_without_column"] and len(down["gaps"]["item_without_column"]) == 1
    loose = office.officer.get(f"/catalog/trace/db_table/{table}?direction=up").json()["gaps"]
    assert list(loose) == ["column_without_item"]
    assert office.stranger.get(f"/catalog/trace/duty/{duty}").status_code == 404
    counts = {row["key"]: row["total"] for row in office.officer.get("/catalog/orphans").json()}
    assert counts["column_without_item"] == counts["item_without_column"] == counts["system_without_project"] == 1
    assert len(counts) == 7 and counts["data_without_duty"] == 0
    page = office.officer.get("/catalog/orphans/item_without_column?q=备").json()
    assert page["items"][0]["parent_name"] == "婚姻登记信息" and page["zh"] == "未对应字段的数据项"
    assert office.stranger.get("/catalog/orphans/item_without_column").json()["total"] == 0
    assert office.stranger.get(f"/catalog/orphans?department_id={office.civil}").status_code == 404
    assert office.officer.get("/catalog/orphans/nothing").json()["code"] == "catalog.orphan.list_unknown"
    sheets = python_calamine.CalamineWorkbook.from_filelike(
        io.BytesIO(office.officer.get("/catalog/orphans/export").content)
    )
    assert len(sheets.sheet_names) == 7
    rows = sheets.get_sheet_by_name("未对应数据项的字段").to_python()
    assert rows[1][:3] == ["字段编码", "字段名", "中文名"] and rows[2][2] == "经办人" and len(rows) == 3
    single = office.bureau.get("/catalog/orphans/system_without_interface/export")
    assert "spreadsheetml" in single.headers["content-type"]


def test_the_ledger_is_taken_over_by_a_job(office: Office, tmp_path: Path) -> None:
    good = [*GOOD[:2], "区民政局", *GOOD[3:]]
    path = book(tmp_path / "ledger.xlsx", [HEAD, good, ["XC-9", *good[1:4], "购买", *good[5:]]])

    def sent(signed: Any, **form: str) -> Any:
        files = {"file": ("底账.xlsx", path.read_bytes())}
        return signed.send("POST", "/catalog/ledger/imports", files=files, data=form)

    assert sent(office.officer).status_code == 403
    answer = sent(office.bureau, accept_partial="true")
    assert answer.status_code == 202, answer.text
    office.work()
    result = office.bureau.get(f"/jobs/{answer.json()['job_id']}").json()["result"]
    assert (result["created"], result["wrong"], result["findings"][0]["column"]) == (1, 1, "E"), result
    listed = office.officer.get("/catalog/ledger?q=XC-2026").json()
    assert listed["items"][0]["department"] == "区民政局" and listed["items"][0]["budget"] == 128_500_000
    assert office.stranger.get("/catalog/ledger").json()["total"] == 0
    counts = {row["key"]: row["total"] for row in office.officer.get("/catalog/orphans").json()}
    assert counts["project_without_system"] == 1


def test_the_commands(office: Office, graph: Graph, tmp_path: Path) -> None:
    duty, entry = graph.node("duty"), graph.entry("姓名")
    database: Database = office.database
    with database.read() as session:
        first, second = session.get_one(Duty, duty).code, session.get_one(DataEntry, entry).code
    home = str(office.runtime.home.root)

    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(commands.app, [*arguments, "--home", home, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    name = office.officer.user.username
    assert run("link", "add", "duty_data", first, second, "--as", name)["state"] == "draft"
    assert run("link", "list", second)[0]["first"]["code"] == first
    assert [level["kind"] for level in run("trace", second)["levels"]] == ["duty", "data_entry"]
    assert run("trace", first, "--down")["gaps"]["item_without_column"]
    assert run("link", "propose", second, "--as", name) == []
    file = tmp_path / "orphans.xlsx"
    assert len(run("orphans", "--file", str(file))) == 7 and file.read_bytes()[:2] == b"PK"
    assert run("orphans", "item_without_column", "--department", "区民政局")["total"] == 1
    assert run("link", "remove", "duty_data", first, second, "--as", name)["state"] == "draft"
    assert run("link", "changes") == [] and run("verify")["broken"] == []
    assert run("ledger", "list") == []
    bureau = office.bureau.user.username
    assert run("link", "register", "--as", bureau) == {"registered": 0}
    good = book(tmp_path / "good.xlsx", [HEAD, [*GOOD[:2], "区民政局", *GOOD[3:]]])
    assert run("ledger", "import", str(good), "--as", bureau)["created"] == 1
