"""The self-check by GB/T 39786: never kinder than what is there, over HTTP, as documents, and by command."""

import dataclasses
import gzip
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from crypto.commands import app
from crypto.rotation import machine
from crypto.selfcheck import assess, gbt, report, rules, scanning, service
from crypto.selfcheck.assess import Facts
from crypto.selfcheck.document import document
from crypto.selfcheck.gbt import Status
from kernel.documents.render import render
from kernel.identity.actor import system_actor
from kernel.jobs.context import JobContext
from kernel.jobs.registry import kind_of
from tests.conftest import Live
from tests.crypto.conftest import District, make_district

ACTOR = system_actor("test")
GOOD = Facts(
    profile="production", root="pkcs11", root_device=True, cookie_secure=True, columns=6, overdue=0, leaked=0,
    missing_fences=(), core_dumps_off=True, rotations=("rotation:1",), approvals=("approval:1",), audit=("audit:1",),
    copies=2, scan={"hits": 0, "canaries": 9, "evidence": "audit:2"},
    drill={"passed": True, "at": "2026-01-01", "evidence": "audit:3"},
)
PRODUCTS = {gbt.Supplier.GATEWAY, gbt.Supplier.PRODUCT}


def by_code(facts: Facts) -> dict[str, dict[str, Any]]:
    return {item["code"]: item for area in assess.assess(facts) for item in area["items"]}


@pytest.mark.pure
@given(st.builds(
    Facts, profile=st.sampled_from(["dev", "production"]), root=st.just("x"), root_device=st.booleans(),
    cookie_secure=st.booleans(), columns=st.integers(0, 3), overdue=st.integers(0, 2), leaked=st.integers(0, 2),
    missing_fences=st.sampled_from([(), ("t",)]), core_dumps_off=st.booleans(), copies=st.integers(0, 2),
    rotations=st.sampled_from([(), ("rotation:1",)]), audit=st.sampled_from([(), ("audit:1",)]),
    scan=st.sampled_from([None, GOOD.scan, {"hits": 2, "canaries": 9, "evidence": "audit:9"}]),
    leaked_identifiers=st.integers(0, 2),
    drill=st.sampled_from([None, GOOD.drill, {"passed": False, "at": "", "evidence": "audit:8"}]),
))
def test_what_needs_a_product_or_a_gateway_is_never_met_and_every_gap_says_what_to_do(facts: Facts) -> None:
    areas = assess.assess(facts)
    assert [area["area"] for area in areas] == [
        "physical", "network", "device", "application", "management", "personnel", "operation", "emergency"]
    items = [item for area in areas for item in area["items"]]
    assert len(items) == 41 == sum(assess.summary(areas).values())
    for item in items:
        if item["supplier"] in PRODUCTS:
            assert item["status"] != Status.MET
        assert (item["status"] == Status.MET) == (item["rectification"] == "")
    found = {item["code"]: item for item in items}
    if facts.leaked or (facts.scan and facts.scan["hits"]) or not facts.columns:
        assert found["application.storage_secrecy"]["status"] == Status.UNMET
    if facts.profile == "dev" or facts.overdue:
        assert found["operation.key_policy"]["status"] != Status.MET


@pytest.mark.pure
def test_single_facts_change_single_findings() -> None:
    best = by_code(GOOD)
    assert best["operation.key_policy"]["status"] == best["emergency.handling"]["status"] == Status.MET
    assert best["application.storage_secrecy"]["status"] == Status.PARTLY and "软件" in str(
        best["application.storage_secrecy"]["finding"])
    worse: dict[str, dict[str, Any]] = {
        "application.storage_integrity": {"missing_fences": ("t",)}, "emergency.plan": {"drill": None},
        "operation.key_policy": {"overdue": 1}, "emergency.handling": {"leaked": 1}, "device.logs": {"audit": ()},
        "application.storage_secrecy": {"scan": {**(GOOD.scan or {}), "hits": 1}},
    }
    order = [Status.MET, Status.PARTLY, Status.UNMET]
    for code, change in worse.items():
        status = by_code(dataclasses.replace(GOOD, **change))[code]["status"]
        assert order.index(status) > order.index(best[code]["status"]), code
    assert assess.overall([Status.MET, Status.NOT_APPLICABLE]) is Status.MET
    assert assess.overall([Status.NOT_APPLICABLE]) is Status.NOT_APPLICABLE
    assert assess.overall([Status.MET, Status.UNMET]) is Status.PARTLY


@pytest.mark.requirement("S4-26")
def test_canaries_are_found_wherever_they_are_planted_and_nowhere_echoed(
    sqlite_district: District, tmp_path: Path,
) -> None:
    runtime = sqlite_district.database.runtime
    assert runtime is not None
    home, canary = runtime.home, "测试金丝雀-7f3a91c05e"
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/张三.xml", "<t>" + "填充" * 9_000 + canary + "</t>")
    planted = {
        "logs/app.log": ("logs", canary.encode()), "files/import.xlsx": ("uploads", book.getvalue()),
        "reports/result.csv": ("results", canary.encode("gb18030")), "run/half-written.tmp": ("temp", canary.encode()),
        "calllog/today": ("calls", canary.encode("utf-16-le")), "mulian.db-wal-old": ("wal", canary.encode()),
        str(tmp_path / "dump.sql.gz"): ("extra", gzip.compress(b"-- dump\n" + canary.encode())),
    }
    for place, (_, data) in planted.items():
        (home.root / place).parent.mkdir(parents=True, exist_ok=True)
        (home.root / place).write_bytes(data)
    (home.files_dir / "torn.zip").write_bytes(book.getvalue()[:60])
    listed = tmp_path / "canaries.txt"
    listed.write_text(canary + "\n")
    arguments = ["--home", str(home.root), "--json", "--path", str(tmp_path / "dump.sql.gz"), "--canaries", str(listed)]
    done = CliRunner().invoke(app, ["scan-plaintext", *arguments])
    found = json.loads(done.stdout)
    assert done.exit_code == 1 and canary not in done.output and found["unreadable"] == ["files/torn.zip"]
    assert {hit["place"].removesuffix("!1") for hit in found["hits"]} == planted.keys() and "张三" not in done.output
    hits = {place["kind"]: place["hits"] for place in found["places"] if place["hits"]}
    assert hits == {kind: 1 for kind, _ in planted.values()}
    # on the record: where, and no spelling or digest of what
    checked = CliRunner().invoke(app, ["self-check", *arguments])
    shown = json.loads(checked.stdout)
    assert checked.exit_code == 1 and shown["scan"]["hits"] == len(planted)
    assert set(shown["scan"]["places"]) == planted.keys()
    assert canary not in checked.output and rules.mark(canary) not in checked.output
    assert next(item for area in shown["areas"] for item in area["items"]
                if item["code"] == "application.storage_secrecy")["status"] == Status.UNMET


def test_an_archive_that_expands_without_end_is_reported_not_read(
    sqlite_district: District, monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = sqlite_district.database.runtime
    assert runtime is not None
    monkeypatch.setattr(scanning, "MAX_EXPANDED", 1_000)
    (runtime.home.files_dir / "bomb.gz").write_bytes(gzip.compress(bytes(50_000)))
    assert service.scan(runtime, ["不会出现的样本值"])["unreadable"] == ["files/bomb.gz"]


def test_the_report_names_rotations_and_reaches_only_the_actors_department(
    district: District, monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = district.fill(20)
    runtime = district.database.runtime
    assert runtime is not None
    rotation_id = district.rotation()
    machine.run(runtime, ACTOR, rotation_id)
    # reading every column of PostgreSQL is what test_selfcheck.py does
    monkeypatch.setattr(scanning.Scan, "columns", lambda scan, database: None)
    job = kind_of("crypto.selfcheck.scan")
    (runtime.home.files_dir / "leak").write_text("\n".join(person.id_number for person in people))
    result = job.body(JobContext(runtime, lambda _: None, name="crypto.selfcheck.scan"), {})
    with district.database.read() as session:
        found = report.build(session, ACTOR)
        own = report.build(session, dataclasses.replace(district.maker, scope="own", department_id=district.other))
    assert result is not None and result["canaries"] == 40 and result["hits"] == 20 and found["scan"]["canaries"] == 40
    assert (found["scan"]["places"], own["scan"]["places"], own["scan"]["hits"]) == (["files/leak"], [], 20)
    rotated = [column for column in found["columns"] if column["last_rotation_id"]]
    assert [column["last_rotation_id"] for column in rotated] == [rotation_id] and len(found["columns"]) == 6
    assert len(own["columns"]) == 3 and not any(column["last_rotation_id"] for column in own["columns"])
    secrecy = next(item for area in found["areas"] for item in area["items"]
                   if item["code"] == "application.storage_secrecy")
    assert f"rotation:{rotation_id}" in secrecy["evidence"] and found["scan"]["evidence"] in secrecy["evidence"]
    assert str(rotation_id) not in json.dumps(own, default=str)
    page = render(document(found), "html").decode()
    text = re.sub(r"<[^>]+>", "", page)
    for area in gbt.AREAS:
        assert area.zh in text
    assert "不是经认证的密码产品" in text and "公民身份号码" in text and render(document(found), "docx")[:2] == b"PK"


def test_over_http(live_server: Live) -> None:
    make_district(live_server.runtime.database)
    auditor, keeper = live_server.signed_in("auditor"), live_server.signed_in("security_admin")
    found = auditor.get("/crypto/self-check").json()
    assert found["v"] == 1 and len(found["areas"]) == 8 and found["scan"] is None
    assert found["root"]["certified_product"] is False and "不是经认证的密码产品" in found["limits"][0]
    assert auditor.post("/crypto/self-check/scan").status_code == 403
    assert keeper.post("/crypto/self-check/scan").status_code == 202
    answer = auditor.get("/crypto/self-check/report", params={"form": "docx"})
    assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
    assert live_server.signed_in("data_officer").get("/crypto/self-check").status_code == 403
