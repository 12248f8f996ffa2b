"""Browser journeys: the real bundle, served by ``mulian serve``, driven in Debian's Chromium.

Every journey fails on a console error, an uncaught exception, a violation of the content policy or a request
to any other origin.
"""

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from chain.contracts.service import ensure_deployed
from kernel.identity import service
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import wiring
from mulian.supervisor import claim_port
from tests.support import closing, loopback
from tests.support.accounts import PASSWORD, Signed

# the shell is the same browser without the windows that nobody would see: half the processor time
BROWSERS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
CHROMIUM = next((path for path in BROWSERS if path.exists()), None)
ROOT = Path(__file__).parents[2]
BUNDLE = ROOT / "mulian" / "console" / "index.html"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]
CIVIL, BUREAU, SCHOOLS, STREET = "北京市西城区民政局", "北京市西城区数据局", "北京市西城区教育委员会", "西长安街街道"
DEPARTMENTS = ((CIVIL, "bureau"), (BUREAU, "bureau"), (SCHOOLS, "bureau"), (STREET, "street"))
_PATIENCE = 15_000


@dataclass
class Site:
    """A served installation and the accounts that a journey needs."""

    runtime: Runtime
    url: str
    gateway: str
    departments: dict[str, uuid.UUID] = field(default_factory=dict)

    def account(self, *roles: str, department: str | None = None, must_change: bool = False) -> str:
        """Create a user with these standard roles and return the user name; the password is ``PASSWORD``."""
        username = f"u{uuid.uuid4().hex[:10]}"

        def unit(session: Any) -> None:
            user, _ = service.create_user(
                session, system_actor("test"), username=username, display_name="测试员", role_keys=list(roles),
                department_id=self.departments[department] if department else None, password=PASSWORD,
            )
            user.must_change_password = must_change

        self.runtime.database.run(unit)
        return username

    def client(self, username: str) -> Signed:
        """Return an HTTP client signed in as a user, for what a journey takes as given."""
        http = loopback.client(self.url)
        answer = http.post("/api/v1/session", json={"username": username, "password": PASSWORD})
        answer.raise_for_status()
        return Signed(http, answer.json()["csrf"], answer.json()["user"])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One installation for all journeys of a run; each journey makes its own accounts and objects."""
    with serving(tmp_path_factory.mktemp("web") / "home") as served:
        yield served


@contextlib.contextmanager
def serving(home: Path, rpc_url: str | None = None) -> Iterator[Site]:
    """Serve an installation, on its own chain or on the node of a URL; skip where no browser could look at it."""
    if CHROMIUM is None:
        closing.missing("chromium")
        pytest.skip("no Chromium of Debian's on this machine")
    if not BUNDLE.is_file():
        pytest.skip("the console is not built: run `make web`")
    names = ("port", "gateway-port", "gateway-test-port", "rpc-port")
    ports = {name: claim_port("127.0.0.1", 0, name) for name in names}
    command = [sys.executable, "-m", "mulian", "serve", "--home", str(home)]
    for name, port in ports.items():
        command += [f"--{name}", str(port)]
    # the upstream of the gateway's journey runs on this machine
    environment = os.environ | {"MULIAN_OUTBOUND_ALLOW": "127.0.0.0/8"}
    if rpc_url is not None:
        environment["MULIAN_RPC_URL"] = rpc_url
    settings = Settings(home=home, rpc_port=ports["rpc-port"], rpc_url=rpc_url)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as process:
        try:
            served = _served(process, settings, ports)
            yield served
            served.runtime.database.close()
        finally:
            process.send_signal(signal.SIGTERM)


def _served(process: "subprocess.Popen[str]", settings: Settings, ports: dict[str, int]) -> Site:
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("ready "):
            break
    assert said and said[-1].startswith("ready "), "".join(said)
    runtime = wiring.open_runtime(settings)
    served = Site(runtime, f"http://127.0.0.1:{ports['port']}", f"http://127.0.0.1:{ports['gateway-port']}")
    runtime.database.run(lambda session: _departments(session, served))
    ensure_deployed(runtime)
    return served


def _departments(session: Any, served: Site) -> None:
    for name, kind in DEPARTMENTS:
        row = service.create_department(session, system_actor("test"), name=name, kind=kind)
        served.departments[name] = row.id


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as play:
        launched = play.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        expect.set_options(timeout=_PATIENCE)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def desk(site: Site, browser: Browser) -> Iterator[BrowserContext]:
    """The one desk of a run: the console's files stay in its cache, people and what they leave do not."""
    context = new_desk(browser)
    yield context
    context.close()


def new_desk(browser: Browser) -> BrowserContext:
    """Return a desk as officers have them."""
    return browser.new_context(
        viewport={"width": 1366, "height": 768}, locale="zh-CN", accept_downloads=True, reduced_motion="reduce",
    )


class Watched:
    """A browser window whose mistakes are collected."""

    def __init__(self, desk: BrowserContext, site: Site) -> None:
        self.context, self._site, self._origin = desk, site, site.url
        self.faults: list[str] = []
        self.expected: list[str] = []
        self._open()

    def _open(self) -> None:
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(_PATIENCE)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        self.page.on("request", self._request)
        self._fresh = True

    def renew(self) -> None:
        """Become another person: a new window, no cookie, nothing stored."""
        if not self._fresh:
            self.leave()
            self._open()

    def leave(self) -> None:
        """Close the window and take everything along."""
        self.page.close()
        blank = self.context.new_page()
        everything = {"origin": self._origin, "storageTypes": "cookies,local_storage,indexeddb,service_workers"}
        self.context.new_cdp_session(blank).send("Storage.clearDataForOrigin", everything)
        blank.close()

    def expect(self, *statuses: int) -> None:
        """Allow the browser's own line about answers with these statuses: the journey provokes them."""
        self.expected += [f"status of {status} " for status in statuses]

    def go(self, path: str) -> Page:
        """Open a path of the console."""
        self.page.goto(f"{self._origin}/console{path}")
        return self.page

    def sign_in(self, username: str, password: str = PASSWORD) -> Page:
        """Sign in through the form, at a fresh desk."""
        self.renew()
        self._fresh = False
        self.go("/login")
        self.page.fill("[data-test=username]", username)
        self.page.fill("[data-test=password]", password)
        self.page.click("[data-test=sign-in]")
        return self.page

    def enter(self, username: str, path: str = "/") -> Page:
        """Open a path as somebody who has signed in already: the form has journeys of its own."""
        self.renew()
        self._fresh = False
        cookies = self._site.client(username).http.cookies
        self.context.add_cookies([
            {"name": name, "value": value, "url": self._origin} for name, value in cookies.items()
        ])
        # a browser that never signed in does not ask who it is
        self.page.add_init_script("if (location.protocol === 'http:') localStorage.setItem('mulian.signedIn', '1')")
        self.go(path)
        self.page.locator("[data-test=user-menu]").wait_for()
        return self.page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in self.expected):
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._origin, "data:", "blob:")):
            self.faults.append(f"foreign request: {request.url}")


@pytest.fixture
def window(site: Site, desk: BrowserContext) -> Iterator[Watched]:
    """A fresh window; at the end nothing may have gone wrong in it."""
    watched = Watched(desk, site)
    yield watched
    watched.context.set_offline(False)
    watched.leave()
    assert watched.faults == []
