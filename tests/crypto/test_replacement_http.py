"""Replacement over real HTTP and from the command line: who may, what is shown, nothing clear and no password."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crypto import commands
from crypto.replacement import jobs, service
from crypto.replacement.offline import sealing, work
from kernel.approvals import service as approvals
from kernel.identity.actor import Actor
from tests.crypto.bureaus import GOOD_PEOPLE, NUMBER, allow, bureau, work_off
from tests.crypto.conftest import make_district


def test_from_the_list_of_databases_to_the_undo(
    live_server: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:
    district = make_district(live_server.runtime.database)
    settings = allow(district).settings
    monkeypatch.setattr(live_server.runtime, "settings", settings)
    maker, checker, auditor = (live_server.signed_in(role) for role in ("security_admin", "security_admin", "auditor"))
    with bureau("mysql", request) as there:
        there.run("CREATE TABLE person (id INT PRIMARY KEY, sfz CHAR(18))")
        there.fill("person", 2, list(enumerate(GOOD_PEOPLE)))
        target = {
            "department_id": str(district.department), "name": "人口库", "product": "mysql", "host": "127.0.0.1",
            "port": there.port, "database": there.name, "username": there.user, "password": there.password,
            "tls": "off",
        }
        assert auditor.post("/crypto/targets", json=target).status_code == 403
        listed = maker.post("/crypto/targets", json=target)
        assert listed.status_code == 201, listed.text
        for change in ({"product": "mysql+pymysql", "tls": "verify"}, {"product": "postgresql", "tls": "verify"}):
            assert maker.post("/crypto/targets", json=target | change).json()["code"] == "crypto.target.tls"
        assert there.password not in listed.text
        found = auditor.get("/crypto/targets").json()
        assert found["total"] == 1 and "mysql+pymysql" in found["products"]
        columns = maker.get(f"/crypto/targets/{listed.json()['id']}/columns").json()["items"]
        assert {"table": "person", "column": "sfz", "type": "char(18)"} in columns
        asked = maker.post("/crypto/replacements", json={
            "target_id": listed.json()["id"], "title": "人口库脱敏",
            "columns": [{"table": "person", "column": "sfz", "field": NUMBER}]})
        assert asked.status_code == 201 and asked.json()["state"] == "draft", asked.text
        job = asked.json()["id"]
        assert maker.post(f"/crypto/replacements/{job}/run", json={"reason": "最小必要"}).json()["code"] \
            == "crypto.replacement.state"
        assert work_off(live_server.runtime.database).state == "done"
        seen = auditor.get(f"/crypto/replacements/{job}").json()
        assert seen["state_zh"] == "已评估" and seen["checked"]["columns"][0]["advice"] == "id18"
        assert "LIKE" in seen["checked"]["unknowable"]["zh"]
        proposal = maker.post(f"/crypto/replacements/{job}/run", json={"reason": "最小必要"}).json()["approval_id"]
        assert checker.get(f"/crypto/replacements/{job}").json()["pending"]
        assert checker.post(f"/crypto/replacements/{job}/run", json={"reason": "再申请"}).json()["code"] \
            == "crypto.replacement.state"
        person = Actor(user_id=checker.user.id, name="c", permissions=frozenset({"crypto.replacement.approve"}),
                       scope="all")
        live_server.runtime.database.run(lambda s: approvals.decide(s, person, uuid.UUID(proposal), approve=True))
        assert work_off(live_server.runtime.database).state == "done"
        done = auditor.get(f"/crypto/replacements/{job}").json()
        assert done["state"] == "done" and not done["pending"] and done["evidence"]["captured"] == len(GOOD_PEOPLE)
        assert auditor.get(f"/crypto/replacements/{job}/findings").json()["total"] == 0
        assert not {one for one, in there.run("SELECT sfz FROM person")} & set(GOOD_PEOPLE)
        proposal = maker.post(f"/crypto/replacements/{job}/undo", json={"reason": "误操作"}).json()["approval_id"]
        live_server.runtime.database.run(lambda s: approvals.decide(s, person, uuid.UUID(proposal), approve=True))
        jobs.here(live_server.runtime, uuid.UUID(job), lambda done, total, message: None)
        assert [one for one, in there.run("SELECT sfz FROM person ORDER BY id")] == GOOD_PEOPLE
    answer = CliRunner().invoke(commands.app, ["replace", "show", job, "--json", "--home", str(settings.home)])
    assert answer.exit_code == 0 and json.loads(answer.output)["state"] == "undone", answer.output
    _offline(live_server.runtime.database, maker, auditor, district.department, person, tmp_path)


def _offline(database: Any, maker: Any, auditor: Any, department: uuid.UUID, person: Actor, folder: Path) -> None:
    body = {"department_id": str(department), "title": "离线", "forms": {NUMBER: "id18"}, "columns": [
        {"table": "person", "column": "sfz", "field": NUMBER, "key": "id"}]}
    assert auditor.post("/crypto/replacements/offline", json=body).status_code == 403
    job = maker.post("/crypto/replacements/offline", json=body).json()["id"]
    assert maker.post(f"/crypto/replacements/{job}/package/code").json()["code"] == "crypto.replacement.state"
    proposal = maker.post(f"/crypto/replacements/{job}/run", json={"reason": "不能直连"}).json()["approval_id"]
    database.run(lambda s: approvals.decide(s, person, uuid.UUID(proposal), approve=True))
    key = {"Idempotency-Key": uuid.uuid4().hex}
    code = maker.post(f"/crypto/replacements/{job}/package/code").json()["code"]
    for _ in range(2):  # a file is sent anew, whole
        (folder / "job.mlj").write_bytes(maker.post(f"/crypto/replacements/{job}/package/job", headers=key).content)
        assert work.Work(folder, sealing.code_secret(code)).job["columns"][0]["table"] == "person"
    assert b"from crypto" not in auditor.get("/crypto/replacements/package/tool").content
    foreign = {"file": ("values.mlv", b"MLP1V" + b"x" * 40)}
    refused = maker.post(f"/crypto/replacements/{job}/package/values", files=foreign)
    assert refused.json()["code"] == "crypto.package.invalid", refused.text
    assert maker.post(f"/crypto/replacements/{job}/package/answers").json()["code"] == "crypto.replacement.state"
    with database.read() as session:
        assert service.queries.get(session, uuid.UUID(job)).state == "packaged"
