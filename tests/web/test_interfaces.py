"""The life of an interface in the browser: described, drafted, tested, shown to a developer, tried."""

import uuid

import pytest
from playwright.sync_api import expect

from tests.support import loopback
from tests.web.conftest import BUREAU, SCHOOLS, Site, Watched
from tests.web.test_services import choose, published_entry

pytestmark = pytest.mark.engine("chromium")
DESCRIPTION = """
openapi: 3.0.3
info: {{title: 事项, version: "1"}}
servers: [{{url: "http://127.0.0.1:1"}}]
paths:
  /{code}:
    get:
      summary: {name}
      responses:
        "200":
          content:
            application/json:
              schema:
                type: object
                properties:
                  rows: {{type: array, items: {{type: object, properties: {{case_no: {{type: string, title: 事项编号}}}}}}}}
"""


def test_from_description_to_trial(site: Site, window: Watched) -> None:
    """An engineer imports and tests, a developer without an account reads, a consumer tries it out."""
    name, code = f"导入事项{uuid.uuid4().hex[:6]}", f"c{uuid.uuid4().hex[:6]}"
    published_entry(site, name)
    engineer = site.account("data_engineer", department=BUREAU)
    page = window.enter(engineer, "/gateway/interfaces")
    page.click("[data-test=import-openapi]")
    page.locator("[data-test=import-form] [data-test=entry-select] input").fill(name)
    page.get_by_role("option", name=name).click()
    page.locator("textarea").first.fill(DESCRIPTION.format(code=code, name=name))
    page.click("[data-test=import-check]")
    found = page.locator("[data-test=import-found] .el-table__row")
    expect(found).to_contain_text(f"/xc/{code}")
    found.locator(".el-checkbox").click()
    page.click("[data-test=import-draft]")
    expect(page.locator(".el-message", has_text="已生成 1 个接口草稿")).to_be_visible()
    page.get_by_role("link", name=name).click()
    expect(page.locator("[data-test=iface-state]")).to_contain_text("草稿")
    page.click("[data-test=iface-test]")
    expect(page.locator("[data-test=iface-state]")).to_contain_text("测试中")
    address = page.url.split("/console")[1]
    page.click("[data-test=docs-share]")
    page.fill("[data-test=docs-note]", "承建单位")
    page.click("[data-test=docs-make]")
    link = page.locator("[data-test=secret-once] dd .mono").inner_text()
    answer = loopback.get(link)
    assert answer.status_code == 200 and f"{name}接口说明" in answer.text and "127.0.0.1:1" not in answer.text

    consumer = site.account("consumer_contact", department=SCHOOLS)
    page = window.enter(consumer, "/gateway/apps")
    page.click("[data-test=new-app]")
    page.fill("[data-test=app-name]", f"联调{name}")
    page.locator("[data-test=app-environment] label", has_text="测试环境").click()
    page.click("[data-test=app-save]")
    page.locator("label", has_text="我已妥善保存").click()
    page.click("[data-test=secret-close]")
    page = window.go(address)
    choose(page, "[data-test=trial-app]", f"联调{name}")
    page.click("[data-test=trial-send]")
    row = page.locator("[data-test=trial-list] .el-table__row").first
    expect(row).to_contain_text("200", timeout=60_000)
    row.get_by_role("button").click()
    expect(page.locator("[data-test=trial-answer]")).to_contain_text("样例事项编号1")


def test_a_need_becomes_a_demand_under_one_number(site: Site, window: Watched) -> None:
    """A consumer states a need, the bureau names the entry, the demand carries the number on."""
    name = f"需求事项{uuid.uuid4().hex[:6]}"
    published_entry(site, name)
    consumer = site.account("consumer_contact", department=SCHOOLS)
    page = window.enter(consumer, "/gateway/demands?tab=needs")
    page.click("[data-test=new-need]")
    for box, text in (("title", name), ("matter", f"核对{name}"), ("content", "编号与名称")):
        page.fill(f"[data-test=need-{box}]", text)
    page.click("[data-test=need-save]")
    row = page.locator("tr", has_text=name).first
    expect(row).to_contain_text("待答复")
    number = row.locator("td").first.inner_text().strip()
    page = window.enter(site.account("bureau_admin", department=BUREAU), "/gateway/demands?tab=needs")
    page.locator("tr", has_text=name).first.locator("[data-test=need-open]").click()
    page.locator("[data-test=need-form] [data-test=entry-select] input").fill(name)
    page.get_by_role("option", name=name).click()
    page.fill("[data-test=need-answer]", "见该目录")
    page.click("[data-test=need-save]")
    expect(page.locator("tr", has_text=name).first).to_contain_text("已对应目录")
    site.client(consumer).post("/gateway/apps", json={"name": f"应用{name}"}).raise_for_status()
    page = window.enter(consumer, "/gateway/demands?tab=needs")
    page.locator("tr", has_text=name).first.locator("[data-test=need-apply]").click()
    choose(page, "[data-test=demand-app]", f"应用{name}")
    page.fill("[data-test=demand-basis]", "履职需要")
    page.fill("[data-test=demand-purpose]", "入学资格核验")
    page.click("[data-test=demand-submit]")
    expect(page.locator(".el-message", has_text=number)).to_be_visible()
    page = window.go("/gateway/demands")
    page.locator("tr", has_text=number).first.click()
    expect(page.locator("[data-test=timeline]")).to_contain_text("提出数据需求")
    expect(page.locator("[data-test=timeline]")).to_contain_text("提交申请")
