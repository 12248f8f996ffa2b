"""Fixtures that every area shares: homes, real databases, real HTTP, actors, sizes."""

import gc
import os
import socket
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import hypothesis
import pytest
import uvicorn
from argon2 import PasswordHasher

from crypto.servicekeys import service as servicekeys
from kernel.db import Database
from kernel.home import Home
from kernel.identity import passwords, registry
from kernel.identity.actor import Actor, system_actor
from kernel.identity.roles import seed_roles
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import wiring
from mulian.migrations import run
from tests.support import closing, loopback, mariadb, one_database, postgres, proofs, statements
from tests.support.accounts import Signed, sign_in_as
from tests.support.scale import Scale

ROOT = Path(__file__).resolve().parent.parent
hypothesis.settings.register_profile("test", derandomize=True, deadline=None, max_examples=60)
hypothesis.settings.register_profile("prove", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("MULIAN_TEST_SIZE", "test"))



@pytest.fixture(scope="session", autouse=True)
def cheap_password_hashes() -> None:
    """argon2 at its real cost is proven once, by the installation's own tests; elsewhere it would only be waiting."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._nobody.cache_clear()


@pytest.fixture
def scale(request: pytest.FixtureRequest) -> Iterator[Scale]:
    """Counts: small in ``make test``, full in ``make prove``; remembered for the proof report."""
    counted = Scale(os.environ.get("MULIAN_TEST_SIZE", "test"))
    yield counted
    request.node.user_properties.append(("counts", counted.counts))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty prepared home."""
    place = Home(tmp_path / "home")
    place.prepare()
    return place


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file that tests copy."""
    wiring.load_registrations()
    path = tmp_path_factory.mktemp("template") / "mulian.db"
    database = Database.sqlite(path)
    run.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server of our own in a temporary folder, or a skip with the reason.

    Not below pytest's folder: every pytest that starts closes that one to other users, also to this server's.
    """
    if postgres.binaries() is None:
        closing.missing("postgresql")
        pytest.skip("no PostgreSQL server binaries on this machine")
    with tempfile.TemporaryDirectory(prefix="mulian-pg-") as folder, postgres.Server.start(Path(folder)) as server:
        wiring.load_registrations()
        template = Database(server.create("mulian_template"))
        run.upgrade(template)
        template.close()
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[mariadb.Server]:
    """A MariaDB server of our own: a department's database, never this program's."""
    if mariadb.binaries() is None:
        closing.missing("mariadb")
        pytest.skip("no MariaDB server binaries on this machine")
    with tempfile.TemporaryDirectory(prefix="mulian-maria-") as folder, mariadb.Server.start(Path(folder)) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on."""
    return str(request.param)


@pytest.fixture
def database(dialect: str, request: pytest.FixtureRequest, home: Home) -> Iterator[Database]:
    """A migrated, empty database of each kind, with a runtime attached."""
    if dialect == "sqlite":
        yield from _sqlite(request, home)
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    url = server.create(f"t_{uuid.uuid4().hex[:12]}", template="mulian_template")
    database = Database(url)
    statements.share(database)
    _attach(database, home)
    yield database
    database.close()
    server.drop(url)


@pytest.fixture
def sqlite_database(request: pytest.FixtureRequest, home: Home) -> Iterator[Database]:
    """A migrated, empty SQLite database with a runtime attached."""
    yield from _sqlite(request, home)


@pytest.fixture
def runtime(sqlite_database: Database) -> Runtime:
    """The runtime of a SQLite installation without users."""
    assert sqlite_database.runtime is not None
    return sqlite_database.runtime


@pytest.fixture
def make_actor() -> Callable[..., Actor]:
    """Build an actor with permissions: ``make_actor("catalog.entry.edit", department_id=…, scope="own")``."""

    def build(*permissions: str, department_id: uuid.UUID | None = None, scope: str = "own", name: str = "tester",
              user_id: uuid.UUID | None = None) -> Actor:
        return Actor(
            user_id=user_id or uuid.uuid4(), name=name, department_id=department_id,
            permissions=frozenset(permissions), scope="all" if scope == "all" else "own",
        )

    return build


class Live:
    """A served application on a free port, and clients signed in as whatever a test needs."""

    def __init__(self, runtime: Runtime, url: str) -> None:
        self.runtime, self.url = runtime, url

    def client(self) -> httpx2.Client:
        """Return an anonymous client."""
        return loopback.client(self.url)

    def signed_in(self, *roles: str, department_id: uuid.UUID | None = None) -> Signed:
        """Return a client of a new user with these standard roles."""
        return sign_in_as(self.runtime, self.url, roles, department_id)


@pytest.fixture
def live_server(runtime: Runtime) -> Iterator[Live]:
    """The real application over real HTTP, on a SQLite home with the standard roles."""
    from mulian.app import create_app

    runtime.database.run(lambda session: seed_roles(session, system_actor("test"), dict(registry.grants())))
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(runtime), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield Live(runtime, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(10)


def _sqlite(request: pytest.FixtureRequest, home: Home) -> Iterator[Database]:
    template: Path = request.getfixturevalue("sqlite_template")
    home.database_file.write_bytes(template.read_bytes())
    database = Database.sqlite(home.database_file)
    statements.share(database)
    _attach(database, home)
    yield database
    database.close()


def _attach(database: Database, home: Home) -> Runtime:
    settings = Settings(home=home.root, database_url=None if database.dialect == "sqlite" else database.url)
    return Runtime(settings=settings, home=home, database=database, box=servicekeys.create(home))


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks of the project."""
    closing.configure(config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the engines that were not found."""
    closing.summary(terminalreporter)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose the databases of dear tests, and let every worker begin with some of what takes longest."""
    if os.environ.get("MULIAN_TEST_SIZE", "test") == "test":
        one_database.choose(config, items)
    _deal(items)


def _deal(items: list[pytest.Item]) -> None:
    """The list is dealt out to the workers in shares, one after the other: each share begins with what is long."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    share = len(items) // workers
    for number, area in enumerate(("web", "mulian")):
        long = [item for item in items if str(item.path).startswith(f"{ROOT}/tests/{area}/")]
        items[:] = [item for item in items if item not in long]
        place = share * (number % workers)
        items[place:place] = long


def pytest_collection_finish() -> None:
    """Everything imported stays until the end: looking through it again and again took a tenth of all time.

    What a test leaves is looked for a hundred times less often: another twentieth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep results for the proof report."""
    proofs.collect(report)


def pytest_sessionfinish() -> None:
    """Write the results of a proving run."""
    proofs.write()
    gc.unfreeze()  # at the interpreter's end libraries report what is kept as a leak
