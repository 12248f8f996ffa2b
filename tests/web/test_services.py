"""What the data is published for: an interface applied for, approved and called; a key changed; a report built."""

import http.server
import json
import secrets
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from crypto.identifiers.rules import Form, recognise
from crypto.persons import service as persons
from crypto.persons.rules import synthetic
from crypto.replacement.offline.sealing import UNDO_KEY, VALUES, code_secret, sm2_encrypt
from crypto.replacement.offline.work import Work, identifiers
from crypto.scopes import service as scopes
from gateway.signing import rules as signing
from kernel.identity.actor import system_actor
from tests.support import loopback
from tests.web.conftest import BUREAU, CIVIL, SCHOOLS, STREET, Site, Watched

pytestmark = pytest.mark.engine("chromium")


class Upstream(http.server.BaseHTTPRequestHandler):
    """A department's system of one record."""

    def do_GET(self) -> None:
        body = '{"case_no": "G-1", "title": "公开事项", "secret": "no"}'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def upstream() -> Iterator[str]:
    """The address of a department's system on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/case"
    server.shutdown()


def published_entry(site: Site, name: str) -> dict[str, Any]:
    """Make and publish a data entry with two items over the API."""
    officer = site.client(site.account("data_officer", department=CIVIL))
    entry = officer.post("/catalog/entries", json={
        "name": name, "department_id": str(site.departments[CIVIL]), "share_type": "conditional",
        "share_condition": "履职需要", "open_type": "none", "items": [{"name": "事项编号"}, {"name": "事项名称"}],
    }).json()
    officer.post(f"/catalog/entries/{entry['entry']['id']}/submit").raise_for_status()
    reviewer = site.client(site.account("department_reviewer", department=CIVIL))
    secrecy = {"conclusion": "pass", "basis": "不涉及国家秘密"}
    reviewer.post(f"/catalog/entries/{entry['entry']['id']}/approve", json={"secrecy": secrecy}).raise_for_status()
    return dict(entry)


def choose(page: Page, box: str, option: str) -> None:
    """Pick an option of a select."""
    page.locator(box).click()
    page.get_by_role("option", name=option).last.click()


def call(site: Site, path: str, key: str, secret: str) -> httpx2.Response:
    """Call through the gateway, signed."""
    stamp, nonce = str(int(time.time())).encode(), secrets.token_hex(12).encode()
    text = signing.string_to_sign(b"GET", path.encode(), b"", b"", stamp, nonce, key.encode(), b"1")
    return loopback.get(site.gateway + path, headers={
        "X-Mulian-Key": key, "X-Mulian-Key-Version": "1", "X-Mulian-Timestamp": stamp.decode(),
        "X-Mulian-Nonce": nonce.decode(), "X-Mulian-Signature": signing.sign(secret.encode(), text).decode(),
    })


def test_from_interface_to_call(site: Site, window: Watched, upstream: str) -> None:
    """Maker, checker, consumer, provider and bureau each do their part in the browser; then the call is made."""
    name = f"公开事项{uuid.uuid4().hex[:6]}"
    published_entry(site, name)
    page = window.enter(site.account("data_engineer", department=BUREAU), "/gateway/interfaces")
    page.click("[data-test=new-interface]")
    page.locator("[data-test=entry-select] input").fill(name)
    page.get_by_role("option", name=name).click()
    page.fill("[data-test=iface-code]", "open-case")
    page.fill("[data-test=iface-path]", "/xc/open-case")
    page.fill("[data-test=iface-url]", upstream)
    for number, (field, item) in enumerate((("case_no", "事项编号"), ("title", "事项名称"))):
        if number:
            page.get_by_role("button", name="+ 增加字段").click()
        row = page.locator("[data-test=interface-form] .el-table__row").nth(number)
        row.locator("[data-test=field-name]").fill(field)
        row.locator(".el-select").first.click()
        page.get_by_role("option", name=item).last.click()
    page.click("[data-test=iface-save]")
    page.click("[data-test=iface-submit]")
    expect(page.locator(".el-message", has_text="已提交审核")).to_be_visible()
    address = page.url.split("/console")[1]
    bureau = site.account("bureau_admin", department=BUREAU)
    page = window.enter(bureau, address)
    page.click("[data-test=iface-approve]")
    page.locator(".el-message-box textarea").fill("同意发布")
    page.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(page.locator("[data-test=iface-state]")).to_contain_text("已发布")
    key, secret, consumer = apply_for(site, window, name)
    for account in (site.account("department_reviewer", department=CIVIL), bureau):
        page = window.enter(account, "/gateway/demands")
        page.locator("tr", has_text=f"核对{name}").first.click()
        page.click("[data-test=demand-approve]")
        expect(page.locator(".el-message", has_text="已同意")).to_be_visible()
    deadline = time.monotonic() + 20
    while (answer := call(site, "/xc/open-case", key, secret)).status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert answer.json() == {"case_no": "G-1", "title": "公开事项"}, answer.text
    page = window.enter(consumer, "/gateway/calls")
    expect(page.locator("tr", has_text="/xc/open-case").first).to_contain_text(key)


def apply_for(site: Site, window: Watched, name: str) -> tuple[str, str, str]:
    """The consumer registers an app (its secret is shown once) and files a demand; returns key, secret, account."""
    consumer = site.account("consumer_contact", department=SCHOOLS)
    page = window.enter(consumer, "/gateway/apps")
    page.click("[data-test=new-app]")
    page.fill("[data-test=app-name]", f"应用{name}")
    page.click("[data-test=app-save]")
    shown = page.locator("[data-test=secret-once] dd .mono")
    key, secret = shown.nth(0).inner_text(), shown.nth(2).inner_text()
    page.locator("label", has_text="我已妥善保存").click()
    page.click("[data-test=secret-close]")
    page.reload()
    expect(page.get_by_text(key)).to_be_visible()
    assert secret not in page.content()
    window.go("/gateway/demands")
    page.click("[data-test=new-demand]")
    page.locator("[data-test=demand-form] [data-test=entry-select] input").fill(name)
    page.get_by_role("option", name=name).click()
    choose(page, "[data-test=demand-app]", f"应用{name}")
    page.fill("[data-test=demand-matter]", f"核对{name}")
    page.fill("[data-test=demand-basis]", "履职需要")
    page.fill("[data-test=demand-purpose]", "入学资格核验")
    page.click("[data-test=demand-submit]")
    expect(page.locator("tr", has_text=f"核对{name}")).to_contain_text("待数源部门审批")
    return key, secret, consumer


def test_a_key_is_changed_by_two_people(site: Site, window: Watched) -> None:
    """One security administrator asks, another approves; the page survives a reload and ends with a certificate."""
    department = site.departments[CIVIL]
    site.runtime.database.run(lambda session: scopes.declare(
        session, system_actor("test"), table=persons.TABLE, department_ids=[department],
    ))
    site.runtime.database.run(lambda session: persons.insert_many(session, department, synthetic(300)))
    maker, checker = site.account("security_admin"), site.account("security_admin")
    page = window.enter(maker, "/crypto/keys")
    page.locator("tr", has_text="公民身份号码").locator("[data-test=ask-rotation]").click()
    page.click("[data-test=purpose-bi]")
    page.fill("[data-test=rotation-reason]", "年度例行更换")
    page.click("[data-test=rotation-submit]")
    page.wait_for_url("**/crypto/rotations")
    window.go("/crypto/keys")
    page.locator("tr", has_text="姓名").locator("[data-test=ask-rotation]").click()
    page.fill("[data-test=rotation-reason]", "年度例行更换")
    page.click("[data-test=rotation-submit]")
    page.wait_for_url("**/crypto/rotations")
    page = window.enter(checker)
    expect(page.locator("[data-test=tasks] tr", has_text="更换盲索引密钥")).to_be_visible()
    page.locator("[data-test=tasks] tr", has_text="更换加密密钥").first.click()
    expect(page.locator("[data-test=approval]")).to_contain_text("年度例行更换")
    page.click("[data-test=approve]")
    page.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(page.locator(".el-message", has_text="已办理")).to_be_visible()
    window.go("/crypto/rotations")
    page.locator(".el-table__row").first.get_by_role("link").click()
    page.wait_for_url("**/crypto/rotations/*")
    page.reload()
    expect(page.locator("[data-test=certificate]")).to_contain_text("mulian-rotation-certificate", timeout=60_000)


def test_identifiers_are_issued_and_looked_up(site: Site, window: Watched, tmp_path: Path) -> None:
    """A file of values becomes one of identifiers; one is looked up for a reason, masked; the auditor sees who did."""
    person, other = synthetic(2, seed=20261121)
    declared = {"department_id": str(site.departments[CIVIL]), "name": "公民身份号码", "kind": "id_number"}
    site.client(site.account("security_admin", department=BUREAU)).post("/crypto/identifiers/fields", json=declared)
    page = window.enter(site.account("data_engineer", department=BUREAU), "/crypto/identifiers")
    page.locator("tr", has_text="公民身份号码").locator("[data-test=issue-file]").click()
    values = tmp_path / "persons.csv"
    values.write_text(f"姓名,证件号\n某甲,{person.id_number}\n某乙,{other.id_number}\n", encoding="gb18030")
    page.set_input_files("[data-test=issue-form] input[type=file]", values)
    page.fill("[data-test=issue-column]", "证件号")
    page.click("[data-test=issue-submit]")
    row = page.locator("tr", has_text="persons.csv")
    expect(row).to_contain_text("已完成", timeout=40_000)
    page.reload()
    with page.expect_download() as download:
        row.locator("[data-test=batch-csv]").click()
    lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    identifier = lines[1].split(",")[1]
    assert len(lines) == 3 and identifier.startswith("M1") and person.id_number not in "".join(lines)
    page = window.enter(site.account("bureau_admin", department=BUREAU), "/crypto/lookups")
    page.click("[data-test=new-grant]")  # for another department: its fields, not the bureau's own
    choose(page, "[data-test=grant-department]", CIVIL)
    page.locator("[data-test=grant-form] .line", has_text="公民身份号码").get_by_text("脱敏").click()
    page.locator("[data-test=grant-form]").get_by_text("单位", exact=True).click()
    choose(page, "[data-test=grant-grantee]", BUREAU)
    page.fill("[data-test=grant-business]", "殡葬管理承接")
    page.fill("[data-test=grant-purpose]", "BZ-01")
    page.click("[data-test=grant-submit]")
    expect(page.locator("tr", has_text="殡葬管理承接")).to_contain_text(CIVIL)
    page = window.enter(site.account("data_officer", department=CIVIL), "/crypto/lookups")
    choose(page, "[data-test=lookup-field]", "公民身份号码")
    page.fill("[data-test=lookup-items]", identifier)
    page.fill("[data-test=lookup-reason]", "核对婚姻登记")
    page.fill("[data-test=lookup-ticket]", "GD-20261121")
    page.click("[data-test=lookup-submit]")
    expect(page.locator("[data-test=lookup-result]")).to_contain_text("已找到")
    assert person.id_number not in page.content()
    assert person.id_number[-2:] in page.inner_text("[data-test=lookup-result]")
    page = window.enter(site.account("auditor"), "/crypto/lookups")
    for number, answer in ((person.id_number, "GD-20261121"), (other.id_number, "没有人查询过")):
        page.fill("[data-test=who-value]", number)
        page.fill("[data-test=who-reason]", "信访核查")
        page.click("[data-test=who-submit]")
        expect(page.locator("[data-test=who-result]")).to_contain_text(answer)
        assert number not in page.content()


def agree(site: Site, page: Page) -> None:
    """Have a second person agree to what waits: the box for it has a journey of its own."""
    expect(page.locator("[data-test=waiting]")).to_be_visible()
    expect(page.locator("[data-test=drop]")).to_have_count(0)
    checker = site.client(site.account("security_admin"))
    [one] = [one for one in checker.get("/approvals?view=pending&size=100").json()["items"]
             if one["params"].get("replacement_id") == page.url.rsplit("/", 1)[1]]
    checker.post(f"/approvals/{one['id']}/decision", json={"approve": True, "digest": one["digest"]}).raise_for_status()


def fetched(page: Page, button: str, target: Path) -> None:
    """Press a button that hands out a file."""
    with page.expect_download() as download:
        page.click(f"[data-test={button}]")
    download.value.save_as(target)


def test_an_offline_package_goes_out_comes_back_and_is_undone(site: Site, window: Watched, tmp_path: Path) -> None:
    """The officers' half of a replacement in a network that is not reached; the DBA's half is his tool's own code."""
    declared = {"department_id": str(site.departments[STREET]), "name": "居民身份号码", "kind": "id_number"}
    maker = site.account("security_admin")
    site.client(maker).post("/crypto/identifiers/fields", json=declared).raise_for_status()
    page = window.enter(maker, "/crypto/replacements?tab=targets")
    page.click("[data-test=add-target]")
    choose(page, "[data-test=target-form] .el-select >> nth=0", STREET)
    for name, value in (("name", "街道库"), ("host", "192.0.2.9"), ("database", "jd"), ("user", "app")):
        page.fill(f"[data-test=target-{name}]", value)
    page.click("[data-test=target-submit]")
    expect(page.locator("tr", has_text="街道库")).to_contain_text("192.0.2.9:3306/jd")
    page.click("[data-test=new-offline]")
    form = page.locator("[data-test=offline-form]")
    choose(page, "[data-test=offline-form] .el-select >> nth=0", STREET)
    page.fill("[data-test=offline-title]", "街道居民")
    form.get_by_label("表", exact=True).fill("resident")
    form.get_by_label("列", exact=True).fill("sfz")
    choose(page, "[data-test=offline-form] td .el-select >> nth=1", "居民身份号码")
    choose(page, "[data-test=offline-form] .forms .el-select", "18 位")
    page.click("[data-test=offline-submit]")
    page.wait_for_url("**/crypto/replacements/*")
    page.click("[data-test=ask-run]")
    page.locator(".el-message-box textarea").fill("不能直连")
    page.locator(".el-message-box").get_by_role("button", name="确定").click()
    page.locator(".el-message-box input").fill("街道居民")
    page.locator(".el-message-box .el-button--danger").click()
    agree(site, page)
    fetched(page, "package-job", tmp_path / "job.mlj")
    page.click("[data-test=package-code]")
    code = page.locator("[data-test=secret-once] dd").inner_text()
    page.click("[data-test=secret-kept]")
    page.click("[data-test=secret-close]")
    work = Work(tmp_path, code_secret(code.split()[0]))
    person = synthetic(1, seed=20261122)[0].id_number
    values = work.file("values.mlv", VALUES, begin=True)
    values.append({"field": "居民身份号码", "values": [person]})
    values.append({"end": True})
    page.set_input_files("[data-test=package] input[type=file]", values.path)
    page.locator("[data-test=package-answers]").wait_for(timeout=40_000)
    fetched(page, "package-answers", tmp_path / "answers.mla")
    [issued] = identifiers(work)["居民身份号码"].values()
    assert recognise(issued) is Form.ID18
    page.click("[data-test=undo]")
    page.locator(".el-message-box textarea").fill("误操作")
    page.locator(".el-message-box").get_by_role("button", name="确定").click()
    agree(site, page)
    page.locator("[data-test=package-undo]").wait_for()
    request, key = tmp_path / "undo-request.json", secrets.token_bytes(32)
    request.write_text(json.dumps({"wrapped": [sm2_encrypt(bytes.fromhex(work.job["public"]), key).hex()]}))
    with page.expect_download() as download:
        page.set_input_files("[data-test=package] input[type=file]", request)
    download.value.save_as(tmp_path / "undo.mlk")
    assert next(work.file("undo.mlk", UNDO_KEY).records())[1]["keys"] == [key.hex()]


def test_a_report_is_built_previewed_and_downloaded(site: Site, window: Watched, tmp_path: Path) -> None:
    """Built as a job, shown as html, downloaded as docx, a figure traced to its rows."""
    published_entry(site, f"报告用目录{uuid.uuid4().hex[:6]}")
    page = window.enter(site.account("bureau_admin", department=BUREAU), "/reports")
    page.click("[data-test=build]")
    page.click("[data-test=build-submit]")
    row = page.locator(".el-table__row").first
    expect(row).to_contain_text("已完成", timeout=90_000)
    row.get_by_role("link").click()
    frame = page.frame_locator("[data-test=preview]")
    expect(frame.locator("body")).to_contain_text("西城区")
    with page.expect_download() as download:
        page.click("[data-test=download-docx]")
    download.value.save_as(tmp_path / "report.docx")
    assert (tmp_path / "report.docx").read_bytes()[:2] == b"PK"
    page.get_by_role("tab", name="数字与追溯").click()
    page.locator("[data-test=figures] .el-table__row").first.click()
    expect(page.get_by_text("计算规则")).to_be_visible()


def test_the_auditor_finds_what_was_done(site: Site, window: Watched) -> None:
    """Every journey left lines; the whole trail verifies."""
    page = window.enter(site.account("auditor"), "/system/audit?action=kernel.session")
    expect(page.locator(".el-table__row").first).to_contain_text("kernel.session")
    page.click("[data-test=verify-audit]")
    expect(page.locator("[data-test=job-progress]")).to_contain_text("已完成", timeout=40_000)
