"""A workbook goes in with mistakes, comes out published, anchored and provable; a change is returned and mended."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web import workbooks
from tests.web.conftest import CIVIL, Site, Watched

pytestmark = pytest.mark.engine("chromium")


def upload(page: Page, file: Path) -> None:
    """Upload a workbook and wait until it was checked."""
    page.set_input_files("[data-test=workbook] input[type=file]", str(file))
    page.wait_for_url("**/console/catalog/imports/*")
    expect(page.locator("[data-test=batch-state]")).not_to_contain_text("检查中")


def correct(page: Page, what: str, text: str, chosen: str = "") -> None:
    """Correct the cell of the finding that shows ``what``, by a suggestion where one is ``chosen``."""
    row = page.locator("tr", has_text=what).first
    row.locator("[data-test=correct]").click()
    page.locator("[data-test=cell-value] input, input[data-test=cell-value]").fill(text)
    if chosen:
        page.get_by_role("option", name=chosen, exact=True).locator("visible=true").click()
    else:
        page.keyboard.press("Enter")
    expect(page.locator("[data-test=cell-keep]")).to_have_count(0)


def apply(page: Page, button: str) -> None:
    """Apply a checked batch and wait for the end of the job."""
    page.click(f"[data-test={button}]")
    expect(page.locator("[data-test=batch-state]")).to_contain_text("已导入")


@pytest.mark.requirement("S4-25")
def test_a_workbook_with_three_kinds_of_bad_rows(site: Site, window: Watched, tmp_path: Path) -> None:
    """Each bad cell has its address and advice and is corrected where it stands; the batch is applied, and undone."""
    page = window.enter(site.account("data_officer", department=CIVIL), "/catalog/imports")
    bad = workbooks.write(tmp_path / "bad.xlsx", [
        workbooks.entry("a", CIVIL, "低保对象信息"),
        workbooks.entry("b", CIVIL, "养老机构信息", share="随便共享"),
        workbooks.entry("c", "没有这个局", "殡葬服务信息"),
        workbooks.entry("d", CIVIL, ""),
    ])
    upload(page, bad)
    table = page.locator(".el-table")
    for address, text in (("F", "不在代码表"), ("B", "没有名为"), ("C", "必填项为空")):
        row = table.locator("tr", has_text=text).first
        expect(row).to_contain_text(address)
    page.reload()
    expect(page.locator("[data-test=batch-counts]")).to_contain_text("4")
    correct(page, "没有这个局", "西城区民政", chosen=CIVIL)
    expect(page.locator("[data-test=unchecked]")).to_contain_text("1 处更正尚未检查")
    expect(page.locator("[data-test=apply-partial]")).to_have_count(0)
    correct(page, "随便共享", "有条件", chosen="有条件共享")
    correct(page, "必填项为空", "社区服务设施信息")
    page.click("[data-test=recheck]")
    page.keyboard.press("Escape")  # the page follows its check also where the drawer was closed
    # a batch that was checked names what it will do: three of four rows were wrong
    expect(page.locator("[data-test=unchecked]")).to_have_count(0)
    page.get_by_role("tab", name="更正（3）").click()
    expect(page.locator("[data-test=corrections] tr", has_text="随便共享")).to_contain_text("有条件共享")
    apply(page, "apply")
    page.click("[data-test=undo]")
    page.locator(".el-message-box").get_by_role("button", name="确定").click()
    expect(page.locator("[data-test=batch-state]")).to_contain_text("已撤销导入")


def test_from_workbook_to_proof(site: Site, window: Watched, tmp_path: Path) -> None:
    """Import → submit → review with secrecy review → published → anchored → proof verified by anybody."""
    name = "婚姻登记信息<b>&😀"
    page = window.enter(site.account("data_officer", department=CIVIL), "/catalog/imports")
    upload(page, workbooks.write(
        tmp_path / "one.xlsx", [workbooks.entry("a", CIVIL, name)], [("a", "登记日期", "日期", "否", "否")],
    ))
    apply(page, "apply")
    page.click("[data-test=submit-all]")
    expect(page.locator(".el-message", has_text="1 条已提交审核")).to_be_visible()
    page = window.enter(site.account("department_reviewer", department=CIVIL), "/catalog/review")
    page.locator("tr", has_text=name).locator("[data-test=review]").click()
    expect(page.locator("[data-test=case]")).to_contain_text("登记日期")
    page.click("[data-test=approve]")
    expect(page.locator(".el-message", has_text="发布 1 个版本")).to_be_visible()
    window.go("/catalog?status=published")
    page.get_by_role("link", name=name).click()
    page.get_by_role("tab", name="上链存证").click()
    expect(page.locator("[data-test=anchor]")).to_contain_text("已上链", timeout=40_000)
    with page.expect_download() as download:
        page.click("[data-test=proof]")
    proof = tmp_path / download.value.suggested_filename
    download.value.save_as(proof)
    verify_as_anybody(window, proof, tmp_path)


def verify_as_anybody(window: Watched, proof: Path, folder: Path) -> None:
    """Without signing in: the file holds; with one letter changed it does not."""
    window.renew()
    page = window.go("/verify")
    page.set_input_files("[data-test=proof-upload] input[type=file]", str(proof))
    expect(page.locator("[data-test=verify-ok]")).to_contain_text("核验通过")
    forged = json.loads(proof.read_text())
    text = json.dumps(forged, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    (folder / "forged.proof.json").write_text(text.replace('"version":1', '"version":2', 1) + "\n")
    page.set_input_files("[data-test=proof-upload] input[type=file]", str(folder / "forged.proof.json"))
    expect(page.locator("[data-test=verify-bad]")).to_be_visible()


def test_tree_search_and_leaving_a_dirty_form(site: Site, window: Watched) -> None:
    """The list's state is in the address; what is kept and followed is in one place; a changed form asks first."""
    officer = site.account("data_officer", department=CIVIL)
    client = site.client(officer)
    for number in range(3):
        client.post("/catalog/entries", json={
            "name": f"慈善信息{number}", "department_id": str(site.departments[CIVIL]), "share_type": "none",
            "no_share_basis": "《慈善法》", "open_type": "none",
        }).raise_for_status()
    page = window.enter(officer, "/catalog")
    tree = page.locator("[data-test=tree]")
    expect(tree).to_contain_text(CIVIL)
    page.fill("[data-test=q]", "慈善信息")
    page.click("[data-test=search]")
    expect(page.locator("[data-test=total]")).to_have_text("共 3 条")
    assert "q=" in page.url
    page.reload()
    expect(page.locator("[data-test=total]")).to_have_text("共 3 条")
    page.fill("[data-test=q]", "绝无此目录")
    page.click("[data-test=search]")
    expect(page.locator("[data-test=empty-noMatch]")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="慈善信息0").click()
    page.click("[data-test=star]")
    page.click("[data-test=follow]")
    expect(page.locator("[data-test=follow][aria-pressed=true]")).to_be_visible()
    other = client.get("/catalog/entries", params={"q": "慈善信息1"}).json()["items"][0]["id"]
    assert client.send("PUT", f"/catalog/favourites/data_entry/{other}", json={}).status_code == 204
    body = {"name": "慈善检索", "q": "慈善信息", "filters": {}, "notify": False}
    client.post("/catalog/saved-searches", body).raise_for_status()
    window.go("/following")
    kept = page.locator("[data-test=favourite]")
    expect(kept.nth(0)).to_contain_text("慈善信息0")
    kept.nth(1).locator("[data-test=favourite-up]").click()
    expect(kept.nth(0)).to_contain_text("慈善信息1")
    expect(kept.nth(0).locator("[data-arrow='1']")).to_be_focused()
    page.reload()
    expect(kept.nth(0)).to_contain_text("慈善信息1")
    page.get_by_role("tab", name="我的关注（1）").click()
    page.click("[data-test=unfollow]")
    page.click("[data-test=undo-last]")
    page.get_by_role("tab", name="我的检索（1）").click()
    page.locator("[data-test=search-notify]").click()
    expect(page.locator(".el-message", has_text="慈善检索")).to_be_visible()
    assert client.get("/catalog/saved-searches").json()[0]["notify"] is True
    page.get_by_role("tab", name="我的关注（1）").click()
    page.get_by_role("link", name="慈善信息0").click()
    page.click("[data-test=edit]")
    page.fill("[data-test=field-abstract] textarea, textarea[data-test=field-abstract]", "改了一半")
    page.locator("[data-test=menu]").get_by_text("批量导入").click()
    expect(page.locator(".el-message-box")).to_contain_text("未保存")
    page.get_by_role("button", name="取消").last.click()
    expect(page.locator("[data-test=node-form]")).to_be_visible()
