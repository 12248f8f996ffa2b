"""A column replaced by identifiers in a department's own database, against UPDATEs row by row through its driver.

Two ways of ours: the adapter (this program connects) and the offline package (the one file that the department's DBA
runs, from ``collect`` over the answers that are made here to ``apply``). The rival reads pages of 1,000 rows by key,
has a page's identifiers issued at once by the same function, sends one UPDATE a row that still holds its old value,
and commits a page. It keeps no undo file and no journal, and looks for nothing that was written meanwhile; ours do all
of it and are timed with it. What persons wait for (assessment, approvals) is not timed. Rounds alternate, each on
tables with values of their own, and count the CPU seconds of this process and of the department's server; ``by_clock``
is the same by the clock. MariaDB and PostgreSQL, each where it is found.

MULIAN_BENCH_REPLACEMENT: rows of a table; MULIAN_BENCH_REPLACEMENT_ROUNDS: rounds.
"""

import contextlib
import io
import json
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
from sqlalchemy.orm import Session

from bench import _home
from bench._spent import Spent, now
from crypto.identifiers import service as identifiers
from crypto.identifiers.rules import Form
from crypto.identifiers.service import Field, Issued
from crypto.persons.rules import synthetic
from crypto.replacement import packages, service
from tests.crypto import bureaus
from tests.crypto.bureaus import NUMBER, SYSTEM, Bureau
from tests.crypto.conftest import District, make_district
from tests.support import mariadb, postgres

ROWS = int(os.environ.get("MULIAN_BENCH_REPLACEMENT", "20000"))
ROUNDS = int(os.environ.get("MULIAN_BENCH_REPLACEMENT_ROUNDS", "3"))
PAGE = 1_000
FORM = {NUMBER: "id18"}
RIVAL = "rival"


def run(rows: int = ROWS) -> dict[str, Any]:
    """Return a row for each product and way; raise AssertionError where identifiers do not lead back to the values."""
    found = [row for product, server in (("mysql", _mariadb), ("postgresql", _postgresql)) for row in _rows(
        product, server, rows)]
    if not found:
        return {"skipped": "neither MariaDB nor PostgreSQL is on this machine"}
    return {"rows_of_a_table": rows, "rounds": ROUNDS, "rows": found}


@dataclass(frozen=True)
class _Server:
    """A department's server: its process, its database, and what opens a connection without autocommit."""

    process: int
    there: Bureau
    connect: Callable[[], Any]


def _rows(product: str, start: Callable[[Path], Any], rows: int) -> list[dict[str, Any]]:
    if (mariadb if product == "mysql" else postgres).binaries() is None:
        return []
    with (
        tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(prefix="mulian-bureau-") as place,
        start(Path(place)) as server,
    ):
        work = _Work(server, make_district(_home.fresh(Path(folder))[0]), Path(place))
        spent: dict[str, list[Spent]] = {}
        for number in range(ROUNDS):
            for at, (name, way) in enumerate(work.ways().items()):
                spent.setdefault(name, []).append(work.timed(way, f"person{number}_{name}", rows, 10 * number + at))
        work.district.database.close()
    return [_row(product, name, rows, spent) for name in spent if name != RIVAL]


def _row(product: str, name: str, rows: int, spent: dict[str, list[Spent]]) -> dict[str, Any]:
    pairs = list(zip(spent[RIVAL], spent[name], strict=True))
    ratios = [rival.cpu / ours.cpu for rival, ours in pairs]
    return {
        "name": f"rows of a {product} table replaced by the {name} vs UPDATE row by row", "unit": "x", "target": None,
        "ratio": round(statistics.median(ratios), 2), "lowest": round(min(ratios), 2),
        "by_clock": round(statistics.median(rival.clock / ours.clock for rival, ours in pairs), 2),
        "ours_per_second": round(rows / statistics.median(ours.cpu for _, ours in pairs)),
        "rival_per_second": round(rows / statistics.median(rival.cpu for rival, _ in pairs)),
    }


class _Work:
    """A department with its fields and its database; each way replaces the column ``sfz`` of a table."""

    def __init__(self, server: _Server, district: District, folder: Path) -> None:
        self.server, self.district, self.folder = server, district, folder
        self.field = Field(district.department, NUMBER)
        bureaus.allow(district)
        self.target = bureaus.list_target(district, server.there)
        self.tool = bureaus.load_tool(folder)

    def ways(self) -> dict[str, Callable[[str], Spent]]:
        """Return the contestants."""
        return {"adapter": self._adapter, "package": self._package, RIVAL: self._rival}

    def timed(self, way: Callable[[str], Spent], table: str, rows: int, seed: int) -> Spent:
        """Fill a table, replace its column and see that every identifier leads back."""
        there, numbers = self.server.there, [one.id_number for one in synthetic(rows, seed=seed)]
        there.run(f"CREATE TABLE {table} (id INT PRIMARY KEY, sfz CHAR(18) NOT NULL, note VARCHAR(20))")
        there.fill(table, 3, [(at, number, "备注") for at, number in enumerate(numbers)])
        spent = way(table)
        held = [str(value) for value, in there.run(f"SELECT sfz FROM {table} ORDER BY id")]
        with self.district.database.read() as session:
            found = [one.value for one in identifiers.look_up(session, self.field, held)]
        if found != numbers or set(held) & set(numbers):
            raise AssertionError(f"{table} does not hold the identifiers of its values")
        return spent

    def _adapter(self, table: str) -> Spent:
        job = bureaus.made(self.district, self.target, bureaus.column(table, "sfz"), forms=FORM)
        bureaus.agreed(self.district, service.request_run, replacement_id=job, reason="测速")
        started = self._now()
        assert bureaus.work_off(self.district.database).state == "done"
        return self._now() - started

    def _package(self, table: str) -> Spent:
        database, home, there = self.district.database, self.district.runtime.home, self.server.there
        column = {"schema": "", "table": table, "column": "sfz", "field": NUMBER, "key": "id", "key_type": "int"}
        job = database.run(lambda session: packages.create(
            session, SYSTEM, department_id=self.district.department, title="测速", columns=[column], forms=FORM).id)
        bureaus.agreed(self.district, service.request_run, replacement_id=job, reason="测速")
        folder = self.folder / table
        folder.mkdir()
        (folder / "job.mlj").write_bytes(
            database.run(lambda session: packages.job_file(session, SYSTEM, replacement_id=job)))
        code = database.run(lambda session: packages.code(session, SYSTEM, replacement_id=job))
        with mock.patch.dict(os.environ, MULIAN_PACKAGE_CODE=code, MULIAN_DB_PASSWORD=there.password):
            started = self._now()
            self._tool("collect", folder)
            values = (folder / "values.mlv").read_bytes()
            database.run(lambda session: packages.take(session, SYSTEM, replacement_id=job, home=home, data=values))
            assert bureaus.work_off(database).state == "done"
            (folder / "answers.mla").write_bytes(database.run(
                lambda session: packages.answers(session, SYSTEM, replacement_id=job, home=home)))
            self._tool("apply", folder)
            return self._now() - started

    def _tool(self, word: str, folder: Path) -> None:
        there = self.server.there
        name, driver = ("database", "pymysql") if there.product == "mysql" else ("dbname", "psycopg")
        (folder / "c.json").write_text(json.dumps(
            {"host": there.host, "port": there.port, "user": there.user, name: there.name}))
        with contextlib.redirect_stdout(io.StringIO()):
            assert self.tool.main([
                word, "--folder", str(folder), "--connect", str(folder / "c.json"), "--driver", driver,
                "--product", there.product,
            ]) == 0

    def _rival(self, table: str) -> Spent:
        after, started = -1, self._now()
        with contextlib.closing(self.server.connect()) as link, link.cursor() as cursor:
            while True:
                cursor.execute(f"SELECT id, sfz FROM {table} WHERE id > %s ORDER BY id LIMIT {PAGE}", (after,))
                page = list(cursor.fetchall())
                if not page:
                    return self._now() - started
                fresh = self._issued([value for _, value in page])
                for (key, old), new in zip(page, fresh, strict=True):
                    cursor.execute(f"UPDATE {table} SET sfz = %s WHERE id = %s AND sfz = %s", (new, key, old))
                link.commit()
                after = page[-1][0]

    def _issued(self, values: list[str]) -> list[str]:
        def unit(session: Session) -> list[str]:
            answers = identifiers.issue(session, self.field, values, Form.ID18)
            return [one.identifier for one in answers if isinstance(one, Issued)]

        return self.district.database.run(unit)

    def _now(self) -> Spent:
        return now(self.server.process)


@contextlib.contextmanager
def _mariadb(folder: Path) -> Iterator[_Server]:
    with mariadb.Server.start(folder) as server, bureaus.on_mariadb(server) as there:
        def connect() -> Any:
            link = server.connect(there.name)
            link.autocommit(False)
            return link

        assert server.process is not None
        yield _Server(server.process.pid, there, connect)


@contextlib.contextmanager
def _postgresql(folder: Path) -> Iterator[_Server]:
    with postgres.Server.start(folder) as server, bureaus.on_postgresql(server) as there:
        assert server.process is not None
        yield _Server(server.process.pid, there, lambda: psycopg.connect(
            host=there.host, port=there.port, dbname=there.name, user=there.user))
