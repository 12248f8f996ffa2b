"""The commands of review, as whoever holds the home runs them."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from catalog import commands
from tests.catalog.test_http import Office, office

assert office  # the fixture of the HTTP tests


@pytest.mark.requirement("S4-01")
def test_rules_queue_return_offline_and_records(office: Office) -> None:
    home = str(office.runtime.home.root)

    def run(*arguments: str, fails: bool = False) -> Any:
        done = CliRunner().invoke(commands.app, [*arguments, "--home", home, "--json"])
        assert (done.exit_code != 0) == fails, done.output
        return None if fails else json.loads(done.stdout)

    bureau, reviewer = office.bureau.user.username, office.reviewer.user.username
    set_rule = ("review", "set-rule", "department", "--department", "区民政局", "--due-workdays", "0")
    run(*set_rule, "--as", office.officer.user.username, fails=True)
    assert run(*set_rule, "--as", bureau) == {"scope": str(office.civil), "stages": ["department"], "version": 1}
    assert [one["环节"] for one in run("review", "rules")] == ["either", "department"]
    path, _ = office.created()
    office.officer.post(path + "/submit")
    (case,) = run("review", "queue", "--department", "区民政局", "--stage", "department")
    assert (case["名称"], case["轮次"], case["应办结"]) == ("婚姻登记信息", 1, "")
    assert run("review", "return", case["事项"], "--reason", "补充摘要", "--as", reviewer) == {"returned": 1}
    assert office.officer.get(path).json()["reasons"][0]["reason"] == "补充摘要"
    office.officer.post(path + "/submit")
    assert run("publish", "--basis", "公开信息", "--as", reviewer)["published"] == 1
    code = office.officer.get(path).json()["entry"]["code"]
    assert run("review", "secrecy", "--department", "区民政局")["items"][0]["编码"] == code
    assert run("offline", code, "--reason", "核对", "--as", bureau) == {"code": code, "online": False}
    run("offline", code, "--reason", "核对", "--as", bureau, fails=True)
    assert run("online", code, "--reason", "无误", "--as", bureau) == {"code": code, "online": True}
    assert run("releases") == [] and run("withdrawn") == []
    office.officer.post(path + "/withdraw", {"reason": "职能划转"})
    office.reviewer.post(path + "/approve", {})
    assert [one["理由"] for one in run("withdrawn")] == ["职能划转"]
