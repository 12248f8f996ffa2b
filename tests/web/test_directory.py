"""The directory by hand: a form with a grid, a return with reasons beside fields, two officers, 12,000 nodes."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.scale import Scale
from tests.web import district
from tests.web.conftest import BUREAU, CIVIL, SCHOOLS, STREET, Site, Watched

pytestmark = pytest.mark.engine("chromium")
SECRECY = {"conclusion": "pass", "basis": "不涉及国家秘密"}
_PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector("[data-test=sheet] [role=grid]").dispatchEvent(paste);
}"""


def choose(page: Page, field: str, option: str) -> None:
    """Pick an option of a field of the form."""
    page.locator(f"[data-field={field}] .el-select").click()
    page.get_by_role("option", name=option, exact=True).locator("visible=true").click()


def made(site: Site, name: str, *, department: str = CIVIL, **more: Any) -> dict[str, Any]:
    """Make a draft entry over the API."""
    client = site.client(site.account("data_officer", department=department))
    body = {"name": name, "department_id": str(site.departments[department]), "share_type": "unconditional",
            "open_type": "none"} | more
    answer = client.post("/catalog/entries", json=body)
    answer.raise_for_status()
    return dict(answer.json()["entry"])


def test_created_returned_with_reasons_fixed_and_published(site: Site, window: Watched) -> None:
    """The reason stands beside its field for both; the reviewer sees what was answered; the version gets on chain."""
    officer, reviewer = site.account("data_officer", department=CIVIL), site.account("bureau_admin", department=BUREAU)
    page = window.enter(officer, "/catalog")
    page.click("[data-test=new-node]")
    page.click("[data-test=new-data_entry]")
    page.locator("[data-test=node-form]").wait_for()
    page.click("[data-test=save-submit]")
    expect(page.locator("[data-field=name]")).to_contain_text("此项必填")
    expect(page.locator("[data-test=field-name]")).to_be_focused()
    page.fill("[data-test=field-name]", "社会组织年检信息")
    choose(page, "share_type", "有条件共享")
    choose(page, "open_type", "不予开放")
    page.fill("[data-test=field-share_condition]", "履职需要")
    page.click("[data-test=add-row]")
    page.evaluate(_PASTE, "组织名称\t字符型\t200\n年检结论\t随便\t20\n年检日期\t日期型")
    expect(page.locator("[data-test=sheet] .bad")).to_have_count(1)
    page.click("[data-test=next-fault]")
    page.keyboard.type("字符型")
    page.keyboard.press("Enter")
    expect(page.locator("[data-test=sheet] .bad")).to_have_count(0)
    page.click("[data-test=save-submit]")
    expect(page.locator("[data-test=entry-status]")).to_contain_text("待审核")
    address = page.url.split("/console")[1]

    page = window.enter(reviewer, "/catalog/review")
    page.get_by_role("link", name="社会组织年检信息").click()
    expect(page.locator("[data-test=case-children]")).to_contain_text("年检日期")
    page.click("[data-test=add-reason-share_condition]")
    page.locator("[data-test=reason-share_condition]").fill("请写明适用的业务事项")
    page.click("[data-test=return]")
    page.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(page.locator(".el-message", has_text="已退回 1 条")).to_be_visible()

    page = window.enter(officer, address)
    expect(page.locator("[data-test=returned-for]")).to_contain_text("请写明适用的业务事项")
    page.click("[data-test=edit]")
    expect(page.locator("[data-field=share_condition] [data-test=field-reason]")).to_contain_text("适用的业务事项")
    page.fill("[data-test=field-share_condition]", "社会组织信用监管")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-test=undo-last]")).to_be_visible()
    page.click("[data-test=submit]")
    page.locator("[data-test=answer]").first.fill("已写明信用监管")
    page.click("[data-test=confirm-submit]")
    expect(page.locator("[data-test=entry-status]")).to_contain_text("待审核")

    page = window.enter(reviewer, "/catalog/review")
    page.get_by_role("link", name="社会组织年检信息").click()
    expect(page.locator("[data-test=earlier-reasons]")).to_contain_text("已写明信用监管")
    expect(page.locator("[data-test=earlier-reasons]")).to_contain_text("已修改")
    page.click("[data-test=approve]")
    expect(page.locator(".el-message", has_text="发布 1 个版本")).to_be_visible()
    window.go(f"{address.split('?')[0]}?tab=anchor")
    expect(page.locator("[data-test=anchor]")).to_contain_text("已上链", timeout=40_000)


def test_two_officers_on_one_entry_lose_nothing(site: Site, window: Watched) -> None:
    """412: what only the other changed is merged, what both changed is asked field by field; both items stay."""
    window.expect(412)
    entry = made(site, "殡葬服务机构信息", abstract="原摘要", items=[{"name": "机构名称"}])
    other = site.client(site.account("data_officer", department=CIVIL))
    page = window.enter(site.account("data_officer", department=CIVIL), f"/catalog/entries/{entry['id']}")
    page.click("[data-test=edit]")
    page.fill("[data-test=field-abstract]", "我的摘要")
    page.fill("[data-test=field-data_range]", "全区")
    page.click("[data-test=add-row]")
    page.keyboard.type("服务电话")
    detail = other.get(f"/catalog/entries/{entry['id']}")
    item = detail.json()["items"][0] | {"length": 120}
    item = {key: value for key, value in item.items() if key not in ("number", "code")}
    answer = other.send("PATCH", f"/catalog/entries/{entry['id']}", headers={"If-Match": detail.headers["etag"]}, json={
        "abstract": "他人的摘要", "storage": "政务云", "items": [item, {"name": "机构地址"}],
    })
    assert answer.status_code == 200, answer.text
    page.click("[data-test=save]")
    expect(page.locator("[data-test=clash]")).to_have_count(1)
    expect(page.locator("[data-test=clash]")).to_contain_text("原摘要")
    expect(page.locator("[data-test=clash]")).to_contain_text("他人的摘要")
    page.click("[data-test=merge-save]")
    expect(page.locator("[data-test=undo-last]")).to_be_visible()
    now = other.get(f"/catalog/entries/{entry['id']}").json()
    assert (now["entry"]["abstract"], now["entry"]["storage"], now["entry"]["data_range"]) == ("我的摘要", "政务云", "全区")
    assert sorted(one["name"] for one in now["items"]) == ["服务电话", "机构名称", "机构地址"]
    assert next(one for one in now["items"] if one["name"] == "机构名称")["length"] == 120


def test_a_district_of_many_nodes(site: Site, window: Watched, scale: Scale) -> None:
    """12,000 nodes: the tree by keyboard, finding on all levels, 150 % on 1366×768 without a sideways page."""
    nodes = scale.of(3_000, 12_000)
    entries = nodes - district.DUTIES - district.SYSTEMS - nodes // 4
    site.runtime.database.run(lambda session: district.fill(session, site.departments[STREET], nodes))
    page = window.enter(site.account("data_officer", department=STREET), "/catalog")
    # its own drafts and what other departments have published
    expect(page.locator("[data-test=total]")).to_contain_text(re.compile(rf"{entries // 1000},\d\d\d"))
    tree = page.locator("[data-test=tree]")
    tree.get_by_text("街道", exact=True).wait_for()
    page.locator("[role=tree]").evaluate("node => node.parentElement.focus()")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    tree.get_by_text(STREET).wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    tree.get_by_text("婚姻登记职责000").wait_for()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    drawer = page.locator(".el-drawer")
    expect(drawer).to_contain_text("养老登记职责001")
    page.keyboard.press("Escape")
    page.locator("input[data-test=tree-search], [data-test=tree-search] input").fill("养老检查")
    hits = page.locator("[data-test=tree-hits]")
    expect(hits).to_contain_text("职责")
    expect(hits).to_contain_text("数据目录")
    for zoom in (1.25, 1.5):
        page.set_viewport_size({"width": int(1366 / zoom), "height": int(768 / zoom)})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{zoom}: {wide} pixels wider than the window"
    page.set_viewport_size({"width": 1366, "height": 768})
    window.go("/catalog?q=养老检查")
    expect(page.locator("[data-test=total]")).to_contain_text(str((entries - 22) // 80 + 1))
    with page.expect_download() as download:
        page.click("[data-test=export-list]")
    assert download.value.suggested_filename.endswith(".xlsx")


def test_a_duty_moves_with_preview_and_tasks(site: Site, window: Watched) -> None:
    """What is below is counted before anything happens; another person approves; each node below is a task."""
    officer = site.client(site.account("data_officer", department=CIVIL))
    duty = officer.post("/catalog/duties", json={
        "name": "养老机构备案", "department_id": str(site.departments[CIVIL]), "duty_type": "service",
    }).json()["node"]
    entry = made(site, "养老机构备案信息")
    officer.send("PUT", f"/catalog/entries/{entry['id']}/links", json={"duty_ids": [duty["id"]], "system_ids": []})
    reviewer = site.client(site.account("bureau_admin", department=BUREAU))
    for kind, node in (("duties", duty), ("entries", entry)):
        officer.post(f"/catalog/{kind}/{node['id']}/submit").raise_for_status()
    cases = reviewer.get("/catalog/reviews", params={"size": 200}).json()["items"]
    ids = [one["id"] for one in cases if one["node_id"] in (duty["id"], entry["id"])]
    body = {"case_ids": ids, "decision": "approve", "secrecy": SECRECY}
    decided = reviewer.post("/catalog/reviews/decide", json=body)
    assert decided.json()["published"] == 2
    page = window.enter(site.account("bureau_admin", department=BUREAU), f"/catalog/entries/{duty['id']}?kind=duty")
    page.click("[data-test=change-duty]")
    page.locator("[data-test=receiver]").click()
    page.get_by_role("option", name=SCHOOLS).locator("visible=true").click()
    page.fill("[data-test=change-basis]", "机构改革方案")
    page.fill("[data-test=change-reason]", "职责划转")
    page.click("[data-test=preview-change]")
    expect(page.locator("[data-test=change-preview]")).to_contain_text("养老机构备案信息")
    page.click("[data-test=propose-change]")
    expect(page.locator("[data-test=change-state]")).to_contain_text("待审核")
    address = page.url.split("/console")[1]
    page = window.enter(site.account("bureau_admin", department=BUREAU), address)
    page.click("[data-test=approve-change]")
    expect(page.locator("[data-test=change-state]")).to_contain_text("已生效")
    expect(page.locator(".el-drawer")).to_contain_text("养老机构备案信息")


def test_a_transfer_is_decided_by_both_sides(site: Site, window: Watched) -> None:
    """From the entry's page to the other department: preview, the giver's consent, the receiver's, the signed list."""
    entry = made(site, "民办幼儿园年检信息", items=[{"name": "园所名称"}])
    officer = site.client(site.account("data_officer", department=CIVIL))
    officer.post(f"/catalog/entries/{entry['id']}/submit").raise_for_status()
    bureau = site.client(site.account("bureau_admin", department=BUREAU))
    cases = bureau.get("/catalog/reviews", params={"size": 200}).json()["items"]
    ids = [one["id"] for one in cases if one["node_id"] == entry["id"]]
    decided = bureau.post("/catalog/reviews/decide", json={"case_ids": ids, "decision": "approve", "secrecy": SECRECY})
    assert decided.json()["published"] == 1
    page = window.enter(site.account("data_officer", department=CIVIL), f"/catalog/entries/{entry['id']}")
    page.click("[data-test=hand-over]")
    expect(page.locator("[data-test=picked]")).to_contain_text("民办幼儿园年检信息")
    page.locator("[data-test=transfer-to]").click()
    page.get_by_role("option", name=SCHOOLS).locator("visible=true").click()
    page.fill("[data-test=transfer-basis]", "机构改革方案")
    page.fill("[data-test=transfer-reason]", "学前教育职责划转")
    expect(page.locator("[data-test=propose-transfer]")).to_be_disabled()
    page.click("[data-test=preview-transfer]")
    expect(page.locator("[data-test=transfer-preview]")).to_contain_text("民办幼儿园年检信息")
    page.click("[data-test=propose-transfer]")
    expect(page.locator("[data-test=transfer-state]")).to_contain_text("待移出部门审核")
    address = page.url.split("/console")[1]

    page = window.enter(site.account("department_reviewer", department=CIVIL))
    page.locator("[data-test=tasks] tr", has_text="移出审核").click()
    page.click("[data-test=approve-transfer]")
    page.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(page.locator("[data-test=transfer-state]")).to_contain_text("待接收部门审核")
    expect(page.locator("[data-test=approve-transfer]")).to_have_count(0)

    page = window.enter(site.account("department_reviewer", department=SCHOOLS), address)
    page.click("[data-test=approve-transfer]")
    page.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(page.locator("[data-test=transfer-state]")).to_contain_text("已移交")
    expect(page.locator("[data-test=transfer-sides]")).to_contain_text("测试员")
    expect(page.locator("[data-test=transfer-nodes]")).to_contain_text("1 → 2")
    with page.expect_download() as download:
        page.click("[data-test=document-docx]")
    assert download.value.suggested_filename.startswith("移交清单-YJ-")
    now = bureau.get(f"/catalog/entries/{entry['id']}").json()["entry"]
    assert (now["department_id"], now["version"]) == (str(site.departments[SCHOOLS]), 2)


def test_hostile_names_and_a_lost_network(site: Site, window: Watched) -> None:
    """Script stays text on every page that shows it, 200 characters fit; a save without network keeps the form."""
    window.expected.append("ERR_INTERNET_DISCONNECTED")
    names = ["<script>alert(1)</script><img src=x onerror=alert(2)>", "👩‍👩‍👧‍👦🇨🇳𠮷野家信息", "长" * 200]
    entries = [made(site, name, department=SCHOOLS, items=[{"name": name[:200]}]) for name in names]
    page = window.enter(site.account("data_officer", department=SCHOOLS))
    page.on("dialog", lambda dialog: window.faults.append(f"dialog: {dialog.message}"))
    window.go("/catalog?status=draft")
    for name in names:
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    for entry, name in zip(entries, names, strict=True):
        window.go(f"/catalog/entries/{entry['id']}?tab=items")
        expect(page.locator("h1")).to_have_text(name)
        expect(page.locator(".el-tab-pane:visible")).to_contain_text(name)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, name
    page.click("[data-test=edit]")
    page.fill("[data-test=field-abstract]", "断网时填写")
    window.context.set_offline(True)
    page.keyboard.press("Control+s")
    expect(page.locator("[data-test=error-box]")).to_contain_text("连不上服务器")
    window.context.set_offline(False)
    page.get_by_role("button", name="知道了").click()
    expect(page.locator("[data-test=field-abstract]")).to_have_value("断网时填写")
    page.click("[data-test=save]")
    page.click("[data-test=undo-last]")
    expect(page.get_by_text("修改前的内容")).to_be_visible()
    now = site.client(site.account("data_officer", department=SCHOOLS)).get(f"/catalog/entries/{entries[-1]['id']}")
    assert now.json()["entry"]["abstract"] == ""


def test_a_department_with_nothing(site: Site, window: Watched) -> None:
    """Every page of the group says that there is nothing yet, and offers no list, no figure out of thin air."""
    page = window.enter(site.account("data_officer", department=BUREAU))
    for path in ("/catalog?kind=db_table", "/catalog/imports", "/catalog/duty-changes", "/catalog/quality",
                 "/catalog/orphans", "/catalog/transfers", "/catalog/unchanged"):
        window.go(path)
        expect(page.locator("[data-test=empty-nothing], [data-test=empty-noMatch]").first).to_be_visible()
    gone, changes = ("history?tab=gone", "系统目录", "kind=system"), ("review?tab=links", "已审", "links_state=done")
    for tab, choice, kept in (gone, changes):
        window.go(f"/catalog/{tab}")
        page.locator(".el-table, .list").get_by_text(choice, exact=True).click()
        page.wait_for_url(f"**/catalog/{tab}&{kept}")
        expect(page.locator("[data-test=empty-noMatch]")).to_be_visible()
    window.go("/catalog/search")
    page.fill("[data-test=search-q] input, input[data-test=search-q]", "绝无此事")
    page.click("[data-test=search-go]")
    expect(page.locator("[data-test=empty-noMatch]")).to_be_visible()
