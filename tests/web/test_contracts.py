"""A contract is deployed by two people, and a failed rehearsal blocks it."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Site, Watched

pytestmark = pytest.mark.engine("chromium")
SAMPLES = Path(__file__).parents[1] / "chain" / "contracts" / "data" / "samples.json"
# the child that rehearses starts beside everything else that runs on the machine
_REHEARSED = 120_000


def suite(expected: int) -> dict[str, Any]:
    return {"format": "mulian-contract-tests/1", "cases": [
        {"name": "一加二", "steps": [{"read": "add", "arguments": [[1, 2]], "returns": [expected]}]},
    ]}


def hand_in(page: Page, folder: Path, version: str, expected: int) -> None:
    tests = folder / f"tests-{version}.json"
    tests.write_text(json.dumps(suite(expected)), "utf-8")
    page.fill("[data-test=contract-version]", version)
    page.fill("[data-test=contract-contract]", "Sums")
    page.set_input_files("[data-test=contract-build]", SAMPLES)
    page.set_input_files("[data-test=contract-tests]", tests)
    page.click("[data-test=contract-submit]")


def confirm(page: Page) -> None:
    page.locator(".el-message-box").get_by_role("button", name="确定").click()


def test_a_failed_rehearsal_blocks_and_two_people_deploy(site: Site, window: Watched, tmp_path: Path) -> None:
    maker, checker = site.account("data_engineer"), site.account("operator")
    page = window.enter(maker, "/chain/contracts")
    page.click("[data-test=new-contract]")
    page.fill("[data-test=contract-name]", "Sums")
    hand_in(page, tmp_path, "1", 4)
    expect(page.locator("[data-test=contract-state]")).to_contain_text("未通过", timeout=_REHEARSED)
    expect(page.locator("[data-test=contract-blocked]")).to_be_visible()
    expect(page.locator("[data-test=contract-cases]")).to_contain_text("返回值不符")
    expect(page.locator("[data-test=ask-test]")).to_have_count(0)
    page.click("[data-test=new-version]")
    hand_in(page, tmp_path, "2", 3)
    expect(page.locator("[data-test=contract-state]")).to_contain_text("试运行通过", timeout=_REHEARSED)
    page.click("[data-test=ask-test]")
    confirm(page)
    expect(page.locator("[data-test=contract-waiting]")).to_be_visible()
    expect(page.locator("[data-test=open-approval]")).to_have_count(0)

    page = window.enter(checker, "/chain/contracts/Sums?tab=deployments")
    page.click("[data-test=open-approval]")
    page.click("[data-test=approve]")
    confirm(page)
    expect(page.locator("[data-test=contract-deployments]")).to_contain_text("已完成", timeout=_REHEARSED)
    page = window.enter(maker, "/chain/contracts/Sums?tab=call")
    page.get_by_role("button", name="add(uint256[])").click()
    form = page.locator("[data-test=method-add]")
    form.locator("input").fill("[1, 2, 40]")
    form.get_by_role("button", name="查询").click()
    expect(page.locator("[data-test=result-add]")).to_contain_text('"43"')
    for tab, text in (("history", "代码比对一致，上线"), ("source", "library Sums"), ("abi", '"add"')):
        page = window.go(f"/chain/contracts/Sums?tab={tab}")
        expect(page.locator("main")).to_contain_text(text)
