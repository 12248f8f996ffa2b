"""Browser journeys: the real bundle, served by the real application, driven in Debian's Chromium.

Every journey fails on a console error, an uncaught exception, a violation of the content policy or a request
to any other origin.
"""

import socket
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from kernel.identity import service
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from kernel.settings import Settings
from tests.support import closing
from tests.support.accounts import PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
BUNDLE = Path(__file__).parents[2] / "mulian" / "console" / "index.html"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]


@dataclass
class Site:
    """A served installation and the accounts that a journey needs."""

    runtime: Runtime
    url: str
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


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One installation for all journeys of a run; each journey makes its own accounts and objects."""
    if not BUNDLE.is_file():
        pytest.skip("the console is not built: run `make web`")
    from mulian.app import create_app
    from mulian.bootstrap import install

    runtime = install(Settings(home=tmp_path_factory.mktemp("web") / "home")).runtime
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(runtime), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    served = Site(runtime, f"http://127.0.0.1:{listener.getsockname()[1]}")
    runtime.database.run(lambda session: _departments(session, served))
    yield served
    server.should_exit = True
    thread.join(10)
    runtime.database.close()


def _departments(session: Any, served: Site) -> None:
    for name, kind in (("西城区住房和城市建设委员会", "bureau"), ("西城区数据局", "bureau"), ("西长安街街道", "street")):
        row = service.create_department(session, system_actor("test"), name=name, kind=kind)
        served.departments[name] = row.id


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or a skip with the reason."""
    if not CHROMIUM.exists():
        closing.missing("chromium")
        pytest.skip("no /usr/bin/chromium on this machine")
    with sync_playwright() as play:
        launched = play.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield launched
        launched.close()


class Watched:
    """A browser window whose mistakes are collected."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self._origin = origin
        self.faults: list[str] = []
        self.expected: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 1366, "height": 768}, locale="zh-CN", accept_downloads=True
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        self.page.on("request", self._request)

    def expect(self, *statuses: int) -> None:
        """Allow the browser's own line about answers with these statuses: the journey provokes them."""
        self.expected += [f"status of {status} " for status in statuses]

    def go(self, path: str) -> Page:
        """Open a path of the console."""
        self.page.goto(f"{self._origin}/console{path}")
        return self.page

    def sign_in(self, username: str, password: str = PASSWORD) -> Page:
        """Sign in through the form."""
        self.go("/login")
        self.page.fill("[data-test=username]", username)
        self.page.fill("[data-test=password]", password)
        self.page.click("[data-test=sign-in]")
        return self.page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in self.expected):
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._origin, "data:", "blob:")):
            self.faults.append(f"foreign request: {request.url}")


@pytest.fixture
def window(site: Site, browser: Browser) -> Iterator[Watched]:
    """A fresh window; at the end nothing may have gone wrong in it."""
    watched = Watched(browser, site.url)
    yield watched
    watched.context.close()
    assert watched.faults == []
