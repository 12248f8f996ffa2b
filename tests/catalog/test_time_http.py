"""History, transfers and duty changes over real HTTP and as commands."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from catalog.commands import app
from catalog.nodes.models import Duty
from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.identity.service import create_department
from tests.catalog.time_tools import changed, published


class Town:
    """Two departments with signed-in people, and two of the bureau."""

    def __init__(self, live_server: Any) -> None:
        self.database: Database = live_server.runtime.database
        self.home = live_server.runtime.home.root
        with self.database.write() as session:
            self.civil = create_department(session, system_actor("test"), name="区民政局", kind="bureau").id
            self.health = create_department(session, system_actor("test"), name="区卫健委", kind="bureau").id
        self.officer = live_server.signed_in("data_officer", department_id=self.civil)
        self.reviewer = live_server.signed_in("department_reviewer", department_id=self.civil)
        self.nurse = live_server.signed_in("data_officer", department_id=self.health)
        self.receiver = live_server.signed_in("department_reviewer", department_id=self.health)
        self.bureau = live_server.signed_in("bureau_admin")

    def as_command(self, *words: str) -> Any:
        """Run ``mulian catalog …`` and return its JSON."""
        answer = CliRunner().invoke(app, [*words, "--home", str(self.home), "--json"], catch_exceptions=False)
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)


@pytest.fixture
def town(live_server: Any) -> Town:
    """See the class."""
    return Town(live_server)


def good(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_transfer_and_its_history(town: Town, tmp_path: Path) -> None:
    entry = published(town.database, "data_entry", "婚姻登记", town.civil, children=[{"name": "姓名"}])
    before = clock.iso(clock.now())
    body = {
        "from_department_id": str(town.civil), "to_department_id": str(town.health),
        "nodes": {"data_entry": [str(entry)]}, "everything": [],
    }
    seen = good(town.officer.post("/catalog/transfers/preview", body))
    assert (seen["total"], seen["counts"], seen["blocked_total"]) == (1, {"data_entry": 1}, 0)
    made = good(town.officer.post("/catalog/transfers", {**body, "reason": "改革", "basis": "一号文"}), 201)
    path = f"/catalog/transfers/{made['id']}"
    assert made["actions"] == ["withdraw"] and made["state"] == "giver_review"
    again = town.officer.post("/catalog/transfers", {**body, "reason": "改革", "basis": "一号文"})
    assert again.status_code == 409 and made["number"] in again.json()["detail"]
    assert town.receiver.post(f"{path}/decision", {"approve": True, "digest": "x"}).status_code == 404
    stale = town.reviewer.post(f"{path}/decision", {"approve": True, "digest": "sm3:1:0"})
    assert stale.json()["code"] == "kernel.approval.mismatch"
    task = next(one for one in good(town.reviewer.get("/tasks"))["items"] if one["source"] == "approvals")
    assert task["url"] == f"/catalog/transfers?transfer={made['id']}", "decided where the whole of it is shown"
    for side, key in ((town.reviewer, "giver"), (town.receiver, "receiver")):
        shown = good(side.get(path))
        assert shown["actions"] == ["decide"]
        done = good(side.post(f"{path}/decision", {"approve": True, "digest": shown[key]["digest"]}))
    assert done["state"] == "done" and good(town.nurse.get(path))["actions"] == ["reverse"]
    assert (done["created_name"], done["giver"]["by"], done["receiver"]["by"]) == ("测试", "测试", "测试")
    assert good(town.nurse.get(f"{path}/nodes"))["items"][0]["moved_version"] == 2
    file = town.nurse.get(f"{path}/document", params={"format": "docx"})
    assert file.content[:2] == b"PK" and "attachment" in file.headers["content-disposition"]
    assert good(town.officer.get("/catalog/transfers", params={"state": "done"}))["total"] == 1

    then = good(town.officer.get(f"/catalog/as-of/nodes/data_entry/{entry}", params={"at": before}))
    assert then["node"]["org_name"] == "区民政局" and then["children"][0]["name"] == "姓名"
    page = good(town.officer.get("/catalog/as-of", params={"at": before, "department_id": str(town.civil)}))
    assert [row["version"] for row in page["items"]] == [1] and page["items"][0]["valid_to"]
    now = clock.iso(clock.now())
    counts = good(town.officer.get("/catalog/as-of/counts", params={"at": now}))
    assert counts["departments"][0]["department"] == "区卫健委" and counts["totals"]["data_entry"] == 1
    diff = good(town.officer.get("/catalog/diff", params={"from": before, "to": now}))
    assert diff["items"][0]["changes"] == ["moved"] and diff["items"][0]["after"]["org_name"] == "区卫健委"
    assert {row["department"]: row["moved_in"] for row in diff["counts"]} == {"区民政局": 0, "区卫健委": 1}
    for where, params in (("as-of", {"at": now}), ("diff", {"from": before, "to": now})):
        assert town.officer.get(f"/catalog/{where}/export", params=params).content[:2] == b"PK"
    assert town.officer.get("/catalog/as-of", params={"at": "2999-01-01"}).json()["code"] == "catalog.history.future"
    assert town.officer.get("/catalog/as-of", params={"at": now, "kind": "x"}).status_code == 404

    assert town.as_command("as-of", "--at", before)["items"][0]["org_name"] == "区民政局"
    assert town.as_command("diff", "--from", before, "--to", now, "--xlsx", str(tmp_path / "d.xlsx"))["total"] == 1
    assert town.as_command("transfers")[0]["状态"] == "已移交"
    names = [one.user.username for one in (town.nurse, town.receiver, town.reviewer)]
    sides = ("--from", "区卫健委", "--to", "区民政局", "--all", "data_entry")
    seen = town.as_command("transfer", "preview", "--as", names[0], *sides)
    assert seen["条数"] >= 1 and seen["不能移交"] == []
    back = town.as_command("transfer", "propose", "--as", names[0], *sides, "--reason", "退", "--basis", "一号文")
    for user, state in ((names[1], "待接收部门审核"), (names[2], "已移交")):
        digest = town.as_command("transfer", "show", back["编号"], "--as", user)["摘要"]
        done = town.as_command("transfer", "decide", back["编号"], "--as", user, "--approve", "--digest", digest)
        assert done["状态"] == state
    again = town.as_command("transfer", "reverse", back["编号"], "--as", names[0])
    assert town.as_command("transfer", "withdraw", again["编号"], "--as", names[0])["状态"] == "已撤回"
    assert town.as_command("handover", made["number"], str(tmp_path / "h.xlsx"))["bytes"] > 1000
    assert (tmp_path / "d.xlsx").read_bytes()[:2] == (tmp_path / "h.xlsx").read_bytes()[:2] == b"PK"


def test_a_duty_change_and_its_tasks(town: Town, tmp_path: Path) -> None:
    duty = published(town.database, "duty", "婚姻登记", town.civil)
    child = published(town.database, "duty", "补领证件", town.civil, parent_id=duty)
    body = {
        "kind": "split", "sources": [str(duty)], "reason": "改革", "basis": "一号文", "effective_on": "2026-11-01",
        "parts": [{"name": "结婚登记"}, {"name": "离婚登记", "rest": True, "department_id": str(town.health)}],
    }
    seen = good(town.officer.post("/catalog/duty-changes/preview", body))
    assert seen["across"] and seen["secrecy_needed"] and seen["counts"]["duty"] == 1
    assert [one["department"] for one in seen["results"]] == ["区民政局", "区卫健委"]
    assert seen["departments"] == [{"department_id": str(town.civil), "department": "区民政局", "tasks": 1}]
    made = good(town.officer.post("/catalog/duty-changes", body), 201)
    path = f"/catalog/duty-changes/{made['id']}"
    consent = {"approve": True, "digest": made["digest"], "secrecy": {"conclusion": "pass", "basis": "不涉密"}}
    assert town.nurse.get(path).status_code == 404, "nothing of theirs takes part yet"
    assert town.reviewer.post(f"{path}/decision", consent).status_code == 403, "across departments"
    assert good(town.bureau.get(path))["actions"] == ["decide", "secrecy"]
    done = good(town.bureau.post(f"{path}/decision", consent))
    assert done["state"] == "done" and done["tasks"] == {"open": 1}
    assert sorted((one["role"], one["name"]) for one in done["duties"]) == [
        ("result", "离婚登记"), ("result", "结婚登记"), ("source", "婚姻登记")
    ]
    assert good(town.nurse.get(path))["kind_zh"] == "拆分"
    late = town.officer.post(f"{path}/withdrawal", {"reason": "错了"})
    assert late.json()["code"] == "catalog.duty_change.final" and late.json()["fix"]
    tasks = good(town.officer.get("/catalog/duty-tasks", params={"change_id": made["id"], "state": "open"}))["items"]
    assert [task["node_id"] for task in tasks] == [str(child)] and tasks[0]["overdue"] is False
    ids = [task["id"] for task in tasks]
    assert town.nurse.post("/catalog/duty-tasks/answer", {"task_ids": ids, "answer": "keep"}).status_code == 404
    assert good(town.officer.post("/catalog/duty-tasks/answer", {"task_ids": ids, "answer": "change"})) == {"count": 1}
    assert good(town.officer.post("/catalog/duty-tasks/reopen", {"task_ids": ids})) == {"count": 1}
    assert town.as_command("duty-changes")[0]["待核实"] == 1
    with town.database.read() as session:
        code = session.get_one(Duty, child).code
    what = ("--kind", "split", "--source", code, "--part", "补领甲", "--part", "补领乙=*")
    officer, reviewer = town.officer.user.username, town.reviewer.user.username
    seen = town.as_command("duty-change", "preview", "--as", officer, *what)
    assert (seen["跨部门"], seen["须保密审查"], len(seen["新职责"])) == (False, True, 2)
    why = ("--reason", "改革", "--basis", "二号文", "--on", "2999-01-01")
    made = town.as_command("duty-change", "propose", "--as", officer, *what, *why)
    digest = town.as_command("duty-change", "show", made["编号"], "--as", reviewer)["摘要"]
    consent = ("--as", reviewer, "--approve", "--digest", digest, "--secrecy", "不涉密")
    assert town.as_command("duty-change", "decide", made["编号"], *consent)["状态"] == "将于 2999-01-01 生效"
    assert town.as_command("duty-change", "run-due")["waiting"] == 1
    (waits,) = good(town.officer.get("/catalog/duty-changes", params={"state": "scheduled"}))["items"]
    assert (waits["state_zh"], waits["actions"], waits["blocked_on"]) == ("将于 2999-01-01 生效", ["withdraw"], None)
    path = f"/catalog/duty-changes/{waits['id']}/withdrawal"
    assert good(town.reviewer.get(f"/catalog/duty-changes/{waits['id']}"))["actions"] == ["withdraw"]
    assert town.nurse.post(path, {"reason": "x"}).status_code == 404
    assert good(town.reviewer.post(path, {"reason": "文件改期"}))["closed_reason"] == "文件改期"
    made = town.as_command("duty-change", "propose", "--as", officer, *what, *why)
    for command, number, user in (
        ("duty-change", made["编号"], town.nurse), ("duty-change", "ZB-0", town.officer),
        ("transfer", "YJ-0", town.officer),
    ):
        with pytest.raises(MulianError, match="unknown"):
            town.as_command(command, "show", number, "--as", user.user.username)
    assert town.as_command("duty-change", "withdraw", made["编号"], "--as", officer)["状态"] == "已撤回"
    for text in ("{", json.dumps({**body, "kind": "x"})):
        (tmp_path / "plan.json").write_text(text)
        with pytest.raises(MulianError, match="catalog.duty_change.plan"):
            town.as_command("duty-change", "preview", "--as", officer, "--plan", str(tmp_path / "plan.json"))
    assert good(town.officer.get("/catalog/duty-changes", params={"state": "review"}))["total"] == 0


def test_important_entries_stay_out_of_workbooks(town: Town) -> None:
    before = clock.iso(clock.now())
    published(town.database, "data_entry", "一般", town.civil)
    core = published(town.database, "data_entry", "核心", town.civil, level=6)
    changed(town.database, "data_entry", core, office="一科")
    now = clock.iso(clock.now())
    for where, params, sheet in (("as-of", {"at": now}, "数据目录"), ("diff", {"from": before, "to": now}, "新增")):
        book = CalamineWorkbook.from_filelike(
            io.BytesIO(town.bureau.get(f"/catalog/{where}/export", params=params).content)
        )
        rows = book.get_sheet_by_name(sheet).to_python()
        assert "1 条重要、核心" in str(rows[0][0]) and "核心" not in [row[2] for row in rows[2:]] + [
            row[1] for row in rows[2:]
        ]
        assert len(rows) == 3
