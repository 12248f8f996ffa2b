"""Signing in, out, the forced change, the lock, and what each role sees."""

import pytest
from playwright.sync_api import expect

from tests.support.accounts import PASSWORD
from tests.web.conftest import BUREAU, Site, Watched

pytestmark = pytest.mark.engine("chromium")
FRESH = "Another#Rv81-copper-Lq"


def test_login_page_carries_the_notice_and_leads_to_where_one_wanted_to_go(site: Site, window: Watched) -> None:
    """A deep link asks for sign-in first and then opens."""
    page = window.go("/system/departments?kind=street")
    expect(page.locator("[data-test=secret-notice]")).to_have_text("本系统不得存储、处理、传输国家秘密")
    page.fill("[data-test=username]", site.account("data_officer", department=BUREAU))
    page.fill("[data-test=password]", PASSWORD)
    page.click("[data-test=sign-in]")
    page.wait_for_url("**/console/system/departments?kind=street")
    expect(page.get_by_text("西长安街街道")).to_be_visible()
    expect(page.get_by_text("北京市西城区民政局")).to_have_count(0)


def test_wrong_password_locks_after_five_and_the_button_waits(site: Site, window: Watched) -> None:
    """The message says what happened and what to do; the lock shows its minutes."""
    window.expect(401, 423)
    username = site.account("data_officer", department=BUREAU)
    page = window.sign_in(username, "wrong")
    expect(page.locator("[data-test=login-error]")).to_contain_text("用户名或口令不正确")
    for _ in range(5):
        page.fill("[data-test=password]", "wrong")
        with page.expect_response("**/api/v1/session"):
            page.click("[data-test=sign-in]")
        if page.locator("[data-test=login-error]").inner_text().startswith("账户已锁定"):
            break
        page.wait_for_timeout(50)
    expect(page.locator("[data-test=login-error]")).to_contain_text("账户已锁定")
    expect(page.locator("[data-test=sign-in]")).to_be_disabled()


def test_first_sign_in_must_change_the_password(site: Site, window: Watched) -> None:
    """No other page opens before; a weak one is refused with its reason."""
    window.expect(422)
    page = window.sign_in(site.account("data_officer", department=BUREAU, must_change=True))
    page.wait_for_url("**/console/password")
    window.go("/catalog")
    page.wait_for_url("**/console/password")
    page.fill("[data-test=old-password]", PASSWORD)
    for attempt in ("aaaa", FRESH):
        page.fill("[data-test=new-password]", attempt)
        page.fill("[data-test=again-password]", attempt)
        page.click("[data-test=save-password]")
        if attempt != FRESH:
            expect(page.locator("[data-test=password-error]")).to_contain_text("不符合要求")
    page.wait_for_url("**/console/")
    expect(page.locator("[data-test=user-menu]")).to_contain_text("测试员")


def test_each_role_sees_its_menu_and_a_direct_address_gives_403(site: Site, window: Watched) -> None:
    """The menu follows the permissions; an address without the right shows the 403 page and keeps the address."""
    page = window.sign_in(site.account("data_officer", department=BUREAU))
    menu = page.locator("[data-test=menu]")
    expect(menu).to_contain_text("四级目录")
    expect(menu).not_to_contain_text("审计日志")
    window.go("/system/audit")
    expect(page.locator("[data-test=forbidden]")).to_contain_text("kernel.audit.read")
    assert page.url.endswith("/console/system/audit")
    page.click("[data-test=user-menu]")
    page.click("[data-test=sign-out]")
    page.wait_for_url("**/console/login")
    page = window.sign_in(site.account("auditor"))
    expect(page.locator("[data-test=menu]")).to_contain_text("审计日志")


def test_an_ended_session_keeps_what_was_typed(site: Site, window: Watched) -> None:
    """Sign-in opens above the page; the form below is still there and the save goes through."""
    window.expect(401)
    page = window.sign_in(site.account("system_admin"))
    page.locator("[data-test=user-menu]").wait_for()
    window.go("/system/users")
    page.click("[data-test=new-user]")
    form = page.locator(".el-dialog").first
    form.locator("input").nth(0).fill("kept.name")
    form.locator("input").nth(1).fill("保留的姓名")
    form.get_by_text("三员分立").wait_for()
    form.locator(".el-select").nth(1).click()
    page.get_by_role("option", name="数据专员").click()
    page.keyboard.press("Escape")
    window.context.clear_cookies()
    page.click("[data-test=save-user]")
    box = page.get_by_role("dialog", name="登录已过期")
    box.locator("input").fill(PASSWORD)
    box.get_by_role("button", name="登录").click()
    expect(page.locator("[data-test=secret-once]")).to_contain_text("kept.name")
