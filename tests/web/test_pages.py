"""Every page in both languages: it opens without an error, no untranslated key, no breach of WCAG AA."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.scale import Scale
from tests.web.conftest import BUREAU, CIVIL, ROOT, SCHOOLS, Site, Watched

pytestmark = pytest.mark.engine("chromium")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
WHO = {
    ("bureau_admin", BUREAU): [
        "/", "/?tab=notices", "/following", "/following?tab=searches", "/catalog", "/catalog?kind=duty",
        "/catalog/imports", "/catalog/proposals", "/catalog/codes", "/catalog/codes?tab=regions",
        "/catalog/codes?tab=profiles", "/catalog/review", "/catalog/review?tab=links",
        "/catalog/new?kind=db_table", "/catalog/search?q=notice", "/catalog/quality", "/catalog/orphans",
        "/catalog/unchanged", "/catalog/history", "/catalog/history?tab=diff", "/catalog/history?tab=gone",
        "/catalog/duty-changes",
        "/catalog/transfers", "/catalog/transfers/new", "/catalog/releases", "/catalog/review-rules",
        "/catalog/secrecy-reviews", "/gateway/interfaces",
        "/gateway/apps", "/gateway/demands", "/gateway/demands?tab=grants", "/gateway/calls", "/chain",
        "/chain/explorer", "/chain/explorer?q=0", "/chain/verify", "/chain/apps", "/chain/units",
        "/crypto/units", "/crypto/keys?tab=keys",
        "/crypto/keys?tab=keks", "/crypto/keys?tab=copies", "/crypto/rotations", "/crypto/identifiers",
        "/crypto/replacements", "/crypto/self-check",
        "/reports", "/system/jobs", "/system/departments", "/password",
    ],
    ("system_admin", None): ["/system/users", "/system/roles"],
    ("auditor", None): ["/system/audit", "/crypto/lookups", "/crypto/lookups?tab=log"],
}
# the pages whose colours and labels are measured: each kind of page once
LOOKED_AT = ("/", "/catalog", "/catalog/new?kind=db_table", "/catalog/quality", "/catalog/history?tab=diff",
             "/catalog/imports", "/catalog/codes?tab=regions", "/following?tab=searches", "/catalog/transfers/new",
             "/gateway/demands", "/chain", "/system/users", "/system/audit")
# inside the page, as a link does: loading the whole console for each path would cost a second each
_TURN = """path => {
  history.pushState(history.state, "", "/console" + path);
  dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
}"""
_GROUPS = "menu|common|catalog|form|sheet|links|duty|orphan|trace|history|quality|search|"
_GROUPS += "status|iface|demand|client|chain|chainApp|chainUnit|keys|rotation|report|review|transfer|release|rule|"
_GROUPS += "following|notice|codes|propose|imports|follow|usage|first|identifier|lookup|replacement|selfcheck|unit"
# a column's name is shown as it is: "identifier.value_env"
_KEY = re.compile(rf"(?<![\w.])(?:{_GROUPS})\.(?!\w+_env\b)[a-zA-Z_.]+")


def violations(page: Page) -> list[str]:
    """Return what axe finds against WCAG 2 A and AA."""
    if not AXE.is_file():
        return []
    page.evaluate(AXE.read_text())
    # a colour on its way to another one is no colour to measure
    page.evaluate("Promise.race([Promise.all(document.getAnimations().map(one => one.finished)),"
                  " new Promise(done => setTimeout(done, 1000))]).then(() => null, () => null)")
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})")
    return [f"{one['id']}: {node['target']}" for one in found["violations"] for node in one["nodes"]]


@pytest.mark.parametrize(("number", "language"), enumerate(["zh-CN", "en"]))
def test_every_page_opens(site: Site, window: Watched, scale: Scale, number: int, language: str) -> None:
    """The switch of the header changes the page at once; both languages are whole."""
    faults: list[str] = []
    for (role, department), paths in WHO.items():
        page = window.enter(site.account(role, department=department), "/chain/verify")
        page.locator("h1").wait_for()
        if language == "en":
            page.click("[data-test=language]")
        # the keys of both languages are compared in web/tests; `make prove` opens every page in both
        for path in paths[number % scale.of(2, 1) :: scale.of(2, 1)]:
            page.evaluate(_TURN, path)
            page.wait_for_timeout(250)
            page.locator("h1").first.wait_for()
            expect(page.locator(".el-skeleton, .el-loading-mask:visible")).to_have_count(0)
            text = page.inner_text("body")
            # the audit trail shows the names of actions, which look like keys
            faults += [f"{path}: key {key}" for key in _KEY.findall(text) if path != "/system/audit"]
            if path in LOOKED_AT:
                faults += [f"{path}: {one}" for one in violations(page)]
            assert page.url.endswith(path), path
            assert page.locator("[data-test=error-panel], [data-test=forbidden]").count() == 0, path
    assert not faults, "\n".join(faults)


def test_language_switch_acts_at_once(site: Site, window: Watched) -> None:
    """Chinese first; one press changes every word of the page and the title."""
    page = window.enter(site.account("data_officer", department=CIVIL), "/catalog")
    expect(page.locator("h1")).to_have_text("四级目录")
    page.click("[data-test=language]")
    expect(page.locator("h1")).to_have_text("Directory")
    assert page.title().startswith("Directory")
    page.reload()
    expect(page.locator("h1")).to_have_text("Directory")


def test_a_lost_network_keeps_the_form(site: Site, window: Watched) -> None:
    """The save that could not be sent says so, and the typed name is still there to be sent again."""
    window.expected.append("ERR_INTERNET_DISCONNECTED")
    page = window.enter(site.account("consumer_contact", department=SCHOOLS), "/gateway/apps")
    page.click("[data-test=new-app]")
    page.fill("[data-test=app-name]", "断网也不丢")
    window.context.set_offline(True)
    page.click("[data-test=app-save]")
    expect(page.locator("[data-test=error-box]")).to_contain_text("连不上服务器")
    window.context.set_offline(False)
    page.get_by_role("button", name="知道了").click()
    expect(page.locator("[data-test=app-name]")).to_have_value("断网也不丢")
    page.click("[data-test=app-save]")
    expect(page.locator("[data-test=secret-once]")).to_be_visible()


def test_no_page_is_served_from_elsewhere(site: Site) -> None:
    """index.html is never cached, hashed files for a year; the policy is the one the console was built for."""
    client = site.client(site.account("data_officer", department=CIVIL)).http
    page = client.get("/console/catalog/entries/anything")
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "unsafe-eval" not in policy and "default-src 'none'" in policy
    script = re.search(r'src="(/console/assets/[^"]+\.js)"', page.text)
    assert script and "max-age=31536000" in client.get(script[1]).headers["cache-control"]
    assert client.get("/console/assets/../../../pyproject.toml").status_code in (200, 404)
    assert "hatchling" not in client.get("/console/..%2f..%2fpyproject.toml").text


def test_bundle_is_what_the_source_builds(site: Site) -> None:
    """The page's scripts exist in the package folder."""
    html = (Path(ROOT) / "mulian" / "console" / "index.html").read_text()
    for path in re.findall(r'(?:src|href)="/console/([^"]+)"', html):
        assert (ROOT / "mulian" / "console" / path).is_file(), path
