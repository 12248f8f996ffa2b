"""Departments' own databases for tests of replacement: real servers, tables of people, jobs agreed."""

import contextlib
import importlib.util
import os
import signal
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from crypto.identifiers import fields
from crypto.identifiers.rules import Kind
from crypto.persons.rules import synthetic
from crypto.replacement import packages, queries, service, targets
from crypto.replacement.models import CryptoReplacement
from kernel.approvals import service as approvals
from kernel.approvals.errors import SAME_PERSON
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.jobs import runner
from kernel.jobs.models import Job
from kernel.runtime import Runtime
from kernel.settings import Settings
from tests.support import mariadb, postgres

if TYPE_CHECKING:
    from tests.crypto.conftest import District

SYSTEM = system_actor("test")
NUMBER, PHONE = "公民身份号码", "手机号码"
GOOD_PEOPLE = [one.id_number for one in synthetic(12, seed=3)]


@dataclass
class Bureau:
    """A department's own database, with statements run in it as its programs would."""

    product: str
    host: str
    port: int
    name: str
    user: str
    password: str
    run: Callable[..., list[tuple[Any, ...]]]

    def fill(self, table: str, columns: int, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows."""
        marks = ",".join(["%s"] * columns)
        for at in range(0, len(rows), 2_000):
            part = rows[at:at + 2_000]
            values = [value for row in part for value in row]
            self.run(f"INSERT INTO {table} VALUES " + ",".join([f"({marks})"] * len(part)), values)


@contextlib.contextmanager
def bureau(product: str, request: pytest.FixtureRequest) -> Iterator[Bureau]:
    """Make a database of its own on the session's server of a product."""
    if product == "mysql":
        with on_mariadb(request.getfixturevalue("mariadb_server")) as made:
            yield made
        return
    with on_postgresql(request.getfixturevalue("postgres_server")) as made:
        yield made


@contextlib.contextmanager
def on_mariadb(server: mariadb.Server) -> Iterator[Bureau]:
    """Make a database of its own on a server."""
    with server.database() as name, contextlib.closing(server.connect(name)) as connection:
        def run(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(statement, tuple(values))
                return list(cursor.fetchall())

        yield Bureau("mysql", "127.0.0.1", server.port, name, mariadb.USER, mariadb.PASSWORD, run)


@contextlib.contextmanager
def on_postgresql(server: postgres.Server) -> Iterator[Bureau]:
    """Make a database of its own on a server."""
    url = server.create(f"b_{uuid.uuid4().hex[:12]}")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as link:
        def execute(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
            cursor = link.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

        yield Bureau("postgresql", "127.0.0.1", server.port, url.rsplit("/", 1)[1], "mulian", "", execute)
    server.drop(url)


# each product of a department's database with one of ours; what they share is proven by either
PAIRS = pytest.mark.parametrize(
    ("dialect", "there"), [("sqlite", "mysql"), ("postgresql", "postgresql")], indirect=["there"],
)


def allow(district: "District") -> Runtime:
    """Let the installation reach 127.0.0.1, and give the department its identified fields."""
    runtime = district.runtime
    settings = Settings(home=runtime.home.root, outbound_allow="127.0.0.1", replacement_dialects="mysql+pymysql")
    runtime = replace(runtime, settings=settings)
    for name, kind in ((NUMBER, Kind.ID_NUMBER), (PHONE, Kind.PHONE)):
        district.database.run(partial(
            fields.declare, actor=SYSTEM, department_id=district.department, name=name, kind=kind,
        ))
    return runtime


def list_target(district: "District", there: Bureau, product: str = "") -> uuid.UUID:
    return district.database.run(lambda s: targets.register(
        s, SYSTEM, department_id=district.department, name="业务库", product=product or there.product, host=there.host,
        port=there.port, database=there.name, username=there.user, password=there.password, tls="off",
    ).id)


def column(table: str, name: str, field: str = NUMBER) -> dict[str, str]:
    return {"table": table, "column": name, "field": field}


def work_off(database: Database) -> Job:
    """Run the job that waits, as a worker does; return its row."""
    assert database.runtime is not None
    claim = runner.claim(database.runtime)
    assert claim is not None
    runner.execute(database.runtime, claim, runner.context_of(database.runtime, claim))
    with database.read() as session:
        row = session.get(Job, claim.job_id)
        assert row is not None
        return row


def agreed(district: "District", ask: Callable[..., Any], **params: Any) -> uuid.UUID:
    """Ask for an approval, see the maker refused, let the other person agree."""
    maker, checker = (
        replace(one, permissions=frozenset({"crypto.replacement.manage", "crypto.replacement.approve"}))
        for one in (district.maker, district.checker)
    )
    approval_id: uuid.UUID = district.database.run(lambda s: ask(s, maker, **params).id)
    with pytest.raises(MulianError) as caught:
        district.database.run(lambda s: approvals.decide(s, maker, approval_id, approve=True))
    assert caught.value.kind is SAME_PERSON
    district.database.run(lambda s: approvals.decide(s, checker, approval_id, approve=True))
    return approval_id


def load_tool(folder: Path) -> ModuleType:
    """Load the offline package's file as it is delivered."""
    path = folder / "mulian_replace.py"
    path.write_bytes(packages.tool())
    spec = importlib.util.spec_from_file_location(f"tool_{uuid.uuid4().hex}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def job_row(database: Database, replacement_id: uuid.UUID) -> CryptoReplacement:
    with database.read() as session:
        return queries.get(session, replacement_id)


def assessed(database: Database, replacement_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return what a job's assessment says about each column."""
    checked = job_row(database, replacement_id).checked
    assert checked is not None
    columns: list[dict[str, Any]] = checked["columns"]
    return columns


def made(district: "District", target: uuid.UUID, *columns: dict[str, str], forms: dict[str, str] | None = None,
         ) -> uuid.UUID:
    """Make a job and have it assessed."""
    replacement_id = district.database.run(lambda s: service.create(
        s, SYSTEM, target_id=target, title="测试", columns=columns, forms=forms).id)
    assert work_off(district.database).state == "done"
    return replacement_id


PEOPLE = {
    "mysql": "CREATE TABLE person (id INT PRIMARY KEY, sfz CHAR(18) NOT NULL, note VARCHAR(20),"
             " changed TIMESTAMP DEFAULT '2020-01-01' ON UPDATE CURRENT_TIMESTAMP, UNIQUE KEY u_sfz (sfz))"
             " DEFAULT CHARSET gbk",
    "postgresql": "CREATE TABLE person (id int PRIMARY KEY, sfz char(18) NOT NULL UNIQUE, note varchar(20),"
                  " changed timestamp DEFAULT '2020-01-01')",
}


def tables(there: Bureau, count: int) -> list[str]:
    """Three tables joined by ID number, one of them with it as its own key; return the numbers."""
    numbers = list(dict.fromkeys(one.id_number for one in synthetic(count, seed=7)))
    charset = " DEFAULT CHARSET gbk" if there.product == "mysql" else ""
    there.run(PEOPLE[there.product])
    there.run("CREATE TABLE visit (code VARCHAR(12) PRIMARY KEY, sfz CHAR(18), place VARCHAR(20),"
              f" CONSTRAINT fk_visit FOREIGN KEY (sfz) REFERENCES person (sfz)){charset}")
    there.run(f"CREATE TABLE card (sfz CHAR(18) PRIMARY KEY, mobile VARCHAR(30)){charset}")
    there.fill("person (id, sfz, note)", 3, [(at, number, f"第{at}行") for at, number in enumerate(numbers)])
    visits = [(f"v{at}", numbers[at * 7 % len(numbers)], f"窗口{at % 9}") for at in range(count // 2)]
    there.fill("visit", 3, [*visits, ("v-null", None, "无证")])
    there.fill("card", 2, [(number, f"139{at:08d}") for at, number in enumerate(numbers) if at % 3])
    return numbers


JOIN = ("SELECT p.id, p.note, v.code, c.mobile FROM person p JOIN visit v ON v.sfz = p.sfz"
        " LEFT JOIN card c ON c.sfz = v.sfz ORDER BY p.id, v.code")
ALL = ("SELECT id, sfz, note, changed FROM person ORDER BY id", "SELECT * FROM visit ORDER BY code",
       "SELECT * FROM card ORDER BY sfz")


def everything(there: Bureau) -> list[list[tuple[Any, ...]]]:
    return [there.run(statement) for statement in ALL]


COLUMNS = (column("card", "sfz"), column("person", "sfz"), column("visit", "sfz"))


def killed(place: Any, name: str, after: int, work: Callable[[], Any]) -> None:
    """Do work in a process of its own that is killed where it calls a function once more than ``after`` times."""
    left, whole = [after], getattr(place, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*arguments, **named)

    child = os.fork()
    if child == 0:
        try:
            setattr(place, name, dying)
            work()
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
